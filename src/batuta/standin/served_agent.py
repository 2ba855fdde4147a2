"""What an agent of the stand-in has beside it: a guardrail's rules, a knowledge base's texts.

What a guardrail forbids and what a knowledge base knows stands at AWS alone, so a stand-in has
neither unless it is given here; then it tells of both in AWS's own events.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/trace-events.html, read 2025-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from batuta.core.message import ToolCall
from batuta.core.model import ToolSchema
from batuta.models.bedrock_agent.definition import AgentDefinition
from batuta.standin.frames import json_bytes

Side = Literal["input", "output"]
_LOOKUP = "knowledge_base_"


class Intervention(NamedTuple):
    """What a guardrail puts in a text's place.

    Args:
        assessment: Why, in the shape of the API's ``GuardrailAssessment``.
    """

    text: str
    assessment: Mapping[str, Any]


class Passage(NamedTuple):
    """What a knowledge base gives: a text, and the address that it is from."""

    text: str
    uri: str


def _pass(_: Side, __: str) -> None:
    """Let everything pass."""


def _nothing(_: str, __: str) -> Sequence[Passage]:
    """Find nothing."""
    return ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ServedAgent:
    """An agent of the stand-in with what stands for its guardrail and its knowledge bases.

    Args:
        guard: Checks a message or an answer where the definition has a guardrail; None for none.
        search: Takes a knowledge base's id and a query.
    """

    definition: AgentDefinition
    guard: Callable[[Side, str], Intervention | None] | None = None
    search: Callable[[str, str], Sequence[Passage]] | None = None

    @property
    def guarded(self) -> bool:
        """Whether what is said is checked."""
        return self.guard is not None and self.definition.guardrail is not None

    def checked(self, side: Side, text: str) -> Intervention | None:
        """Give what the guardrail puts in a text's place; None where it lets it pass."""
        return (self.guard or _pass)(side, text)

    def tools(self) -> tuple[ToolSchema, ...]:
        """Give the functions and the knowledge bases as the planning model is shown them."""
        functions = tuple(
            ToolSchema(
                function["name"],
                function["description"],
                {
                    "type": "object",
                    "properties": {
                        name: {"type": p["type"], "description": p["description"]}
                        for name, p in function["parameters"].items()
                    },
                    "required": [n for n, p in function["parameters"].items() if p["required"]],
                },
            )
            for function in self.definition.functions
        )
        return (*functions, *self._lookups())

    def _lookups(self) -> tuple[ToolSchema, ...]:
        if self.search is None:
            return ()
        query = {"query": {"type": "string", "description": "What to look for."}}
        asked = {"type": "object", "properties": query, "required": ["query"]}
        return tuple(
            ToolSchema(_LOOKUP + each.knowledge_base, each.use, asked)
            for each in self.definition.knowledge_bases
        )

    def found(self, call: ToolCall) -> Sequence[Passage]:
        """Look up what a call asks for."""
        return (self.search or _nothing)(_base(call), str(call.arguments.get("query", "")))


def served(agent: AgentDefinition | ServedAgent) -> ServedAgent:
    """Give an agent with nothing beside it where only its definition is known."""
    return agent if isinstance(agent, ServedAgent) else ServedAgent(definition=agent)


def wire_parameters(agent: AgentDefinition, call: ToolCall) -> list[dict[str, str]]:
    """Give a call's arguments as AWS writes them: all of them text."""
    known: Mapping[str, Any] = {}
    for function in agent.functions:
        if function["name"] == call.name:
            known = function["parameters"]
    return [
        {"name": name, "type": known.get(name, {}).get("type", "string"), "value": _text(value)}
        for name, value in call.arguments.items()
        if value is not None
    ]


def lookups_in(calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
    """Give those of the calls that ask a knowledge base."""
    return tuple(call for call in calls if call.name.startswith(_LOOKUP))


def guardrail_trace(side: Side, did: Intervention | None) -> dict[str, Any]:
    """Make AWS's ``guardrailTrace``."""
    if did is None:
        return {"action": "NONE", f"{side}Assessments": [{}]}
    return {"action": "INTERVENED", f"{side}Assessments": [dict(did.assessment)]}


def lookup_input(call: ToolCall) -> dict[str, Any]:
    """Make AWS's ``invocationInput`` of a lookup."""
    asked = {"knowledgeBaseId": _base(call), "text": str(call.arguments.get("query", ""))}
    return {"invocationType": "KNOWLEDGE_BASE", "knowledgeBaseLookupInput": asked}


def lookup_output(passages: Sequence[Passage]) -> dict[str, Any]:
    """Make AWS's ``observation`` of a lookup."""
    references = [
        {
            "content": {"type": "TEXT", "text": each.text},
            "location": {"type": "S3", "s3Location": {"uri": each.uri}},
            "metadata": {},
        }
        for each in passages
    ]
    told = {"retrievedReferences": references}
    return {"type": "KNOWLEDGE_BASE", "knowledgeBaseLookupOutput": told}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_bytes(value).decode()


def _base(call: ToolCall) -> str:
    return call.name.removeprefix(_LOOKUP)
