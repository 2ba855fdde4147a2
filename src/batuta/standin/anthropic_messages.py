"""Anthropic's Messages.

Source: https://docs.anthropic.com/en/api/messages and /messages-streaming, read 2025-11.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.attachment import Attachment
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, OutputSchema, StopReason, ToolSchema, Usage
from batuta.standin import formats
from batuta.standin.asked_settings import asked_settings
from batuta.standin.attachments import anthropic
from batuta.standin.failures import FailureKind, WireFailure, invalid
from batuta.standin.frames import sse
from batuta.standin.json_node import JsonNode, text_only
from batuta.standin.prompt_cache import anthropic_blocks
from batuta.standin.thoughts import check_claude, thinking_block

_SILENT = ("thinking", "redacted_thinking")
_SHOWN = ("image", "document")
_STOPS: dict[StopReason, str] = {
    "end": "end_turn",
    "tool_calls": "tool_use",
    "length": "max_tokens",
    "refused": "refusal",
}
_SHAPES: dict[FailureKind, tuple[int, str]] = {
    "invalid": (400, "invalid_request_error"),
    "refused": (400, "invalid_request_error"),
    "auth": (401, "authentication_error"),
    "permission": (403, "permission_error"),
    "not_found": (404, "not_found_error"),
    "method": (405, "invalid_request_error"),
    "too_large": (413, "request_too_large"),
    "too_long": (400, "invalid_request_error"),
    "rate_limited": (429, "rate_limit_error"),
    "quota": (429, "rate_limit_error"),
    "timeout": (504, "timeout_error"),
    "overloaded": (529, "overloaded_error"),
    "bad_reply": (500, "api_error"),
    "internal": (500, "api_error"),
}


def read(body: JsonNode, _path: Mapping[str, str]) -> formats.ClientRequest:
    """Read a request."""
    model = body["model"].text()
    if not body["max_tokens"].there:
        raise invalid("max_tokens: Field required", "max_tokens")
    messages = [*_system(body["system"])]
    for node in body["messages"].each():
        messages += _messages(node)
    first = next((message.role for message in messages if message.role != "system"), "")
    if first not in ("user", "tool"):
        said = "first message must use the user role" if first else "at least one is required"
        raise invalid(f"messages: {said}", "messages")
    choice = body["tool_choice"]
    tools, output, form = formats.offered(
        [_tool(each) for each in body["tools"].each()], _choice(choice), _format(body)
    )
    request = ModelRequest(
        formats.checked(messages),
        tools,
        output,
        body["max_tokens"].count(1),
        asked_settings(body),
    )
    return formats.ClientRequest(
        model=model,
        request=request,
        raw=body.fields(),
        streamed=body["stream"].flag(),
        form=form,
        several=not (choice.there and choice["disable_parallel_tool_use"].flag()),
    )


def _system(node: JsonNode) -> list[Message]:
    if not node.there or node.is_text:
        return [Message.system(node.text())] if node.there else []
    return [Message.system(each["text"].text()) for each in node.each()]


def _tool(node: JsonNode) -> ToolSchema:
    kind = node["type"].text("custom")
    if kind != "custom":
        raise invalid(f"{node.where}.type: the stand-in takes custom tools only, not '{kind}'")
    return formats.tool(node["name"], node["description"], node["input_schema"])


def _choice(node: JsonNode) -> formats.ToolChoice:
    kind = node["type"].text() if node.there else "auto"
    if kind == "tool":
        return formats.ToolChoice(must=True, names=(node["name"].text(),))
    if kind not in ("auto", "any", "none"):
        raise node["type"].wrong("'auto', 'any', 'tool' or 'none'")
    return formats.ToolChoice(must=kind == "any", names=() if kind == "none" else None)


def _format(body: JsonNode) -> OutputSchema | None:
    config = body["output_config"]
    node = config["format"] if config.there else body["output_format"]
    if not node.there:
        return None
    if node["type"].text() != "json_schema":
        raise node["type"].wrong("'json_schema'")
    schema = node["schema"].fields()
    return OutputSchema(str(schema.get("title") or "output"), schema)


def _messages(node: JsonNode) -> list[Message]:
    role = node["role"].text()
    content = node["content"]
    if role not in ("user", "assistant", "system"):
        raise invalid(f"{node.where}.role: Input should be 'user' or 'assistant'")
    if content.is_text:
        return [Message("system" if role == "system" else role, _said(content))]
    texts: list[str] = []
    calls: list[ToolCall] = []
    results: list[Message] = []
    shown: list[Attachment] = []
    for block in content.each() or [JsonNode(None, content.where)]:
        kind = block["type"].text()
        if kind == "text":
            texts.append(_said(block["text"]))
        elif kind == "tool_use" and role == "assistant":
            made = ToolCall(block["id"].text(), block["name"].text(), block["input"].fields())
            calls.append(made)
        elif kind == "tool_result" and role == "user":
            results.append(_result(block))
        elif kind in _SHOWN and role == "user":
            shown.append(anthropic(block))
        elif kind not in _SILENT:
            raise text_only(block["type"], kind)
    said = "\n".join(texts)
    if role == "assistant":
        return [Message("assistant", said, tool_calls=tuple(calls))]
    return [*results, *_rest(Message(role, said, parts=tuple(shown)), after=bool(results))]


def _rest(message: Message, *, after: bool) -> list[Message]:
    """Give what stands beside results of tools; nothing where there is none."""
    return [] if after and not (message.text or message.parts) else [message]


def _said(node: JsonNode) -> str:
    if not node.text().strip():
        raise invalid(f"{node.where}: text content blocks must contain non-whitespace text")
    return node.text()


def _result(block: JsonNode) -> Message:
    content = block["content"]
    call_id = block["tool_use_id"].text()
    if content.is_text or not content.there:
        return Message("tool", content.text(""), call_id=call_id)
    blocks = content.each()
    shown = [anthropic(each) for each in blocks if each["type"].text() in _SHOWN]
    return Message("tool", _texts(blocks), call_id=call_id, parts=tuple(shown))


def _texts(blocks: Sequence[JsonNode]) -> str:
    said: list[str] = []
    for block in blocks:
        if block["type"].text() in _SHOWN:
            continue
        if block["type"].text() != "text":
            raise text_only(block["type"], block["type"].text())
        said.append(block["text"].text())
    return "\n".join(said)


def whole(asked: formats.ClientRequest, stamp: formats.Stamp, reply: ModelReply) -> formats.Json:
    """Make a plain reply.

    Arguments that are no JSON object stand as the text that they are, which the real one avoids.
    """
    content: list[formats.Json] = [thinking_block(stamp.thoughts)] if stamp.thoughts else []
    if reply.text:
        content.append({"type": "text", "text": reply.text, "citations": None})
    for call in reply.tool_calls:
        given = dict(call.arguments) if call.invalid is None else call.invalid
        content.append({**_use(call), "input": given})
    return {
        **_message(asked, stamp),
        "content": content,
        **_stopped(reply),
        "usage": {
            **usage_of(reply.usage),
            "cache_creation": {
                "ephemeral_5m_input_tokens": reply.usage.cache_write_tokens,
                "ephemeral_1h_input_tokens": 0,
            },
            "service_tier": stamp.tier or "standard",
        },
    }


def _message(asked: formats.ClientRequest, stamp: formats.Stamp) -> dict[str, Any]:
    name = stamp.model_of(asked)
    return {"id": stamp.id, "type": "message", "role": "assistant", "model": name}


def _use(call: ToolCall) -> dict[str, Any]:
    return {
        "type": "tool_use",
        "id": formats.call_id(call, "toolu_"),
        "name": call.name,
        "input": {},
    }


def _stopped(reply: ModelReply) -> dict[str, Any]:
    made: dict[str, Any] = {"stop_reason": _STOPS[reply.stop_reason], "stop_sequence": None}
    if reply.stop_reason == "refused":
        why = {"type": "refusal", "category": None, "explanation": reply.text or None}
        made["stop_details"] = why
    return made


def usage_of(usage: Usage) -> dict[str, Any]:
    """Make the token counts; here cached tokens do not count as input."""
    return {
        "input_tokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
    }


class _Blocks:
    def __init__(self, asked: formats.ClientRequest, stamp: formats.Stamp) -> None:
        self._message = _message(asked, stamp)
        self._thoughts, self._tier = stamp.thoughts, stamp.tier or "standard"
        self._next = 0
        self._open = False

    def begin(self) -> list[formats.WireEvent]:
        # The counts are known at the end only, and stand there in full.
        empty = {"content": (), "stop_reason": None, "stop_sequence": None}
        usage = {**usage_of(Usage()), "service_tier": self._tier}
        message = {**self._message, **empty, "usage": usage}
        return [_event("message_start", message=message), _event("ping"), *self._thinking()]

    def _thinking(self) -> list[formats.WireEvent]:
        if not self._thoughts:
            return []
        whole = thinking_block(self._thoughts)
        pieces = formats.pieces_of(self._thoughts)
        return [
            *self._start({**whole, "thinking": "", "signature": ""}),
            *(self._delta({"type": "thinking_delta", "thinking": piece}) for piece in pieces),
            self._delta({"type": "signature_delta", "signature": whole["signature"]}),
            self._stop(),
        ]

    def text(self, piece: str) -> list[formats.WireEvent]:
        events: list[formats.WireEvent] = []
        if not self._open:
            self._open = True
            events += self._start({"type": "text", "text": ""})
        return [*events, self._delta({"type": "text_delta", "text": piece})]

    def end(self, reply: ModelReply) -> list[formats.WireEvent]:
        events: list[formats.WireEvent] = []
        if reply.stop_reason == "refused" and not self._open and reply.text:
            events += self.text(reply.text)
        if self._open:
            events.append(self._stop())
        for call in reply.tool_calls:
            events += self._start(_use(call))
            for piece in ["", *formats.pieces_of(formats.arguments_of(call))]:
                events.append(self._delta({"type": "input_json_delta", "partial_json": piece}))
            events.append(self._stop())
        ended = _event("message_delta", delta=_stopped(reply), usage=usage_of(reply.usage))
        return [*events, ended, _event("message_stop")]

    def failed(self, failure: WireFailure) -> list[formats.WireEvent]:
        return [formats.WireEvent("error", fail(failure).body)]

    def _start(self, block: formats.Json) -> list[formats.WireEvent]:
        return [_event("content_block_start", index=self._next, content_block=block)]

    def _delta(self, delta: formats.Json) -> formats.WireEvent:
        return _event("content_block_delta", index=self._next, delta=delta)

    def _stop(self) -> formats.WireEvent:
        self._next += 1
        return _event("content_block_stop", index=self._next - 1)


def _event(kind: str, **fields: Any) -> formats.WireEvent:
    return formats.WireEvent(kind, {"type": kind, **fields})


def fail(failure: WireFailure) -> formats.WireReply:
    """Put a failure into Anthropic's shape.

    Source: https://docs.anthropic.com/en/api/errors, read 2025-11.
    """
    status, kind = _SHAPES[failure.kind]
    # What clients know it by: Anthropic has no code for it.
    begun = "prompt is too long: " if failure.kind == "too_long" else ""
    error = {"type": kind, "message": begun + failure.message}
    return formats.WireReply(
        status, failure.headers(), {"type": "error", "error": error, "request_id": None}
    )


def _headers() -> dict[str, str]:
    return {"request-id": formats.fresh_id("req_"), "anthropic-organization-id": "batuta-stand-in"}


def _framed(event: formats.WireEvent | None) -> bytes:
    return b"" if event is None else sse(event.payload, event.name)


FORMAT = formats.WireFormat(
    read=read,
    whole=whole,
    telling=_Blocks,
    framed=_framed,
    stream_type="text/event-stream; charset=utf-8",
    headers=_headers,
    fail=fail,
    blocks=anthropic_blocks,
    id_prefix="msg_",
    given_back=check_claude,
)
