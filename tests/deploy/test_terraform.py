"""The Terraform is valid, makes what it says, makes it once, and keeps no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.cloud import PaperCloud, arn
from tests.deploy.conftest import KEY, SECRETS, Rooted
from tests.deploy.rights import Rights
from tests.deploy.terraform import ROOTS, SOURCE, STYLES, Terraform, changes, resources

BACKUPS = "point_in_time_recovery {\n    enabled = "
NOTHING: dict[str, list[str]] = {}


def spoil(root: Terraform, file: str, old: str, new: str) -> None:
    path = root.modules / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_everything_is_formatted(root: Rooted) -> None:
    root("a").run("fmt", "-check", "-recursive", "-diff", str(SOURCE))


def test_what_is_not_formatted_is_found(root: Rooted) -> None:
    made = root("a")
    spoil(made, "modules/assistant/api.tf", "  name          =", "  name =")
    assert "api.tf" in made.run("fmt", "-check", "-recursive", str(made.modules), fails=True)


@pytest.mark.parametrize("name", ["modules/assistant", "modules/function"])
def test_a_module_is_valid_by_itself(root: Rooted, name: str) -> None:
    root(name).run("validate", "-no-color")


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("modules/assistant/api.tf", "payload_format_version", "payload_version", "Unsupported"),
        ("modules/function/main.tf", "  role      ", "  # role      ", "Missing required argument"),
        ("modules/assistant/api.tf", "module.door.invoke_arn", "module.door.arn", "attribute"),
        (
            "modules/assistant/api.tf",
            '"aws_apigatewayv2_stage"',
            '"aws_api_stage"',
            "resource type",
        ),
        ("modules/assistant/alarms.tf", "= 300", '= "often"', "number is required"),
        ("modules/function/main.tf", '"live" {', '"life" {', "undeclared"),
        ("a/style.tf", "  memory_mb", "  memory", "memory_mb"),
    ],
)
def test_what_is_wrong_is_found(root: Rooted, file: str, old: str, new: str, said: str) -> None:
    made = root("a")
    spoil(made, file, old, new)
    assert said in made.run("validate", "-no-color", fails=True)


@pytest.mark.parametrize("name", ["modules/assistant", "shared"])
def test_its_own_tests_pass(root: Rooted, name: str) -> None:
    assert "0 failed" in root(name).run("test", "-no-color")


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("modules/assistant", "modules/assistant/api.tf", '"AWS_IAM"', '"NONE"'),
        ("modules/assistant", "modules/assistant/variables.tf", '"*")', '"?")'),
        ("shared", "shared/main.tf", f"{BACKUPS}true", f"{BACKUPS}false"),
    ],
)  # fmt: skip
def test_its_own_tests_find_what_is_wrong(
    root: Rooted, name: str, file: str, old: str, new: str
) -> None:
    made = root(name)
    spoil(made, file, old, new)
    assert "fail" in made.run("test", "-no-color", fails=True)


@pytest.mark.parametrize("name", ROOTS)
def test_a_root_is_made_once_and_keeps_no_secret(
    root: Rooted, cloud: PaperCloud, name: str
) -> None:
    made = root(name)
    made.run("validate", "-no-color")
    first = made.plan()
    made.apply()
    state, second = made.shown(), made.plan()
    assert changes(second) == NOTHING
    kept = (made.folder / "terraform.tfstate").read_text() + json.dumps([first, second])
    every = {value for group in SECRETS.values() for value in group.values()}
    assert not [value for value in every if value in kept]
    if name != "shared":
        secrets_are_told(cloud, name)
        functions_are_apart(state)


def test_what_changes_for_ever_is_found(root: Rooted) -> None:
    made = root("h")
    text = "local.definition[0].instruction"
    spoil(made, "modules/assistant/agent.tf", text, f'"${{{text}}} Now: ${{timestamp()}}"')
    made.apply()
    assert "module.assistant.aws_bedrockagent_agent.this[0]" in changes(made.plan())


def secrets_are_told(cloud: PaperCloud, name: str) -> None:
    """See that each function's secret got what is its own."""
    told = {
        given["secret_id"].partition(f"batuta-{name}-")[2].partition("-Ab")[0]: json.loads(
            given["secret_string_wo"]
        )
        for kind, given in cloud.told
        if kind == "aws_secretsmanager_secret_version"
    }
    assert told["door"] == SECRETS["all"] | SECRETS["door"]
    assert all(given == SECRETS["all"] for who, given in told.items() if who != "door")


def test_a_secret_that_would_be_kept_is_refused(root: Rooted) -> None:
    made = root("a")
    spoil(
        made,
        "modules/function/main.tf",
        "      var.environment,",
        "      var.environment, var.secrets,",
    )
    said = made.run("plan", "-no-color", "-input=false", fails=True)
    assert "ephemeral" in said.lower()
    assert KEY not in said


def test_without_secrets_there_is_none(root: Rooted) -> None:
    made = root("a", secrets={}, secrets_version=0)
    plan = made.plan()
    assert not resources(plan, "aws_secretsmanager_secret")
    function = resources(plan, "aws_lambda_function")[0]["values"]
    assert "BATUTA_SECRETS_ARN" not in function["environment"][0]["variables"]


def test_without_a_package_it_says_what_to_do(root: Rooted) -> None:
    said = root("a", package="nowhere.zip").run("plan", "-no-color", "-input=false", fails=True)
    assert "build it with `batuta package` first" in said


def test_without_the_table_nothing_is_planned(root: Rooted) -> None:
    said = root("a", table="nobody-s").run("plan", "-no-color", "-input=false", fails=True)
    assert "no table nobody-s" in said


def test_a_new_package_moves_the_alias(root: Rooted, tmp_path: Path) -> None:
    made = root("c")
    made.apply()
    (tmp_path / "package.zip").write_bytes(b"another package")
    made.apply()
    assert {f["values"]["version"] for f in resources(made.shown(), "aws_lambda_function")} == {"2"}
    aliases = resources(made.shown(), "aws_lambda_alias")
    assert {alias["values"]["function_version"] for alias in aliases} == {"2"}
    assert changes(made.plan()) == NOTHING


@pytest.mark.parametrize("change", ["instruction", "functions"])
def test_a_new_definition_gives_the_agent_a_new_version(
    root: Rooted, definition: Path, change: str
) -> None:
    made = root("h")
    made.apply()
    told = json.loads(definition.read_text())
    told[change] = told[change][:-1]
    definition.write_text(json.dumps(told))
    planned = changes(made.plan())
    assert planned["module.assistant.aws_bedrockagent_agent_alias.live[0]"] == ["update"]
    made.apply()
    assert changes(made.plan()) == NOTHING


def test_a_guardrail_and_a_knowledge_base_are_a_new_version_of_the_agent(
    root: Rooted, definition: Path
) -> None:
    made = root("h")
    made.apply()
    told = json.loads(definition.read_text())
    told["guardrail"] = {"guardrail": "gr1abc2def", "version": "3"}
    told["knowledge_bases"] = [{"knowledge_base": "KB12345678", "use": "rules"}]
    definition.write_text(json.dumps(told))
    planned = changes(made.plan())
    where = "module.assistant.aws_bedrockagent_agent"
    assert planned[f'{where}_knowledge_base_association.this["KB12345678"]'] == ["create"]
    assert planned[f"{where}_action_group.this[0]"] == ["update"]  # it is what prepares the agent
    assert planned[f"{where}_alias.live[0]"] == ["update"]
    made.apply()
    assert changes(made.plan()) == NOTHING


def test_actions_by_lambda_are_done_by_a_function_that_may_not_call_the_agent(root: Rooted) -> None:
    made = root("h", execution="lambda")
    made.apply()
    state = made.shown()
    group = resources(state, "aws_bedrockagent_agent_action_group")[0]["values"]
    assert group["action_group_executor"][0]["lambda"].endswith(":function:batuta-h-actions:live")
    policies = {p["values"]["role"]: p["values"] for p in resources(state, "aws_iam_role_policy")}
    assert "bedrock:InvokeAgent" not in policies["batuta-h-actions"]["policy"]
    assert "bedrock:InvokeAgent" in policies["batuta-h-door"]["policy"]
    allowed = [p["values"] for p in resources(state, "aws_lambda_permission")]
    bedrock = [p for p in allowed if p["principal"] == "bedrock.amazonaws.com"]
    agent = resources(state, "aws_bedrockagent_agent")[0]["values"]
    assert [p["source_arn"] for p in bedrock] == [agent["agent_arn"]]


def functions_are_apart(state: Mapping[str, Any]) -> None:
    """See that each function has a role, a log and traces, and that the API is closed."""
    functions = [f["values"] for f in resources(state, "aws_lambda_function")]
    assert len({f["role"] for f in functions}) == len(functions)
    logs = {g["values"]["name"]: g["values"] for g in resources(state, "aws_cloudwatch_log_group")}
    assert all(g["retention_in_days"] for g in logs.values())
    assert all(f"/aws/lambda/{f['function_name']}" in logs for f in functions)
    assert all(f["tracing_config"][0]["mode"] == "Active" for f in functions)
    routes = [r["values"] for r in resources(state, "aws_apigatewayv2_route")]
    opened = {route["route_key"]: route["authorization_type"] for route in routes}
    assert opened == {"$default": "AWS_IAM", "GET /health": "NONE"}


def test_the_example_of_variables_has_none_that_is_unknown(root: Rooted) -> None:
    said = root("a").run("plan", "-no-color", "-var-file=../terraform.tfvars.example")
    assert "undeclared" not in said
    assert "JWT" in said


def test_each_function_has_its_own_model_and_no_right_to_another(root: Rooted) -> None:
    bedrock = "bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    made = root("g", models={"default": "openai:gpt-5-mini", "booking": bedrock})
    made.apply()
    state = made.shown()
    models = {
        f["values"]["function_name"]: f["values"]["environment"][0]["variables"]["BATUTA_MODEL"]
        for f in resources(state, "aws_lambda_function")
    }
    assert models == {
        "batuta-g-door": "openai:gpt-5-mini",
        "batuta-g-availability": "openai:gpt-5-mini",
        "batuta-g-booking": bedrock,
    }
    grants = {g.resource for g in Rights(state).grants if g.action == "bedrock:InvokeModel"}
    roles = {g.role for g in Rights(state).grants if g.action == "bedrock:InvokeModel"}
    name = "anthropic.claude-haiku-4-5-20251001-v1:0"
    assert roles == {"batuta-g-booking"}
    assert grants == {
        arn("bedrock", f"inference-profile/eu.{name}"),
        f"arn:aws:bedrock:*::foundation-model/{name}",
    }


def test_styles_differ_in_one_file_alone() -> None:
    shared = {file.name for file in (SOURCE / "root").iterdir()}
    for name in STYLES:
        there = {f.name: f for f in (SOURCE / name).glob("*.tf")}
        assert there.keys() == shared | {"style.tf"}
        assert all(there[file].samefile(SOURCE / "root" / file) for file in shared)
