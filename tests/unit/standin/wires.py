"""Requests of each vendor's, replies to put on their wires, and what a stream says."""

from __future__ import annotations

import json
from typing import Any

from batuta.core.message import ToolCall
from batuta.core.model import ModelReply, Usage
from batuta.standin import (
    anthropic_messages,
    bedrock_converse,
    openai_chat,
    openai_responses,
)
from batuta.standin.formats import ClientRequest, Stamp, WireEvent, WireFormat, said_by
from batuta.standin.frames import json_bytes
from batuta.standin.json_node import JsonNode

STAMP = Stamp("id_1", 1_764_000_000, "scripted:lines", lambda: 7)
USAGE = Usage(120, 30, cached_tokens=100, reasoning_tokens=12, cache_write_tokens=8)
CALLS = (
    ToolCall("call_1", "find_slots", {"date": "2025-11-21", "who": "Zoë 🎾"}),
    ToolCall("call_2", "book_slot", {"slot_id": "A-15"}),
)
TEXT = ModelReply("Hello Zoë 🎾.", usage=USAGE)
WISHES = ModelReply("One moment.", CALLS, usage=USAGE, stop_reason="tool_calls")
BARE_WISH = ModelReply("", CALLS[:1], stop_reason="tool_calls")
FORM = ModelReply("", output={"date": "2025-11-21"}, usage=USAGE)
CUT = ModelReply("Hello and", stop_reason="length", usage=USAGE)
REFUSED = ModelReply("I may not say that.", stop_reason="refused", usage=USAGE)
EMPTY = ModelReply("")
BROKEN = ModelReply(
    "", (ToolCall("call_1", "find_slots", {}, '{"date": 2025-'),), stop_reason="tool_calls"
)
REPLIES = {
    "text": TEXT,
    "wishes": WISHES,
    "bare wish": BARE_WISH,
    "form": FORM,
    "cut": CUT,
    "refused": REFUSED,
    "empty": EMPTY,
}
DAY = {"type": "object", "properties": {"date": {"type": "string"}}, "required": ["date"]}
STRICT_DAY = {**DAY, "additionalProperties": False}


def chat(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "hi"}], **more}


def responses(**more: Any) -> dict[str, Any]:
    return {"model": "gpt-5-mini", "input": "hi", **more}


def messages(**more: Any) -> dict[str, Any]:
    talk = [{"role": "user", "content": "hi"}]
    return {"model": "claude-haiku-4-5", "max_tokens": 99, "messages": talk, **more}


def converse(**more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": "hi"}]}], **more}


FORMATS: dict[str, tuple[WireFormat, dict[str, Any]]] = {
    "chat": (openai_chat.FORMAT, chat()),
    "responses": (openai_responses.FORMAT, responses()),
    "messages": (anthropic_messages.FORMAT, messages()),
    "converse": (bedrock_converse.FORMAT, converse()),
}


def asked(form: WireFormat, body: Any, how: str = "converse") -> ClientRequest:
    return form.read(JsonNode(body), {"model": "claude-haiku-4-5", "how": how})


def whole(form: WireFormat, body: Any, reply: ModelReply) -> Any:
    question = asked(form, body)
    return sent(form.whole(question, STAMP, said_by(question, reply)))


def told(form: WireFormat, body: Any, reply: ModelReply) -> list[WireEvent]:
    """What a stream of the reply says, its text in two pieces; a refusal is told at the end."""
    question = asked(form, body)
    said = said_by(question, reply)
    telling = form.telling(question, STAMP)
    events = telling.begin()
    if said.stop_reason != "refused":
        half = len(said.text) // 2
        for piece in filter(None, (said.text[:half], said.text[half:])):
            events += telling.text(piece)
    return [WireEvent(name, sent(payload)) for name, payload in (*events, *telling.end(said))]


def sent(payload: Any) -> Any:
    """The payload as it comes out of the wire."""
    return json.loads(json_bytes(payload))
