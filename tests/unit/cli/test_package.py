"""Beside the zip of style H stands what its Bedrock Agent is made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from batuta.cli.package import agent_beside
from batuta.models.bedrock_agent import AgentDefinition


async def test_the_agents_definition_is_that_of_the_app(tmp_path: Path) -> None:
    file = await agent_beside(tmp_path / "lambda-h-arm64.zip")

    assert file == tmp_path / "agent-h.json"
    made = AgentDefinition.from_json(json.loads(file.read_text()))
    assert made.name == "tennis"
    assert {function["name"] for function in made.functions} == {"check_availability", "book"}
    assert (made.guardrail, made.knowledge_bases) == (None, ())


async def test_what_is_set_stands_beside_the_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATUTA_BEDROCK_GUARDRAIL", "gr1abc2def:3")
    monkeypatch.setenv("BATUTA_BEDROCK_KNOWLEDGE_BASES", "KB12345678: rules of the club")
    made = json.loads((await agent_beside(tmp_path / "h.zip")).read_text())

    assert made["guardrail"] == {"guardrail": "gr1abc2def", "version": "3"}
    assert made["knowledge_bases"] == [{"knowledge_base": "KB12345678", "use": "rules of the club"}]
