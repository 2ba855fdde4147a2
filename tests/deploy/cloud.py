"""What AWS would answer: names and ids in AWS's forms, made of what is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

ACCOUNT, REGION = "123456789012", "eu-west-1"
Values = dict[str, Any]
TABLES = frozenset({"batuta"})


def arn(service: str, what: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """Write an ARN."""
    return f"arn:aws:{service}:{region}:{account}:{what}"


def short(text: str) -> str:
    """Make a short id that is always the same for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _function(v: Values) -> Values:
    own = arn("lambda", f"function:{v['function_name']}")
    before = v[""]
    version = "1" if before is None else str(int(before["version"]) + 1)
    return {
        "id": v["function_name"],
        "arn": own,
        "version": version,
        "qualified_arn": f"{own}:{version}",
        "invoke_arn": _invoked(own),
    }


def _alias(v: Values) -> Values:
    own = arn("lambda", f"function:{v['function_name']}:{v['name']}")
    return {"id": own, "arn": own, "invoke_arn": _invoked(own)}


def _invoked(own: str) -> str:
    path = f"lambda:path/2015-03-31/functions/{own}/invocations"
    return f"arn:aws:apigateway:{REGION}:{path}"


def _api(v: Values) -> Values:
    own = short(v["name"])
    return {
        "id": own,
        "arn": arn("apigateway", f"/apis/{own}", account=""),
        "api_endpoint": f"https://{own}.execute-api.{REGION}.amazonaws.com",
        "execution_arn": arn("execute-api", own),
    }


def _agent(v: Values) -> Values:
    own = short(v["agent_name"]).upper()
    return {"id": own, "agent_id": own, "agent_arn": arn("bedrock", f"agent/{own}")}


def _agent_alias(v: Values) -> Values:
    own = short(f"{v['agent_id']} {v['agent_alias_name']}").upper()
    return {
        "id": f"{own},{v['agent_id']}",
        "agent_alias_id": own,
        "agent_alias_arn": arn("bedrock", f"agent-alias/{v['agent_id']}/{own}"),
    }


def _named(service: str, prefix: str, by: str = "name") -> Callable[[Values], Values]:
    return lambda v: {"id": v[by], "arn": arn(service, f"{prefix}{v[by]}")}


def _role(v: Values) -> Values:
    return {"id": v["name"], "arn": arn("iam", f"role/{v['name']}", region="")}


def _secret(v: Values) -> Values:
    own = arn("secretsmanager", f"secret:{v['name']}-AbCdEf")
    return {"id": own, "arn": own}


_MAKERS: Mapping[str, Callable[[Values], Values]] = {
    "aws_lambda_function": _function,
    "aws_lambda_alias": _alias,
    "aws_lambda_permission": lambda v: {"id": v["statement_id"]},
    "aws_iam_role": _role,
    "aws_iam_role_policy": lambda v: {"id": f"{v['role']}:{v['name']}"},
    "aws_dynamodb_table": _named("dynamodb", "table/"),
    "aws_cloudwatch_log_group": _named("logs", "log-group:"),
    "aws_cloudwatch_metric_alarm": _named("cloudwatch", "alarm:", "alarm_name"),
    "aws_secretsmanager_secret": _secret,
    "aws_secretsmanager_secret_version": lambda v: {"id": f"{v['secret_id']}|1"},
    "aws_apigatewayv2_api": _api,
    "aws_apigatewayv2_integration": lambda v: {"id": short(v["integration_uri"])},
    "aws_apigatewayv2_route": lambda v: {"id": short(v["route_key"])},
    "aws_apigatewayv2_authorizer": lambda v: {"id": short(v["name"])},
    "aws_apigatewayv2_stage": lambda v: {"id": v["name"]},
    "aws_bedrockagent_agent": _agent,
    "aws_bedrockagent_agent_action_group": lambda v: {"id": f"group,{v['agent_id']},DRAFT"},
    "aws_bedrockagent_agent_knowledge_base_association": lambda v: {
        "id": f"{v['agent_id']},DRAFT,{v['knowledge_base_id']}"
    },
    "aws_bedrockagent_agent_alias": _agent_alias,
}  # fmt: skip


class PaperCloud:
    """Makes nothing; remembers what it was told, the secrets too.

    Args:
        tables: DynamoDB tables that are there.
    """

    def __init__(self, tables: frozenset[str] = TABLES) -> None:
        self._tables = tables
        self.told: list[tuple[str, Values]] = []

    def create(self, kind: str, values: Values, given: Values) -> Values:
        """Make it up."""
        self.told.append((kind, given))
        return _MAKERS[kind](values)

    def update(self, kind: str, values: Values, given: Values) -> Values:
        """Make it up anew."""
        return self.create(kind, values, given)

    def read(self, kind: str, values: Values) -> Values:
        """Answer a data source.

        Raises:
            LookupError: There is no such table.
        """
        if kind == "aws_dynamodb_table":
            name = values["name"]
            if name not in self._tables:
                raise LookupError(f"ResourceNotFoundException: no table {name}")
            return {"id": name, "arn": arn("dynamodb", f"table/{name}")}
        known: Mapping[str, Values] = {
            "aws_caller_identity": {"id": ACCOUNT, "account_id": ACCOUNT},
            "aws_partition": {"id": "aws", "partition": "aws"},
            "aws_region": {"id": REGION, "region": REGION},
        }
        return known[kind]
