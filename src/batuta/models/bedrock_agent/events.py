"""Reads what a Bedrock Agent sends: text, a wish for actions, and its own trace.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/trace-events.html, read 2025-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from batuta.core.message import ToolCall
from batuta.core.model import STAND_IN_SUFFIX, Emit, Inner, ModelReply, StopReason, Usage
from batuta.core.slots import new_list
from batuta.models.bedrock_agent.definition import value_of
from batuta.models.bedrock_agent.safeguards import guardrail_act, lookup, with_sources

_APART = "|"


@dataclass(slots=True)
class AgentAnswer:
    """One answer of an agent, put together from its events.

    Args:
        emit: Gets the final text piece by piece.
    """

    emit: Emit
    text: list[str] = field(default_factory=new_list)
    calls: list[ToolCall] = field(default_factory=new_list)
    inner: list[Inner] = field(default_factory=new_list)
    usage: Usage = field(default_factory=Usage)
    counted: bool = False
    replaced: bool = False
    model: str = ""

    def take(self, event: Mapping[str, Any]) -> None:
        """Take one event of the stream; of a kind that is not known, nothing."""
        if "chunk" in event:
            piece = event["chunk"].get("bytes", b"").decode("utf-8", "replace")
            self.text.append(piece)
            self.emit(piece)
        elif "returnControl" in event:
            self._wish(event["returnControl"])
        elif "trace" in event:
            self._note(event["trace"].get("trace", {}))

    def reply(self, model: str, *, stand_in: bool) -> ModelReply:
        """Make the reply.

        Args:
            model: Name to give where the trace names no foundation model.
            stand_in: Whether a stand-in answered, whose trace names the model that really planned.
        """
        if self.model:
            named = self.model.removesuffix(STAND_IN_SUFFIX)
            model = named if stand_in else f"bedrock:{self.model}"
        return ModelReply(
            text="".join(self.text),
            tool_calls=tuple(self.calls),
            usage=self.usage,
            stop_reason=self._stop(),
            model=model,
            stand_in=stand_in,
            usage_told=self.counted,
            inner=tuple(self.inner),
        )

    def _stop(self) -> StopReason:
        if self.calls:
            return "tool_calls"
        return "refused" if self.replaced else "end"

    def _wish(self, wish: Mapping[str, Any]) -> None:
        for number, each in enumerate(wish.get("invocationInputs", ())):
            wanted = each.get("functionInvocationInput", {})
            call_id = _APART.join((wish["invocationId"], wanted["actionGroup"], str(number)))
            self.calls.append(ToolCall(call_id, wanted.get("function", ""), _arguments(wanted)))

    def _note(self, trace: Mapping[str, Any]) -> None:
        if "failureTrace" in trace:
            why = str(trace["failureTrace"].get("failureReason", ""))
            self.inner.append(Inner("decision", "failed", {"why": why}))
        if "guardrailTrace" in trace:
            act = guardrail_act(trace["guardrailTrace"])
            self.replaced = self.replaced or act.replaced
            self.inner += act.told()
        step = trace.get("orchestrationTrace", {})
        if "rationale" in step:
            self.inner.append(Inner("decision", "reason", {"why": step["rationale"]["text"]}))
        if "modelInvocationInput" in step:
            self.model = step["modelInvocationInput"].get("foundationModel", "") or self.model
        if "modelInvocationOutput" in step:
            self._count(step["modelInvocationOutput"])
        self._note_done(step.get("invocationInput", {}), step.get("observation", {}))

    def _note_done(self, asked: Mapping[str, Any], observed: Mapping[str, Any]) -> None:
        action = asked.get("actionGroupInvocationInput")
        if action is not None and action.get("executionType") == "LAMBDA":
            done = {"arguments": _arguments(action)}
            self.inner.append(Inner("tool", action.get("function", ""), done))
        if "knowledgeBaseLookupInput" in asked:
            self.inner.append(lookup(asked["knowledgeBaseLookupInput"]))
        if "knowledgeBaseLookupOutput" in observed:
            with_sources(self.inner, observed["knowledgeBaseLookupOutput"])
        seen = observed.get("actionGroupInvocationOutput")
        if seen is not None and self.inner and self.inner[-1].kind == "tool":
            last = self.inner[-1]
            self.inner[-1] = last._replace(data={**last.data, "result": seen.get("text", "")})

    def _count(self, output: Mapping[str, Any]) -> None:
        usage = output.get("metadata", {}).get("usage")
        if usage is not None:
            self.counted = True
            self.usage += Usage(usage.get("inputTokens", 0), usage.get("outputTokens", 0))


def _arguments(wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        each["name"]: value_of(each.get("value", ""), each.get("type", "string"))
        for each in wanted.get("parameters", ())
    }


def origin_of(call_id: str) -> tuple[str, str]:
    """Give the invocation and the action group that a call's id was made of."""
    invocation, group, _ = call_id.split(_APART, 2)
    return invocation, group
