"""Beside the zip of style H stands what its Bedrock Agent is made of."""

from __future__ import annotations

import json
from pathlib import Path

from batuta.cli.package import agent_beside
from batuta.models.bedrock_agent import AgentDefinition


async def test_the_agents_definition_is_that_of_the_app(tmp_path: Path) -> None:
    file = await agent_beside(tmp_path / "lambda-h-arm64.zip")

    assert file == tmp_path / "agent-h.json"
    made = AgentDefinition.from_json(json.loads(file.read_text()))
    assert made.name == "tennis"
    assert {function["name"] for function in made.functions} == {"check_availability", "book"}
