"""The Response object, its output items, and the events that a stream of it consists of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.message import ToolCall
from batuta.core.model import ModelReply, Usage
from batuta.standin import formats
from batuta.standin.failures import WireFailure
from batuta.standin.frames import sse
from batuta.standin.openai_shapes import error_body, tier_of
from batuta.standin.thoughts import reasoning_item

_ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "temperature": 1.0,
    "top_p": 1.0,
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "truncation": "disabled",
    "user": None,
}


def response(
    asked: formats.ClientRequest,
    stamp: formats.Stamp,
    *,
    output: Sequence[formats.Json] = (),
    reply: ModelReply | None = None,
    failure: WireFailure | None = None,
) -> dict[str, Any]:
    """Make the Response: finished with a reply, broken off with a failure, else in progress."""
    raw = asked.raw
    echoed = {k: raw[k] if raw.get(k) is not None else v for k, v in _ECHOED.items()}
    stop = reply.stop_reason if reply else ""
    cut = {"length": "max_output_tokens", "refused": "content_filter"}.get(stop)
    if reply and stop == "refused" and any(_refuses(item) for item in output):
        cut = None
    status = "in_progress" if reply is None else "incomplete" if cut else "completed"
    error = None if failure is None else _error(failure)
    return {
        "id": stamp.id,
        "object": "response",
        "created_at": stamp.created,
        "status": "failed" if failure else status,
        "background": False,
        "error": error,
        "incomplete_details": {"reason": cut} if cut else None,
        "model": stamp.model_of(asked),
        "output": list(output),
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None},
        "service_tier": tier_of(raw, stamp),
        "text": {"format": {"type": "text"}, **(raw.get("text") or {})},
        "tools": [_tool(each) for each in raw.get("tools") or ()],
        "usage": usage_of(reply.usage) if reply else None,
        "metadata": {**(raw.get("metadata") or {}), "batuta_stand_in": stamp.served},
        **echoed,
    }


def _tool(raw: formats.Json) -> formats.Json:
    return {"strict": True, "parameters": None, "description": None, **raw}


def _error(failure: WireFailure) -> formats.Json:
    limited = failure.kind in ("rate_limited", "quota")
    code = "rate_limit_exceeded" if limited else "server_error"
    return {"code": code, "message": failure.message}


def usage_of(usage: Usage) -> formats.Json:
    """Make the token counts."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.total_tokens,
    }


def thought(asked: formats.ClientRequest, stamp: formats.Stamp) -> list[formats.Json]:
    """Make the item of what was thought; none where nothing was."""
    if not stamp.thoughts:
        return []
    sealed = "reasoning.encrypted_content" in (asked.raw.get("include") or ())
    return [reasoning_item(stamp.thoughts, _suffix(stamp), sealed=sealed)]


def _suffix(stamp: formats.Stamp) -> str:
    return stamp.id.partition("_")[2]


def _item_id(prefix: str, stamp: formats.Stamp, place: int) -> str:
    """Make an item's id; it tells which thoughts come before it."""
    return f"{prefix}{_suffix(stamp)}.{place}" if stamp.thoughts else formats.fresh_id(prefix)


def spoken(reply: ModelReply, stamp: formats.Stamp) -> list[formats.Json]:
    """Make the output items of a reply: its message, then its calls."""
    items: list[formats.Json] = []
    said = _item_id("msg_", stamp, 0)
    if reply.stop_reason == "refused":
        items.append(_message(said, [{"type": "refusal", "refusal": reply.text}]))
    elif reply.text or not reply.tool_calls:
        items.append(_message(said, [_text(reply.text)]))
    items.extend(
        _call(call, _item_id("fc_", stamp, place), formats.arguments_of(call))
        for place, call in enumerate(reply.tool_calls, start=1)
    )
    return items


def _message(
    item_id: str, content: Sequence[formats.Json], status: str = "completed"
) -> dict[str, Any]:
    made = {"id": item_id, "type": "message", "status": status, "role": "assistant"}
    return {**made, "content": list(content)}


def _refuses(item: formats.Json) -> bool:
    return any(part["type"] == "refusal" for part in item.get("content", ()))


def _text(text: str) -> formats.Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _call(
    call: ToolCall, item_id: str, arguments: str, *, status: str = "completed"
) -> formats.Json:
    return {
        "id": item_id,
        "type": "function_call",
        "status": status,
        "call_id": formats.call_id(call, "call_"),
        "name": call.name,
        "arguments": arguments,
    }


class Events:
    """Tells one response as its events."""

    def __init__(self, asked: formats.ClientRequest, stamp: formats.Stamp) -> None:
        self._asked, self._stamp = asked, stamp
        self._count = 0
        self._said: list[str] = []
        self._item_id, self._place = "", 0
        self._output: list[formats.Json] = []

    def begin(self) -> list[formats.WireEvent]:
        """Open the stream."""
        started = response(self._asked, self._stamp)
        return [
            self._event("response.created", response=started),
            self._event("response.in_progress", response=started),
            *self._thinking(),
        ]

    def _thinking(self) -> list[formats.WireEvent]:
        events: list[formats.WireEvent] = []
        for item in thought(self._asked, self._stamp):
            self._output.append(item)
            at: dict[str, Any] = {"item_id": item["id"], "output_index": 0, "summary_index": 0}
            text, name = self._stamp.thoughts, "response.reasoning_summary"
            part = {"type": "summary_text", "text": ""}
            begun: dict[str, Any] = {**item, "summary": ()}
            events += [
                self._event("response.output_item.added", output_index=0, item=begun),
                self._event(f"{name}_part.added", **at, part=part),
                *(
                    self._event(f"{name}_text.delta", **at, delta=piece)
                    for piece in formats.pieces_of(text)
                ),
                self._event(f"{name}_text.done", **at, text=text),
                self._event(f"{name}_part.done", **at, part={**part, "text": text}),
                self._event("response.output_item.done", output_index=0, item=item),
            ]
        return events

    def text(self, piece: str) -> list[formats.WireEvent]:
        """Go on with text."""
        events = [] if self._item_id else self._open(_text(""))
        self._said.append(piece)
        delta = self._at("output_text.delta", delta=piece, logprobs=[])
        return [*events, delta]

    def end(self, reply: ModelReply) -> list[formats.WireEvent]:
        """Say what the text did not, and close."""
        events: list[formats.WireEvent] = []
        if self._item_id:
            text = "".join(self._said)
            events.append(self._at("output_text.done", text=text, logprobs=[]))
            events += self._close(_text(text))
        elif reply.stop_reason == "refused":
            events += self._open({"type": "refusal", "refusal": ""})
            events.append(self._at("refusal.delta", delta=reply.text))
            events.append(self._at("refusal.done", refusal=reply.text))
            events += self._close({"type": "refusal", "refusal": reply.text})
        elif not reply.tool_calls:
            events += [*self.text(""), *self.end(reply)]
            return events
        for call in reply.tool_calls:
            events += self._wish(call)
        made = response(self._asked, self._stamp, output=self._output, reply=reply)
        return [*events, self._event(f"response.{made['status']}", response=made)]

    def failed(self, failure: WireFailure) -> list[formats.WireEvent]:
        """Break off."""
        body = error_body(failure)
        error = {"code": body["code"], "message": body["message"], "param": body["param"]}
        made = response(self._asked, self._stamp, output=self._output, failure=failure)
        return [self._event("error", **error), self._event("response.failed", response=made)]

    def _open(self, part: formats.Json) -> list[formats.WireEvent]:
        self._item_id, self._place = _item_id("msg_", self._stamp, 0), len(self._output)
        item = _message(self._item_id, [], "in_progress")
        return [
            self._event("response.output_item.added", output_index=self._place, item=item),
            self._at("content_part.added", part=part),
        ]

    def _close(self, part: formats.Json) -> list[formats.WireEvent]:
        item = _message(self._item_id, [part])
        self._output.append(item)
        return [
            self._at("content_part.done", part=part),
            self._event("response.output_item.done", output_index=self._place, item=item),
        ]

    def _wish(self, call: ToolCall) -> list[formats.WireEvent]:
        place, arguments = len(self._output), formats.arguments_of(call)
        item_id = _item_id("fc_", self._stamp, place)
        at: dict[str, Any] = {"item_id": item_id, "output_index": place}
        item = _call(call, item_id, arguments)
        self._output.append(item)
        name = "response.function_call_arguments"
        begun = _call(call, item_id, "", status="in_progress")
        return [
            self._event("response.output_item.added", output_index=place, item=begun),
            *(
                self._event(f"{name}.delta", **at, delta=piece)
                for piece in formats.pieces_of(arguments)
            ),
            self._event(f"{name}.done", **at, arguments=arguments),
            self._event("response.output_item.done", output_index=place, item=item),
        ]

    def _at(self, name: str, **fields: Any) -> formats.WireEvent:
        where = {"item_id": self._item_id, "output_index": self._place, "content_index": 0}
        return self._event(f"response.{name}", **where, **fields)

    def _event(self, kind: str, **fields: Any) -> formats.WireEvent:
        self._count += 1
        return formats.WireEvent(kind, {"type": kind, "sequence_number": self._count - 1, **fields})


def framed(event: formats.WireEvent | None) -> bytes:
    """Put an event into bytes."""
    return b"" if event is None else sse(event.payload, event.name)
