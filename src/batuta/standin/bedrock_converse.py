"""Bedrock's Converse and ConverseStream.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html, read
2025-11, and botocore's own description of the service.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from batuta.core.attachment import Attachment
from batuta.core.ids import new_id
from batuta.core.message import Message, ToolCall
from batuta.core.model import (
    OUTPUT_TOKENS,
    ModelReply,
    ModelRequest,
    OutputSchema,
    StopReason,
    ToolSchema,
    Usage,
)
from batuta.standin import formats
from batuta.standin.asked_settings import converse_settings
from batuta.standin.attachments import converse
from batuta.standin.failures import FailureKind, Rejected, WireFailure, invalid
from batuta.standin.frames import event_stream, json_bytes
from batuta.standin.json_node import JsonNode, parsed, text_only
from batuta.standin.prompt_cache import converse_blocks
from batuta.standin.thoughts import check_converse, reasoning_content

_SILENT = ("reasoningContent", "cachePoint")
_SHOWN = ("image", "document")
_STOPS: dict[StopReason, str] = {
    "end": "end_turn",
    "tool_calls": "tool_use",
    "length": "max_tokens",
    "refused": "content_filtered",
}
_SHAPES: dict[FailureKind, tuple[int, str]] = {
    "invalid": (400, "ValidationException"),
    "refused": (400, "ValidationException"),
    "auth": (403, "UnrecognizedClientException"),
    "permission": (403, "AccessDeniedException"),
    "not_found": (404, "ResourceNotFoundException"),
    "method": (405, "ValidationException"),
    "too_large": (413, "ValidationException"),
    "too_long": (400, "ValidationException"),
    "rate_limited": (429, "ThrottlingException"),
    "quota": (429, "ThrottlingException"),
    "timeout": (408, "ModelTimeoutException"),
    "overloaded": (503, "ServiceUnavailableException"),
    "bad_reply": (424, "ModelErrorException"),
    "internal": (500, "InternalServerException"),
}
_IN_STREAM = {
    "ValidationException": "validationException",
    "ThrottlingException": "throttlingException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ModelErrorException": "modelStreamErrorException",
    "ModelTimeoutException": "modelStreamErrorException",
}


def read(body: JsonNode, path: Mapping[str, str]) -> formats.ClientRequest:
    """Read a request; the path says which model and whether to stream."""
    if path["how"] not in ("converse", "converse-stream"):
        raise Rejected(WireFailure("not_found", f"This stand-in does not know '{path['how']}'."))
    messages = [Message.system(text) for text in _system(body["system"])]
    turns = body["messages"].each()
    for node in turns:
        messages += _messages(node)
    if any(one["role"].value == two["role"].value for one, two in pairwise(turns)):
        raise invalid("A conversation must alternate between user and assistant roles.")
    if next((m.role for m in messages if m.role != "system"), "") not in ("user", "tool"):
        raise invalid("A conversation must start with a user message.")
    config = body["toolConfig"]
    if not config.there and any(message.tool_calls for message in messages):
        raise invalid("The toolConfig field must be defined when using toolUse and toolResult.")
    tools, output, form = formats.offered(
        _tools(config),
        _choice(config["toolChoice"]) if config.there else formats.ToolChoice(),
        _format(body),
    )
    limits = body["inferenceConfig"]
    held = limits if limits.there else JsonNode({})
    request = ModelRequest(
        formats.checked(messages),
        tools,
        output,
        held["maxTokens"].count(OUTPUT_TOKENS),
        converse_settings(body),
    )
    return formats.ClientRequest(
        model=path["model"],
        request=request,
        raw=body.fields(),
        streamed=path["how"] == "converse-stream",
        form=form,
    )


def _system(node: JsonNode) -> list[str]:
    return [each["text"].text() for each in node.each() if "cachePoint" not in each.fields()]


def _tools(config: JsonNode) -> list[ToolSchema]:
    made: list[ToolSchema] = []
    for each in config["tools"].each() if config.there else ():
        if "cachePoint" in each.fields():
            continue
        spec = each["toolSpec"]
        made.append(formats.tool(spec["name"], spec["description"], spec["inputSchema"]["json"]))
    return made


def _choice(node: JsonNode) -> formats.ToolChoice:
    kind = next(iter(node.fields()), "auto") if node.there else "auto"
    if kind == "tool":
        return formats.ToolChoice(must=True, names=(node["tool"]["name"].text(),))
    return formats.ToolChoice(must=kind == "any")


def _format(body: JsonNode) -> OutputSchema | None:
    node = body["outputConfig"]
    node = node["textFormat"] if node.there else node
    if not node.there:
        return None
    held = node["structure"]["jsonSchema"]
    schema = parsed(held["schema"].text().encode())
    made = JsonNode(schema, held["schema"].where).fields()
    return OutputSchema(held["name"].text("output"), made, held["description"].text(""))


def _messages(node: JsonNode) -> list[Message]:
    role = node["role"].text()
    if role not in ("user", "assistant"):
        raise invalid(f"Invalid role '{role}' at '{node.where}': use 'user' or 'assistant'.")
    texts: list[str] = []
    calls: list[ToolCall] = []
    results: list[Message] = []
    shown: list[Attachment] = []
    for block in node["content"].each() or [JsonNode(None, f"{node.where}.content")]:
        kind = next(iter(block.fields()), "")
        held = block[kind]
        if kind == "text":
            texts.append(_said(held))
        elif kind == "toolUse" and role == "assistant":
            calls.append(_call(held))
        elif kind == "toolResult" and role == "user":
            results.append(_result(held))
        elif kind in _SHOWN and role == "user":
            shown.append(converse(kind, held))
        elif kind not in _SILENT:
            raise text_only(block, kind)
    said = "\n".join(texts)
    if role == "assistant":
        return [Message("assistant", said, tool_calls=tuple(calls))]
    return _said_by_user(texts, results, shown)


def _said_by_user(
    texts: Sequence[str], results: list[Message], shown: Sequence[Attachment]
) -> list[Message]:
    if not (texts or shown) and results:
        return results
    if any(not each.is_image for each in shown) and not texts:
        raise invalid("A text block is required with a document.")
    return [*results, Message("user", "\n".join(texts), parts=tuple(shown))]


def _said(held: JsonNode) -> str:
    if not held.text().strip():
        raise invalid(f"The text field in the ContentBlock object at {held.where} is blank.")
    return held.text()


def _call(held: JsonNode) -> ToolCall:
    given = held["input"]
    name = held["name"].text()
    if given.is_text:
        return ToolCall(held["toolUseId"].text(), name, {}, given.text())
    return ToolCall(held["toolUseId"].text(), name, given.fields())


def _result(held: JsonNode) -> Message:
    said: list[str] = []
    shown: list[Attachment] = []
    for block in held["content"].each():
        kind = next(iter(block.fields()), "")
        if kind in _SHOWN:
            shown.append(converse(kind, block[kind]))
        elif kind == "json":
            said.append(json_bytes(block["json"].value).decode())
        elif kind == "text":
            said.append(block["text"].text())
        else:
            raise text_only(block, kind)
    call_id = held["toolUseId"].text()
    return Message("tool", "\n".join(said), call_id=call_id, parts=tuple(shown))


def whole(asked: formats.ClientRequest, stamp: formats.Stamp, reply: ModelReply) -> formats.Json:
    """Make a plain reply."""
    content: list[formats.Json] = []
    if stamp.thoughts:
        content.append(reasoning_content(stamp.thoughts))
    if reply.text:
        content.append({"text": reply.text})
    for call in reply.tool_calls:
        given = dict(call.arguments) if call.invalid is None else call.invalid
        content.append({"toolUse": {**_use(call), "input": given}})
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": _STOPS[reply.stop_reason],
        "additionalModelResponseFields": _label(asked, stamp),
        **_counts(reply.usage, asked, stamp),
    }


def _use(call: ToolCall) -> dict[str, Any]:
    return {"toolUseId": formats.call_id(call, "tooluse_"), "name": call.name}


def _label(asked: formats.ClientRequest, stamp: formats.Stamp) -> formats.Json:
    return {"batutaStandIn": {"model": stamp.model_of(asked), "served": stamp.served}}


def _counts(usage: Usage, asked: formats.ClientRequest, stamp: formats.Stamp) -> dict[str, Any]:
    wanted: Mapping[str, Any] = asked.raw.get("serviceTier") or {}
    tier = stamp.tier or wanted.get("type")
    return {
        **({"serviceTier": {"type": tier}} if tier else {}),
        "usage": {
            "inputTokens": usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens,
            "outputTokens": usage.output_tokens,
            "totalTokens": usage.total_tokens,
            "cacheReadInputTokens": usage.cached_tokens,
            "cacheWriteInputTokens": usage.cache_write_tokens,
        },
        "metrics": {"latencyMs": stamp.elapsed_ms()},
    }


class _Blocks:
    def __init__(self, asked: formats.ClientRequest, stamp: formats.Stamp) -> None:
        self._label, self._asked, self._stamp = _label(asked, stamp), asked, stamp
        self._next = 0
        self._open = False

    def begin(self) -> list[formats.WireEvent]:
        return [formats.WireEvent("messageStart", {"role": "assistant"}), *self._thinking()]

    def _thinking(self) -> list[formats.WireEvent]:
        if not self._stamp.thoughts:
            return []
        held = reasoning_content(self._stamp.thoughts)["reasoningContent"]["reasoningText"]
        pieces = [{"text": piece} for piece in formats.pieces_of(held["text"])]
        return [
            *(
                self._delta({"reasoningContent": piece})
                for piece in (*pieces, {"signature": held["signature"]})
            ),
            self._stop(),
        ]

    def text(self, piece: str) -> list[formats.WireEvent]:
        self._open = True
        return [self._delta({"text": piece})]

    def end(self, reply: ModelReply) -> list[formats.WireEvent]:
        events: list[formats.WireEvent] = []
        if reply.stop_reason == "refused" and not self._open and reply.text:
            events += self.text(reply.text)
        if self._open:
            events.append(self._stop())
        for call in reply.tool_calls:
            start = {"contentBlockIndex": self._next, "start": {"toolUse": _use(call)}}
            events.append(formats.WireEvent("contentBlockStart", start))
            for piece in formats.pieces_of(formats.arguments_of(call)):
                events.append(self._delta({"toolUse": {"input": piece}}))
            events.append(self._stop())
        stop = {
            "stopReason": _STOPS[reply.stop_reason],
            "additionalModelResponseFields": self._label,
        }
        counts = formats.WireEvent("metadata", _counts(reply.usage, self._asked, self._stamp))
        return [*events, formats.WireEvent("messageStop", stop), counts]

    def failed(self, failure: WireFailure) -> list[formats.WireEvent]:
        name = _IN_STREAM.get(_SHAPES[failure.kind][1], "internalServerException")
        return [formats.WireEvent(f"!{name}", {"message": _worded(failure)})]

    def _delta(self, delta: formats.Json) -> formats.WireEvent:
        return formats.WireEvent(
            "contentBlockDelta", {"contentBlockIndex": self._next, "delta": delta}
        )

    def _stop(self) -> formats.WireEvent:
        self._next += 1
        return formats.WireEvent("contentBlockStop", {"contentBlockIndex": self._next - 1})


def fail(failure: WireFailure) -> formats.WireReply:
    """Put a failure into Bedrock's shape: its class stands in a header."""
    status, name = _SHAPES[failure.kind]
    headers = {"x-amzn-errortype": name, **failure.headers()}
    return formats.WireReply(status, headers, {"message": _worded(failure)})


def _worded(failure: WireFailure) -> str:
    # What clients know it by: Bedrock has no class of its own for it.
    begun = "Input is too long for requested model: " if failure.kind == "too_long" else ""
    return begun + failure.message


def _headers() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid.uuid5(uuid.NAMESPACE_OID, new_id("req")))}


def _framed(event: formats.WireEvent | None) -> bytes:
    if event is None:
        return b""
    broken = event.name.startswith("!")
    return event_stream(event.name.lstrip("!"), event.payload, exception=broken)


FORMAT = formats.WireFormat(
    read=read,
    whole=whole,
    telling=_Blocks,
    framed=_framed,
    stream_type="application/vnd.amazon.eventstream",
    headers=_headers,
    fail=fail,
    blocks=converse_blocks,
    id_prefix="msg_",
    given_back=check_converse,
)
