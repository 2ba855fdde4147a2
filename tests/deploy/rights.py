"""What a role may do, by the policies in the state, and what of it was used.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/, read 2025-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.deploy.cloud import arn
from tests.deploy.terraform import resources

BY_LAMBDA = frozenset(
    {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
    }
)
"""Done by Lambda itself with the function's role; no call of ours shows it."""


@dataclass(frozen=True)
class Call:
    """One call of AWS's API.

    Args:
        who: The function that made it.
    """

    who: str
    service: str
    operation: str
    asked: Mapping[str, Any]

    def needs(self) -> list[tuple[str, str]]:
        """List the IAM actions that it needs, each with its resource."""
        if self.service == "dynamodb":
            return list(self._dynamodb())
        if self.service == "secretsmanager":
            return [(f"secretsmanager:{self.operation}", self.asked["SecretId"])]
        if self.service == "lambda":
            return [
                ("lambda:InvokeFunction", arn("lambda", f"function:{self.asked['FunctionName']}"))
            ]
        if self.service == "bedrock-agent-runtime":
            alias = f"agent-alias/{self.asked['agentId']}/{self.asked['agentAliasId']}"
            return [("bedrock:InvokeAgent", arn("bedrock", alias))]
        raise LookupError(f"nobody says which right {self.service} {self.operation} needs")

    def _dynamodb(self) -> Iterable[tuple[str, str]]:
        if self.operation == "TransactWriteItems":  # has no action of its own
            for each in self.asked["TransactItems"]:
                for name, of in each.items():
                    action = name if name == "ConditionCheck" else f"{name}Item"
                    yield f"dynamodb:{action}", _table(of["TableName"])
            return
        index = self.asked.get("IndexName")
        below = f"/index/{index}" if index else ""
        yield f"dynamodb:{self.operation}", _table(self.asked["TableName"]) + below


class Grant(NamedTuple):
    """One action on one resource, given to a role."""

    role: str
    action: str
    resource: str


class Rights:
    """The policies of a state."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        self.grants = list(_grants(state))
        roles = {r["values"]["arn"]: r["values"]["name"] for r in resources(state, "aws_iam_role")}
        self._role = {
            f["values"]["function_name"]: roles[f["values"]["role"]]
            for f in resources(state, "aws_lambda_function")
        }

    def denied(self, call: Call) -> list[tuple[str, str]]:
        """List what of a call's needs no statement allows."""
        return [need for need in call.needs() if not self._hits(call.who, *need)]

    def unused(self, calls: Iterable[Call]) -> set[Grant]:
        """List what functions' roles may do and did not."""
        used = {
            hit for call in calls for need in call.needs() for hit in self._hits(call.who, *need)
        }
        ours = set(self._role.values())
        return {g for g in self.grants if g.role in ours and g.action not in BY_LAMBDA} - used

    def _hits(self, who: str, action: str, resource: str) -> list[Grant]:
        role = self._role.get(who)
        return [
            grant
            for grant in self.grants
            if grant.role == role
            and fnmatchcase(action.lower(), grant.action.lower())
            and fnmatchcase(resource, grant.resource)
        ]


def _grants(state: Mapping[str, Any]) -> Iterable[Grant]:
    for each in resources(state, "aws_iam_role_policy"):
        for statement in json.loads(each["values"]["policy"])["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in _listed(statement["Action"]):
                for resource in _listed(statement["Resource"]):
                    yield Grant(each["values"]["role"], action, resource)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _table(name: str) -> str:
    return name if name.startswith("arn:") else arn("dynamodb", f"table/{name}")
