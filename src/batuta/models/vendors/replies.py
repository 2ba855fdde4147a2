"""pydantic-ai's responses as our replies."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart

from batuta.core.ids import new_id
from batuta.core.message import ToolCall
from batuta.core.model import STAND_IN_SUFFIX, ModelReply, Spent, StopReason, Usage
from batuta.errors import ModelRefused

if TYPE_CHECKING:
    from pydantic_ai.usage import RequestUsage

    from batuta.core.model import ModelRequest

_FENCED = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)


def reply_of(response: ModelResponse, request: ModelRequest, name: str) -> ModelReply:
    """Turn a response into a reply.

    Args:
        name: The model asked, as ``provider:model``.

    Raises:
        ModelRefused: It declined, and did not say so in words for the user.
    """
    text = "".join([part.content for part in response.parts if isinstance(part, TextPart)])
    wishes = [part for part in response.parts if isinstance(part, ToolCallPart)]
    output: Mapping[str, Any] | None = None
    if request.output is not None:
        text, wishes, output = _structured(text, wishes, request.output.name)
    stop = _stop(response, wishes)
    usage, answered = usage_of(response.usage), answered_by(name, response.model_name)
    if stop == "refused":
        said = text or str((response.provider_details or {}).get("refusal") or "")
        if request.output is not None or not said:
            error = ModelRefused(
                answered, f"refused to answer: {said}" if said else "refused to answer"
            )
            error.spent = (Spent(answered, usage, told(response.usage)),)
            raise error
        text = said
    return ModelReply(
        text=text,
        tool_calls=_calls(wishes, request) if wishes else (),
        output=output,
        usage=usage,
        stop_reason=stop,
        model=answered,
        usage_told=told(response.usage),
        # A stand-in server says so by the name it answers under, and never passes for the vendor.
        stand_in=answered.endswith(STAND_IN_SUFFIX),
    )


def answered_by(name: str, model: str | None) -> str:
    """Name the model that answered, with the provider that was asked."""
    return f"{name.partition(':')[0]}:{model}" if model else name


def usage_of(used: RequestUsage) -> Usage:
    """Turn usage into ours: what was cached is part of the input, reasoning part of the output."""
    details = used.details or {}
    reasoning = details.get("reasoning_tokens") or getattr(used, "output_reasoning_tokens", 0) or 0
    output = max(used.output_tokens, 0)
    read, written = used.cache_read_tokens or 0, used.cache_write_tokens or 0
    return Usage(
        max(used.input_tokens, read + written), output, read, min(reasoning, output), written
    )


def told(used: RequestUsage) -> bool:
    """Whether the vendor told its usage."""
    return not used.unmeasured_requests


def _stop(response: ModelResponse, wishes: list[ToolCallPart]) -> StopReason:
    if response.finish_reason == "content_filter":
        return "refused"
    if response.finish_reason == "length":
        return "length"
    return "tool_calls" if wishes else "end"


def _structured(
    text: str, wishes: list[ToolCallPart], name: str
) -> tuple[str, list[ToolCallPart], Mapping[str, Any] | None]:
    """Find the structured reply: in a call of the output's own tool, else in the text."""
    called = [wish for wish in wishes if wish.tool_name == name]
    others = [wish for wish in wishes if wish.tool_name != name]
    if called:
        output, raw = _parsed(called[0].args)
        return (text if output is not None else raw or text), others, output
    output, _ = _parsed(text) if text else (None, "")
    if output is None and (fenced := _FENCED.fullmatch(text)):
        output, _ = _parsed(fenced[1])
    return text, others, output


def _calls(wishes: list[ToolCallPart], request: ModelRequest) -> tuple[ToolCall, ...]:
    """Turn wishes into calls, each with an id that the conversation does not know yet."""
    known = {call.id for message in request.messages for call in message.tool_calls}
    made: list[ToolCall] = []
    for wish in wishes:
        call_id = wish.tool_call_id
        if not call_id or call_id in known:
            call_id = new_id("call")
        known.add(call_id)
        arguments, raw = _parsed(wish.args)
        invalid = raw if arguments is None else None
        made.append(ToolCall(call_id, wish.tool_name, arguments or {}, invalid))
    return tuple(made)


def _parsed(raw: str | Mapping[str, Any] | None) -> tuple[dict[str, Any] | None, str]:
    """Read a JSON object; give None and the raw text where it is none."""
    if not raw:
        return {}, ""
    if not isinstance(raw, str):
        return dict(raw), ""
    try:
        value: object = json.loads(raw)
    except ValueError:
        return None, raw
    return (cast("dict[str, Any]", value), raw) if isinstance(value, dict) else (None, raw)
