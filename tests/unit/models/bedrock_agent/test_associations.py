"""A guardrail and knowledge bases by setting, as the agent's definition has them."""

from __future__ import annotations

import pytest

from batuta.errors import ConfigError
from batuta.models.bedrock_agent import (
    AgentDefinition,
    Guardrail,
    KnowledgeBase,
    agent_definition,
    read_guardrail,
    read_knowledge_bases,
)

ARN = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1abc2def"


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [("gr1abc2def:3", "gr1abc2def", "3"), (f" {ARN}:DRAFT ", ARN, "DRAFT")],
)
def test_a_guardrail_is_named_by_id_or_arn(text: str, name: str, version: str) -> None:
    assert read_guardrail(text) == Guardrail(guardrail=name, version=version)


@pytest.mark.parametrize("text", ["gr1abc2def", "gr1:0", "gr1:latest", "GR 1:3", ARN, ":3"])
def test_what_names_no_version_of_a_guardrail_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="BATUTA_BEDROCK_GUARDRAIL"):
        read_guardrail(text)


def test_nothing_set_is_nothing_beside_the_agent() -> None:
    assert (read_guardrail(" "), read_knowledge_bases(" ; ")) == (None, ())


def test_knowledge_bases_say_what_to_look_for() -> None:
    made = read_knowledge_bases("KB12345678: rules, fees: all; KB87654321")
    assert [each.knowledge_base for each in made] == ["KB12345678", "KB87654321"]
    assert made[0].use == "rules, fees: all"
    assert made[1].use


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules", "no id"),
        ("KB12345678:" + "x" * 201, "201 characters"),
        ("KB12345678; KB12345678", "twice"),
    ],
)
def test_what_aws_would_not_take_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_knowledge_bases(text)


def test_a_definition_is_read_back_with_what_stands_beside_the_agent() -> None:
    made = agent_definition(
        "ferry", "Sell ferry tickets, kindly.", [],
        guardrail=Guardrail(guardrail="gr1abc2def", version="3"),
        knowledge_bases=[KnowledgeBase(knowledge_base="KB12345678", use="fees")],
    )  # fmt: skip
    assert AgentDefinition.from_json(made.to_json()) == made


def test_a_definition_of_an_earlier_version_has_nothing_beside_the_agent() -> None:
    raw = agent_definition("ferry", "Sell ferry tickets, kindly.", []).to_json()
    del raw["guardrail"], raw["knowledge_bases"]
    made = AgentDefinition.from_json(raw)
    assert (made.guardrail, made.knowledge_bases) == (None, ())
