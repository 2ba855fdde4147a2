"""OpenAI's Chat Completions.

Source: https://platform.openai.com/docs/api-reference/chat, and the API description 2.3.0 in
openai/openai-openapi, read 2025-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batuta.core.message import Message, ToolCall
from batuta.core.model import OUTPUT_TOKENS, ModelReply, StopReason, Usage
from batuta.standin import formats
from batuta.standin.failures import WireFailure, invalid
from batuta.standin.frames import sse
from batuta.standin.json_node import JsonNode, written_call
from batuta.standin.openai_shapes import (
    check_strict,
    choice_of,
    content_of,
    error_body,
    fail,
    headers,
    json_format,
    request_of,
    shown_in,
    tier_of,
)
from batuta.standin.prompt_cache import openai_blocks

_TEXT = {"text": "text"}
_SPOKEN = {"text": "text", "refusal": "refusal"}
_STOPS: dict[StopReason, str] = {
    "end": "stop",
    "tool_calls": "tool_calls",
    "length": "length",
    "refused": "content_filter",
}


def read(body: JsonNode, _path: Mapping[str, str]) -> formats.ClientRequest:
    """Read a request."""
    model = body["model"].text()
    messages = [_message(each) for each in body["messages"].each()]
    if not messages:
        raise invalid("Invalid 'messages': empty array. Expected at least one.", "messages")
    if body["n"].count(1) != 1:
        raise invalid("This stand-in gives one choice: leave 'n' out.", "n")
    counted(body)
    offer = formats.offered(
        [_tool(each) for each in body["tools"].each()],
        choice_of(body["tool_choice"], "function"),
        json_format(body["response_format"], "json_schema"),
    )
    most = body["max_completion_tokens"].count(0)
    return request_of(
        body,
        messages,
        offer,
        model=model,
        most_tokens=most or body["max_tokens"].count(OUTPUT_TOKENS),
    )


def counted(body: JsonNode) -> bool:
    """Whether a stream is to tell its usage."""
    options = body["stream_options"]
    return options.there and options["include_usage"].flag()


def _tool(node: JsonNode) -> Any:
    if node["type"].text() != "function":
        raise invalid(f"Invalid value for '{node.where}.type': the stand-in takes 'function'.")
    held = node["function"]
    if held["strict"].flag():
        check_strict(held["parameters"].fields(), held["parameters"].where)
    return formats.tool(held["name"], held["description"], held["parameters"])


def _message(node: JsonNode) -> Message:
    role = node["role"].text()
    content = node["content"]
    name = node["name"].text("") or None
    if role in ("system", "developer"):
        return Message("system", content_of(content, _TEXT), name=name)
    if role == "user":
        if not content.there:
            raise content.wrong("a string or an array")
        said = content_of(content, _TEXT, shown=True)
        return Message("user", said, name=name, parts=shown_in(content))
    if role == "tool":
        answered = node["tool_call_id"].text()
        return Message("tool", content_of(content, _TEXT), call_id=answered)
    if role != "assistant":
        raise invalid(f"Invalid value: '{role}' in '{node.where}.role'.", f"{node.where}.role")
    text = content_of(content, _SPOKEN) or node["refusal"].text("")
    calls = tuple(_call(each) for each in node["tool_calls"].each())
    return Message("assistant", text, tool_calls=calls, name=name)


def _call(node: JsonNode) -> ToolCall:
    held = node["function"]
    return written_call(node["id"].text(), held["name"].text(), held["arguments"].text())


def whole(asked: formats.ClientRequest, stamp: formats.Stamp, reply: ModelReply) -> formats.Json:
    """Make a plain reply."""
    refused = reply.stop_reason == "refused"
    message: dict[str, Any] = {
        "role": "assistant",
        "content": None if refused or (reply.tool_calls and not reply.text) else reply.text,
        "refusal": reply.text if refused else None,
        "annotations": [],
    }
    if reply.tool_calls:
        message["tool_calls"] = [
            _wish(call, formats.arguments_of(call)) for call in reply.tool_calls
        ]
    finish = "stop" if refused else _STOPS[reply.stop_reason]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return {
        **_head(asked, stamp, "chat.completion"),
        "choices": [choice],
        "usage": usage_of(reply.usage),
    }


def _wish(call: ToolCall, arguments: str) -> dict[str, Any]:
    held = {"name": call.name, "arguments": arguments}
    return {"id": formats.call_id(call, "call_"), "type": "function", "function": held}


def _head(asked: formats.ClientRequest, stamp: formats.Stamp, kind: str) -> dict[str, Any]:
    return {
        "id": stamp.id,
        "object": kind,
        "created": stamp.created,
        "model": stamp.model_of(asked),
        "service_tier": tier_of(asked.raw, stamp),
        "system_fingerprint": f"batuta-stand-in {stamp.served}",
    }


def usage_of(usage: Usage) -> dict[str, Any]:
    """Make the token counts."""
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


class _Chunks:
    def __init__(self, asked: formats.ClientRequest, stamp: formats.Stamp) -> None:
        self._head = _head(asked, stamp, "chat.completion.chunk")
        self._counts = counted(JsonNode(asked.raw))
        self._told = False

    def begin(self) -> list[formats.WireEvent]:
        return [self._delta({"role": "assistant", "content": "", "refusal": None})]

    def text(self, piece: str) -> list[formats.WireEvent]:
        self._told = True
        return [self._delta({"content": piece})]

    def end(self, reply: ModelReply) -> list[formats.WireEvent]:
        finish = _STOPS[reply.stop_reason]
        events: list[formats.WireEvent] = []
        if reply.stop_reason == "refused" and not self._told:
            finish = "stop"
            events.append(self._delta({"refusal": reply.text}))
        for place, call in enumerate(reply.tool_calls):
            first = {"index": place, **_wish(call, "")}
            events.append(self._delta({"tool_calls": [first]}))
            for piece in formats.pieces_of(formats.arguments_of(call)):
                more = {"index": place, "function": {"arguments": piece}}
                events.append(self._delta({"tool_calls": [more]}))
        events.append(self._delta({}, finish))
        if self._counts:
            counted = {"choices": (), "usage": usage_of(reply.usage)}
            events.append(formats.WireEvent("", {**self._head, **counted}))
        return events

    def failed(self, failure: WireFailure) -> list[formats.WireEvent]:
        return [formats.WireEvent("", {"error": error_body(failure)})]

    def _delta(self, delta: Mapping[str, Any], finish: str | None = None) -> formats.WireEvent:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        counts = {"usage": None} if self._counts else {}
        return formats.WireEvent("", {**self._head, "choices": [choice], **counts})


def _framed(event: formats.WireEvent | None) -> bytes:
    return b"data: [DONE]\n\n" if event is None else sse(event.payload)


FORMAT = formats.WireFormat(
    read=read,
    whole=whole,
    telling=_Chunks,
    framed=_framed,
    stream_type="text/event-stream; charset=utf-8",
    headers=headers,
    fail=fail,
    blocks=openai_blocks,
    id_prefix="chatcmpl-",
)
