"""What AWS would create an agent from, and what it would not take."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.model import ToolSchema
from batuta.errors import ConfigError
from batuta.models.bedrock_agent import AgentDefinition, agent_definition
from batuta.models.bedrock_agent.definition import type_of, value_of

WORDS = "Sell ferry tickets, and never more than four at once."


def schema(name: str = "find", **properties: Any) -> ToolSchema:
    shape = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return ToolSchema(name, "Finds.", shape)


def test_a_tool_becomes_a_function_of_flat_parameters() -> None:
    day = {"type": "string", "format": "date", "description": "The day."}
    seats = {"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "How many."}
    made = agent_definition("ferry", WORDS, [schema(day=day, seats=seats)])

    assert made.functions[0]["parameters"] == {
        "day": {
            "type": "string",
            "description": "The day. Written as YYYY-MM-DD.",
            "required": True,
        },
        "seats": {"type": "integer", "description": "How many.", "required": False},
    }
    assert AgentDefinition.from_json(made.to_json()) == made


def test_choices_that_are_defined_elsewhere_in_a_schema_are_told_too() -> None:
    kind = {"type": "string", "enum": ["day", "open"]}
    properties = {
        "kind": {"$ref": "#/$defs/Kind", "description": "Which ticket."},
        "second": {"anyOf": [{"$ref": "#/$defs/Kind"}, {"type": "null"}], "description": "Other."},
        "decks": {"$ref": "#/$defs/Decks"},
    }
    shape = {
        "type": "object",
        "properties": properties,
        "$defs": {"Kind": kind, "Decks": {"type": "integer", "description": "How high."}},
    }
    made = agent_definition("ferry", WORDS, [ToolSchema("find", "Finds.", shape)])

    told = made.functions[0]["parameters"]
    assert told["kind"]["description"] == "Which ticket. One of: day, open."
    assert told["second"]["description"] == "Other. One of: day, open."
    assert (told["decks"]["type"], told["decks"]["description"]) == ("integer", "How high.")


def test_the_agent_is_told_where_the_present_time_stands() -> None:
    assert '"now"' in agent_definition("ferry", WORDS, [schema()]).instruction


@pytest.mark.parametrize(
    ("words", "tools", "why"),
    [
        ("x" * 9_000, [schema()], "8000"),
        (WORDS, [schema(f"f{n}") for n in range(12)], "11"),
        (WORDS, [schema("find", **{f"p{n}": {"type": "string"} for n in range(6)})], "5"),
        (WORDS, [schema("find it")], "find it"),
    ],
)
def test_what_aws_would_refuse_is_refused_here(
    words: str, tools: list[ToolSchema], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        agent_definition("ferry", words, tools)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ({"type": "boolean"}, "boolean"),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, "number"),
        ({"type": "object"}, "string"),
        ({"$ref": "#/$defs/X"}, "string"),
    ],
)
def test_each_schema_has_a_nearest_type(shape: dict[str, Any], kind: str) -> None:
    assert type_of(shape) == kind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("2026", "string", "2026"),
        ("2", "integer", 2),
        ("2.5", "number", 2.5),
        ("false", "boolean", False),
        ('["a", "b"]', "array", ["a", "b"]),
        ("[a, b]", "array", ["a", "b"]),
        ("soon", "integer", "soon"),
    ],
)
def test_values_come_as_text_and_are_read_by_their_type(text: str, kind: str, value: Any) -> None:
    assert value_of(text, kind) == value
