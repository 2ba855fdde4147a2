"""What each vendor sends, by hand from its public format: a text, calls, a form, a refusal."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from batuta.core.redaction import Secret
from batuta.models.vendors import VendorAccess, VendorModel
from tests.unit.models.vendors.socket_server import Step, answer, chunked, frame, sse

KEY = "key-for-tests-5d41402abc"
TEXT = ("Court A ", "is free.")
CALLS = (("call_1", "look", {"day": "2026-03-02"}), ("call_2", "book", {"slot": "A-3"}))


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One wire format.

    Args:
        path: Where its requests go.
        usage: What its answers tell, as (input, output, cached, reasoning, written).
    """

    model: str
    base: str
    path: str
    stream_path: str
    usage: tuple[int, int, int, int, int]
    text: Callable[[str], list[Step]]
    text_stream: Callable[[tuple[str, ...]], list[Step]]
    calls: Callable[..., list[Step]]
    calls_stream: Callable[..., list[Step]]
    cut: Callable[[tuple[str, ...]], list[Step]]
    form: Callable[[dict[str, Any]], list[Step]]

    def make(self, url: str, **more: Any) -> VendorModel:
        access = VendorAccess(
            key=Secret(KEY), base_url=f"{url}{self.base}", region="eu-west-1", **more
        )
        return VendorModel(self.model, access)


# OpenAI Responses: https://platform.openai.com/docs/api-reference/responses, 2026-11


def _response(output: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "id": "resp_1", "object": "response", "created_at": 1_760_000_000, "status": "completed",
        "error": None, "incomplete_details": None, "model": "gpt-5-mini-2025-08-07",
        "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": {
            "input_tokens": 30, "input_tokens_details": {"cached_tokens": 10}, "output_tokens": 9,
            "output_tokens_details": {"reasoning_tokens": 4}, "total_tokens": 39,
        }, **more,
    }  # fmt: skip


def _message(text: str) -> dict[str, Any]:
    said = {"type": "output_text", "text": text, "annotations": []}
    return {
        "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "content": [said],
    }  # fmt: skip


def _function_call(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {
        "type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name,
        "arguments": raw, "status": "completed",
    }  # fmt: skip


def _responses_events(items: list[dict[str, Any]], deltas: list[dict[str, Any]]) -> list[bytes]:
    begun = _response([], status="in_progress", usage=None)
    return sse(
        {"type": "response.created", "sequence_number": 0, "response": begun},
        *deltas,
        {"type": "response.completed", "sequence_number": 99, "response": _response(items)},
    )


def _text_deltas(pieces: tuple[str, ...]) -> list[dict[str, Any]]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    return [
        {
            "type": "response.output_item.added", "output_index": 0, "sequence_number": 1,
            "item": {**_message(""), "content": [], "status": "in_progress"},
        },
        *(
            {"type": "response.output_text.delta", "delta": p, "sequence_number": 2, **place}
            for p in pieces
        ),
    ]  # fmt: skip


def _call_deltas(*calls: tuple[str, str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for index, call in enumerate(calls):
        item = _function_call(*call)
        place = {"output_index": index, "item_id": item["id"], "sequence_number": 3}
        begun = {**item, "arguments": "", "status": "in_progress"}
        half = len(item["arguments"]) // 2
        made.append({"type": "response.output_item.added", "item": begun, **place})
        parts = (item["arguments"][:half], item["arguments"][half:])
        kind = "response.function_call_arguments.delta"
        made += [{"type": kind, "delta": part, **place} for part in parts]
        made.append({"type": "response.output_item.done", "item": item, **place})
    return made


RESPONSES = Vendor(
    model="openai:gpt-5-mini", base="/v1", path="/v1/responses", stream_path="/v1/responses",
    usage=(30, 9, 10, 4, 0),
    text=lambda text: answer(_response([_message(text)])),
    text_stream=lambda p: chunked(*_responses_events([_message("".join(p))], _text_deltas(p))),
    calls=lambda *c: answer(_response([_function_call(*one) for one in c])),
    calls_stream=lambda *c: chunked(
        *_responses_events([_function_call(*one) for one in c], _call_deltas(*c))
    ),
    cut=lambda p: chunked(*_responses_events([], _text_deltas(p))[:-1], end=False),
    form=lambda form: answer(_response([_message(json.dumps(form))])),
)  # fmt: skip


# OpenAI Chat Completions: https://platform.openai.com/docs/api-reference/chat, 2026-11

_CHAT_USAGE = {
    "prompt_tokens": 30, "completion_tokens": 9, "total_tokens": 39,
    "prompt_tokens_details": {"cached_tokens": 10},
    "completion_tokens_details": {"reasoning_tokens": 4},
}  # fmt: skip


def _completion(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    choice = {
        "index": 0, "finish_reason": finish, "logprobs": None,
        "message": {"role": "assistant", "content": None, **message},
    }  # fmt: skip
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_760_000_000,
        "model": "gpt-5-mini-2025-08-07", "choices": [choice], "usage": _CHAT_USAGE,
    }  # fmt: skip


def _tool_calls(*calls: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "id": i, "type": "function", "index": index,
            "function": {"name": n, "arguments": a if isinstance(a, str) else json.dumps(a)},
        }
        for index, (i, n, a) in enumerate(calls)
    ]  # fmt: skip


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_760_000_000,
        "model": "gpt-5-mini-2025-08-07",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }  # fmt: skip


def _chat_stream(*deltas: dict[str, Any], finish: str) -> list[Step]:
    told = {**_chunk({}), "choices": [], "usage": _CHAT_USAGE}
    chunks = [_chunk(delta) for delta in ({"role": "assistant", "content": ""}, *deltas)]
    return chunked(*sse(*chunks, _chunk({}, finish), told, "[DONE]", named=False))


CHAT = Vendor(
    model="openai-chat:gpt-5-mini", base="/v1",
    path="/v1/chat/completions", stream_path="/v1/chat/completions", usage=(30, 9, 10, 4, 0),
    text=lambda text: answer(_completion({"content": text})),
    text_stream=lambda p: _chat_stream(*({"content": piece} for piece in p), finish="stop"),
    calls=lambda *c: answer(_completion({"tool_calls": _tool_calls(*c)}, "tool_calls")),
    calls_stream=lambda *c: _chat_stream(
        *({"tool_calls": [one]} for one in _tool_calls(*c)), finish="tool_calls"
    ),
    cut=lambda p: chunked(*sse(*(_chunk({"content": x}) for x in p), named=False), end=False),
    form=lambda form: answer(_completion({"content": json.dumps(form)})),
)  # fmt: skip
COMPATIBLE = Vendor(**{**vars(CHAT), "model": "compatible:llama3.2"})


# Anthropic Messages: https://docs.anthropic.com/en/api/messages, 2026-11

_CLAUDE_USAGE = {
    "input_tokens": 15, "output_tokens": 9, "cache_read_input_tokens": 10,
    "cache_creation_input_tokens": 5,
}  # fmt: skip


def _claude(content: list[dict[str, Any]], stop: str | None = "end_turn") -> dict[str, Any]:
    return {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001",
        "content": content, "stop_reason": stop, "stop_sequence": None, "usage": _CLAUDE_USAGE,
    }  # fmt: skip


def _tool_use(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def _claude_events(blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> list[bytes]:
    begun = {**_claude([], None), "usage": {**_CLAUDE_USAGE, "output_tokens": 1}}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": d} for d in deltas]
        events.append({"type": "content_block_stop", "index": index})
    return sse(*events)


def _claude_end(stop: str) -> list[bytes]:
    delta = {"stop_reason": stop, "stop_sequence": None}
    return sse(
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    )


def _text_block(pieces: tuple[str, ...]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    return {"type": "text", "text": ""}, [{"type": "text_delta", "text": p} for p in pieces]


def _use_block(call: tuple[str, str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    raw = call[2] if isinstance(call[2], str) else json.dumps(call[2])
    parts = (raw[: len(raw) // 2], raw[len(raw) // 2 :])
    deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    return {**_tool_use(*call), "input": {}}, deltas


ANTHROPIC = Vendor(
    model="anthropic:claude-haiku-4-5", base="", path="/v1/messages",
    stream_path="/v1/messages", usage=(30, 9, 10, 0, 5),
    text=lambda text: answer(_claude([{"type": "text", "text": text}])),
    text_stream=lambda p: chunked(*_claude_events([_text_block(p)]), *_claude_end("end_turn")),
    calls=lambda *c: answer(_claude([_tool_use(*one) for one in c], "tool_use")),
    calls_stream=lambda *c: chunked(
        *_claude_events([_use_block(one) for one in c]), *_claude_end("tool_use")
    ),
    cut=lambda p: chunked(*_claude_events([_text_block(p)])[:-1], end=False),
    form=lambda form: answer(_claude([_tool_use("toolu_1", "Form", form)], "tool_use")),
)  # fmt: skip


# Bedrock Converse: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

_CONVERSE_USAGE = {
    "inputTokens": 15, "outputTokens": 9, "totalTokens": 39, "cacheReadInputTokens": 10,
    "cacheWriteInputTokens": 5,
}  # fmt: skip


def _converse(content: list[dict[str, Any]], stop: str = "end_turn") -> list[Step]:
    message = {"role": "assistant", "content": content}
    body = {"output": {"message": message}, "stopReason": stop, "usage": _CONVERSE_USAGE}
    return answer({**body, "metrics": {"latencyMs": 5}})


def _use(call_id: str, name: str, arguments: Any) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call_id, "name": name, "input": arguments}}


def _converse_text(pieces: tuple[str, ...]) -> list[bytes]:
    return [
        frame("messageStart", {"role": "assistant"}),
        *(
            frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": p}})
            for p in pieces
        ),
    ]


def _converse_calls(*calls: tuple[str, str, Any]) -> list[bytes]:
    made = [frame("messageStart", {"role": "assistant"})]
    for index, (call_id, name, arguments) in enumerate(calls):
        raw = arguments if isinstance(arguments, str) else json.dumps(arguments)
        start = {"toolUse": {"toolUseId": call_id, "name": name}}
        made.append(frame("contentBlockStart", {"contentBlockIndex": index, "start": start}))
        for part in (raw[: len(raw) // 2], raw[len(raw) // 2 :]):
            delta = {"contentBlockIndex": index, "delta": {"toolUse": {"input": part}}}
            made.append(frame("contentBlockDelta", delta))
        made.append(frame("contentBlockStop", {"contentBlockIndex": index}))
    return made


def _converse_stream(frames: list[bytes], stop: str) -> list[Step]:
    end = [
        frame("contentBlockStop", {"contentBlockIndex": 0}),
        frame("messageStop", {"stopReason": stop}),
        frame("metadata", {"usage": _CONVERSE_USAGE, "metrics": {"latencyMs": 5}}),
    ]
    return chunked(*frames, *end, kind=_AWS_STREAM)


_AWS_STREAM = "application/vnd.amazon.eventstream"
_CONVERSE_PATH = "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0"
BEDROCK = Vendor(
    model="bedrock:anthropic.claude-haiku-4-5-20251001-v1:0", base="",
    path=f"{_CONVERSE_PATH}/converse", stream_path=f"{_CONVERSE_PATH}/converse-stream",
    usage=(30, 9, 10, 0, 5),
    text=lambda text: _converse([{"text": text}]),
    text_stream=lambda p: _converse_stream(_converse_text(p), "end_turn"),
    calls=lambda *c: _converse([_use(*one) for one in c], "tool_use"),
    calls_stream=lambda *c: _converse_stream(_converse_calls(*c), "tool_use"),
    cut=lambda p: chunked(*_converse_text(p), kind=_AWS_STREAM, end=False),
    form=lambda form: _converse([_use("tooluse_1", "Form", form)], "tool_use"),
)  # fmt: skip

LOCAL = Vendor(**{**vars(CHAT), "model": "local:smollm2"})
VENDORS = [RESPONSES, CHAT, COMPATIBLE, ANTHROPIC, BEDROCK]
