"""What a Bedrock Agent is created from, and what AWS does not take.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent_CreateAgent.html,
API_agent_Function.html and .../userguide/quotas.html, read 2025-11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from batuta.errors import ConfigError
from batuta.models.bedrock_agent.associations import Guardrail, KnowledgeBase
from batuta.models.vendors.schemas import without_references

if TYPE_CHECKING:
    from batuta.core.model import ToolSchema

Execution = Literal["return_control", "lambda"]
ACTION_GROUP = "actions"
SHORTEST_INSTRUCTION, LONGEST_INSTRUCTION = 40, 8_000
MOST_FUNCTIONS, MOST_PARAMETERS = 11, 5
_LONGEST_FUNCTION, _LONGEST_PARAMETER = 1_200, 500
_TYPES = ("string", "number", "integer", "boolean", "array")
_NAME = re.compile(r"([0-9a-zA-Z][_-]?){1,100}")


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentDefinition:
    """An agent with one action group, as AWS's API and Terraform take it.

    Args:
        execution: Who does the actions: the caller (``return_control``) or a function on Lambda.
        functions: In the shape of the API's ``Function``.
    """

    name: str
    instruction: str
    functions: tuple[Mapping[str, Any], ...]
    execution: Execution = "return_control"
    guardrail: Guardrail | None = None
    knowledge_bases: tuple[KnowledgeBase, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; ``from_json`` reverses it."""
        return {
            "name": self.name,
            "instruction": self.instruction,
            "execution": self.execution,
            "functions": [dict(function) for function in self.functions],
            "guardrail": None if self.guardrail is None else self.guardrail.to_json(),
            "knowledge_bases": [each.to_json() for each in self.knowledge_bases],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> AgentDefinition:
        """Read what ``to_json`` wrote."""
        guardrail = raw.get("guardrail")
        return cls(
            name=raw["name"],
            instruction=raw["instruction"],
            functions=tuple(raw["functions"]),
            execution=raw["execution"],
            guardrail=None if guardrail is None else Guardrail(**guardrail),
            knowledge_bases=tuple(KnowledgeBase(**e) for e in raw.get("knowledge_bases", ())),
        )


def agent_definition(
    name: str,
    instruction: str,
    tools: Sequence[ToolSchema],
    *,
    execution: Execution = "return_control",
    guardrail: Guardrail | None = None,
    knowledge_bases: Sequence[KnowledgeBase] = (),
) -> AgentDefinition:
    """Make the definition of an agent with these tools.

    Raises:
        ConfigError: AWS would not take it: says what and how much is allowed.
    """
    text = f"{instruction.strip()}\n\n{_NOW}"
    if not SHORTEST_INSTRUCTION <= len(text) <= LONGEST_INSTRUCTION:
        raise _too_much("instruction has", len(text), "characters", most=LONGEST_INSTRUCTION)
    if len(tools) > MOST_FUNCTIONS:
        raise _too_much("action group has", len(tools), "functions", most=MOST_FUNCTIONS)
    functions = tuple(_function(tool) for tool in tools)
    return AgentDefinition(
        name=name,
        instruction=text,
        functions=functions,
        execution=execution,
        guardrail=guardrail,
        knowledge_bases=tuple(knowledge_bases),
    )


def _function(tool: ToolSchema) -> Mapping[str, Any]:
    whole = without_references(tool.parameters)
    shapes = cast("Mapping[str, Mapping[str, Any]]", whole.get("properties", {}))
    needed = set(tool.parameters.get("required", ()))
    if not _NAME.fullmatch(tool.name):
        raise ConfigError(f"A Bedrock Agent cannot have a function {tool.name!r}", "Rename it.")
    if len(shapes) > MOST_PARAMETERS:
        raise _too_much(
            f"function {tool.name} has", len(shapes), "parameters", most=MOST_PARAMETERS
        )
    return {
        "name": tool.name,
        "description": tool.description[:_LONGEST_FUNCTION],
        "parameters": {
            name: {
                "type": type_of(shape),
                "description": _described(name, shape)[:_LONGEST_PARAMETER],
                "required": name in needed,
            }
            for name, shape in shapes.items()
        },
    }


def type_of(shape: Mapping[str, Any]) -> str:
    """Give the nearest of the five types that a parameter can have; JSON text for an object."""
    kinds: list[Any] = [shape.get("type"), *(s.get("type") for s in shape.get("anyOf", ()))]
    return next((kind for kind in kinds if kind in _TYPES), "string")


def value_of(text: str, kind: str) -> Any:
    """Read a value, which AWS always gives as text; what cannot be read stays text.

    >>> value_of("3", "integer"), value_of("true", "boolean"), value_of("three", "integer")
    (3, True, 'three')
    """
    if kind == "string":
        return text
    try:
        return json.loads(text)
    except ValueError:
        # AWS writes arrays without quotes: [a, b].
        bare = text.strip()
        if kind == "array" and bare.startswith("[") and bare.endswith("]"):
            return [item.strip() for item in bare[1:-1].split(",") if item.strip()]
        return text


def _described(name: str, shape: Mapping[str, Any]) -> str:
    said = str(shape.get("description") or name)
    inner = [shape, *(each for each in shape.get("anyOf", ()) if each.get("type") != "null")]
    written = next((_WRITTEN[f] for each in inner if (f := each.get("format")) in _WRITTEN), "")
    options = next((each["enum"] for each in inner if each.get("enum")), ())
    if written and written not in said:
        said = f"{said.rstrip('. ')}. Written as {written}."
    return f"{said} One of: {', '.join(map(str, options))}." if options else said


def _too_much(what: str, count: int, unit: str, *, most: int) -> ConfigError:
    return ConfigError(
        f"The Bedrock Agent's {what} {count} {unit}", f"AWS takes at most {most}. Shorten it."
    )


_WRITTEN = {
    "date": "YYYY-MM-DD",
    "time": "HH:MM:SS",
    "date-time": "YYYY-MM-DDTHH:MM:SS with an offset",
    "duration": "an ISO 8601 duration such as PT1H",
    "uuid": "a UUID",
}
"""How each format of JSON Schema is written, which AWS's parameters have no field for."""


_NOW = """\
The prompt session attribute "now" says what time it is: reckon today, tomorrow and weekdays from
it, never from anything else."""
