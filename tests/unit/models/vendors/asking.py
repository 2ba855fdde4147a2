"""Asks a vendor's model that a server on loopback answers for, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, ToolSchema, ignore
from tests.unit.models.vendors.socket_server import Asked, Step, answer, chunked, serving, sse
from tests.unit.models.vendors.wires import Vendor

DAY = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
LOOK = ToolSchema("look", "Look.", DAY)
TALK = [Message.system("Be brief."), Message.user("Is a court free?")]
WISH = ModelRequest(TALK, (LOOK,))


class Heard(NamedTuple):
    reply: ModelReply
    pieces: list[str]
    asked: list[Asked]


async def heard(
    vendor: Vendor,
    *answers: list[Step],
    request: ModelRequest = WISH,
    streamed: bool = False,
    times: int = 1,
) -> Heard:
    """Ask, and give the last reply with what was streamed of it."""
    pieces: list[str] = []
    async with serving(*answers) as server:
        model = vendor.make(server.url)
        try:
            for _ in range(times - 1):
                await model.reply(request, (lambda _: None) if streamed else ignore)
            reply = await model.reply(request, pieces.append if streamed else ignore)
        finally:
            await model.aclose()
    return Heard(reply, pieces, server.asked)


def completion(message: dict[str, Any], finish: Any = "stop", **more: Any) -> list[Step]:
    """A whole answer of Chat Completions."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    return answer({"id": "c", "model": "m-1", "choices": [choice], **more})


def deltas(
    *pieces: dict[str, Any], finish: Any = "stop", done: bool = True, **more: Any
) -> list[Step]:
    """A stream of Chat Completions; each piece is a delta."""
    chunks = [
        {"id": "c", "model": "m-1", "choices": [{"index": 0, "delta": one}]} for one in pieces
    ]
    end: list[Any] = []
    if finish is not None:
        choice = {"index": 0, "delta": {}, "finish_reason": finish}
        end.append({"id": "c", "model": "m-1", "choices": [choice], **more})
    return chunked(*sse(*chunks, *end, *(["[DONE]"] if done else []), named=False))


def raw(*blocks: bytes) -> list[Step]:
    """A stream of these bytes."""
    return chunked(*blocks)


def calls_of(reply: ModelReply) -> Sequence[tuple[str, dict[str, Any]]]:
    """Name and arguments of each call."""
    assert all(call.invalid is None for call in reply.tool_calls), reply.tool_calls
    return [(call.name, json.loads(json.dumps(call.arguments))) for call in reply.tool_calls]
