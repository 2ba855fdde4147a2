"""What AWS would take, by cfn-lint's schemas, and what is careless, by checkov's rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deploy import tools
from tests.deploy.cloudformation import left_out, template
from tests.deploy.conftest import Rooted
from tests.deploy.terraform import Terraform

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # checkov loads for long

NOT_LINTED = {
    "aws_secretsmanager_secret_version": "CloudFormation has the value in the secret",
    "aws_bedrockagent_agent_action_group": "part of the agent there",
    "aws_bedrockagent_agent_alias": "its routing is required there, and must be left out here",
}
EXCEPTIONS = {
    "CKV_AWS_115": "the API is throttled; an account's limit may be too low to reserve any of it",
    "CKV_AWS_116": "callers wait for the answer: nothing is lost that a queue would keep",
    "CKV_AWS_117": "reaches AWS's own services and model vendors; a VPC would need a NAT gateway",
    "CKV_AWS_149": "AWS's own key; a key of one's own costs a dollar a month for each",
    "CKV_AWS_158": "AWS's own encryption; the logs hold no messages and no secrets",
    "CKV_AWS_272": "the package's hash is in the state; a signing profile is an account's matter",
    "CKV_AWS_309": "GET /health alone is open: it says that the service is there",
    "CKV_AWS_338": "30 days by default, a variable: run records are kept in the table",
    "CKV_AWS_373": "AWS's own key, as for the secrets",
    "CKV_AWS_383": "guardrails are the user's own; the tools check what the agent asks for",
    "CKV2_AWS_57": "the values are vendors' keys, which Secrets Manager cannot rotate",
}
"""Reviewed: rules of checkov that do not hold here, and why."""


def roots(root: Rooted) -> dict[str, Terraform]:
    bedrock = "bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    jwt = {"issuer": "https://issuer.example", "audience": ["club"]}
    return {
        "shared": root("shared"),
        "a": root("a", jwt=jwt, cors_origins=["https://club.example"], models={"default": bedrock}),
        "g": root("g", models={"door": "openai:gpt-5-mini", "booking": bedrock}),
        "h": root("h", execution="lambda"),
    }


def cfn_lint(made: dict[str, Terraform], folder: Path) -> str:
    tools.demand(tools.CFN_LINT)
    files: list[str] = []
    for name, each in made.items():
        each.apply()
        state = each.shown()
        assert left_out(state) <= NOT_LINTED.keys()
        file = folder / f"{name}.template.json"
        file.write_text(json.dumps(template(state)))
        files.append(str(file))
    done = tools.run(tools.CFN_LINT, "--format", "parseable", "--", *files)
    assert done.returncode in (0, 2, 4, 6), done.stderr
    return done.stdout


def checkov(made: dict[str, Terraform], folder: Path) -> list[tuple[str, str]]:
    tools.demand(tools.CHECKOV)
    words: list[str] = []
    for name, each in made.items():
        each.apply()  # in the second plan nothing is unknown: policies are judged too
        file = folder / f"{name}.plan.json"
        file.write_text(json.dumps(each.plan()))
        words += ["-f", str(file)]
    done = tools.run(
        tools.CHECKOV, *words, "--framework", "terraform_plan", "--skip-download", "-o", "json"
    )
    told: Any = json.loads(done.stdout)
    assert told["summary"]["passed"] > 20
    assert told["summary"]["parsing_errors"] == 0
    return [(f["check_id"], f["resource"]) for f in told["results"]["failed_checks"]]


def spoil(made: Terraform, file: str, old: str, new: str) -> None:
    path = made.modules / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_aws_takes_the_values_by_its_own_schemas(root: Rooted, tmp_path: Path) -> None:
    assert cfn_lint(roots(root), tmp_path) == ""


def test_values_that_aws_would_not_take_are_found(root: Rooted, tmp_path: Path) -> None:
    made = root("h")
    spoil(made, "modules/assistant/functions.tf", "timeout_s = 29", "timeout_s = 2000")
    spoil(made, "modules/function/main.tf", '"python${var.python}"', '"python3.99"')
    spoil(made, "modules/assistant/functions.tf", '"bedrock:InvokeAgent"', '"bedrock-agent:Invoke"')
    spoil(made, "modules/assistant/agent.tf", "local.definition[0].instruction", '"Book."')
    said = cfn_lint({"h": made}, tmp_path)
    assert "2000" in said
    assert "python3.99" in said
    assert "bedrock-agent" in said
    assert "Book." in said


def test_what_is_careless_is_known_and_has_a_reason(root: Rooted, tmp_path: Path) -> None:
    found = checkov(roots(root), tmp_path)
    assert {rule for rule, _ in found} == EXCEPTIONS.keys()
    assert {where for rule, where in found if rule == "CKV_AWS_309"} == {
        "module.assistant.aws_apigatewayv2_route.health"
    }


def test_what_is_careless_is_found(root: Rooted, tmp_path: Path) -> None:
    made = {"shared": root("shared"), "h": root("h")}
    backups = "point_in_time_recovery {\n    enabled = "
    spoil(made["shared"], "shared/main.tf", f"{backups}true", f"{backups}false")
    spoil(made["h"], "modules/function/role.tf", "= right.actions", '= ["*"]')
    assert {"CKV_AWS_28", "CKV2_AWS_40"} <= {rule for rule, _ in checkov(made, tmp_path)}
