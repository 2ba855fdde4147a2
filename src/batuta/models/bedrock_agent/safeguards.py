"""Reads what a guardrail did and what a knowledge base gave out of an agent's own trace.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/trace-events.html,
.../APIReference/API_agent-runtime_GuardrailTrace.html and
API_agent-runtime_KnowledgeBaseLookupOutput.html, read 2025-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batuta.core.model import Inner
from batuta.core.record import ANSWER_REPLACED

LOOKUP = "knowledge_base"
_POLICIES = {
    "contentPolicy": ("filters",),
    "topicPolicy": ("topics",),
    "wordPolicy": ("customWords", "managedWordLists"),
    "sensitiveInformationPolicy": ("piiEntities", "regexes"),
}
_SIDES = {"inputAssessments": "message", "outputAssessments": "answer"}
_TEXT_OF_SOURCE = 500


@dataclass(frozen=True, slots=True)
class GuardrailAct:
    """What a guardrail did with one text.

    Args:
        found: Side, policy, what it was and what was done; never the words that matched.
    """

    intervened: bool
    found: tuple[Mapping[str, str], ...]

    @property
    def replaced(self) -> bool:
        """Whether another text stands in the place of the agent's; masks alone leave it there."""
        return self.intervened and not (self.found and all(_masked(one) for one in self.found))

    def told(self) -> tuple[Inner, ...]:
        """Give what it decided, and a warning where the answer is not the agent's."""
        named = sorted({f"{one['policy']} ({one['of']})" for one in self.found})
        name, what = "guardrail let pass", "nothing was found"
        if self.replaced:
            name, what = "guardrail replaced the answer", "blocked"
        elif self.intervened:
            name, what = "guardrail masked", "parts were masked"
        why = f"{what}: {', '.join(named)}" if named else what
        data = {"why": why, "intervened": self.intervened, "found": list(self.found)}
        decided = Inner("decision", name, data)
        if not self.replaced:
            return (decided,)
        text = f"The answer is a guardrail's own words, not the agent's ({why})."
        return (decided, Inner("warning", ANSWER_REPLACED, {"text": text}))


def guardrail_act(trace: Mapping[str, Any]) -> GuardrailAct:
    """Read a ``guardrailTrace``."""
    found = tuple(
        one
        for key, side in _SIDES.items()
        for assessment in trace.get(key, ())
        for one in _found(side, assessment)
    )
    return GuardrailAct(trace.get("action") == "INTERVENED", found)


def lookup(asked: Mapping[str, Any]) -> Inner:
    """Make what a ``knowledgeBaseLookupInput`` is in our trace: a tool that AWS used."""
    told = {"id": asked.get("knowledgeBaseId", ""), "query": asked.get("text", "")}
    return Inner("tool", LOOKUP, {"arguments": told})


def with_sources(inner: list[Inner], output: Mapping[str, Any]) -> None:
    """Write what a ``knowledgeBaseLookupOutput`` gave to the first lookup that still waits."""
    sources = [_source(each) for each in output.get("retrievedReferences", ())]
    for place, one in enumerate(inner):
        if (one.kind, one.name) == ("tool", LOOKUP) and "result" not in one.data:
            inner[place] = one._replace(data={**one.data, "result": {"sources": sources}})
            return
    inner.append(Inner("tool", LOOKUP, {"arguments": {}, "result": {"sources": sources}}))


def _found(side: str, assessment: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for policy, lists in _POLICIES.items():
        for kind in lists:
            for each in assessment.get(policy, {}).get(kind, ()):
                yield {
                    "in": side,
                    "policy": policy,
                    # A word's match is what somebody wrote, and may be a secret: its kind is told.
                    "of": str(each.get("name") or each.get("type") or kind),
                    "done": str(each.get("action", "")),
                }


def _masked(one: Mapping[str, str]) -> bool:
    return one["done"] == "ANONYMIZED"


def _source(reference: Mapping[str, Any]) -> dict[str, str]:
    content = reference.get("content", {})
    text = content.get("text") or _row(content.get("row", ()))
    return {"source": _place(reference.get("location", {})), "text": text[:_TEXT_OF_SOURCE]}


def _place(location: Mapping[str, Any]) -> str:
    """Give the address of a source, whichever kind of place it is in."""
    inside = (each for name, each in location.items() if name != "type")
    return next((str(value) for each in inside for value in each.values()), "")


def _row(columns: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{c.get('columnName', '')}: {c.get('columnValue', '')}" for c in columns)
