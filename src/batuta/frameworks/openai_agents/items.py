"""Our messages as items of the Responses format, which the SDK speaks, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from batuta.core.ids import new_id
from batuta.core.message import Message, Role, ToolCall, VendorPart

Item = Mapping[str, Any]
_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}


class CallIds:
    """Gives every tool call of a conversation an id of its own: the model's, where it is free.

    The SDK drops or refuses a second call under an id that it has seen, and there are models that
    count their calls from 1 in every reply.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str) -> str:
        """Give the id wanted, or one made of it."""
        wanted = wanted or new_id("call")
        made, number = wanted, 1
        while made in self._taken:
            number += 1
            made = f"{wanted}_{number}"
        self._taken.add(made)
        return made


class CallNotes:
    """Remembers what items cannot hold of a turn's calls: what was cut, what the vendor wants back.

    ``cut_answer`` says that the last answer was cut off.
    """

    def __init__(self) -> None:
        self._parts: dict[str, tuple[VendorPart, ...]] = {}
        self.cut: set[str] = set()
        self.cut_answer = False

    def take(self, calls: Sequence[ToolCall], parts: tuple[VendorPart, ...]) -> None:
        """Note a turn, whose calls have the ids of their items."""
        if calls and parts:
            self._parts[calls[0].id] = parts
        self.cut |= {call.id for call in calls if call.cut}

    def restored(self, messages: Iterable[Message]) -> list[Message]:
        """Give messages that were made of items with what was noted of them."""
        return [self._restored(one) if one.tool_calls else one for one in messages]

    def _restored(self, message: Message) -> Message:
        calls = [replace(call, cut=call.id in self.cut) for call in message.tool_calls]
        return replace(message, tool_calls=tuple(calls), parts=self._parts.get(calls[0].id, ()))


def to_items(
    messages: Iterable[Message], ids: CallIds, notes: CallNotes | None = None
) -> list[dict[str, Any]]:
    """Turn a conversation into items: one for each text, call and result."""
    notes = notes or CallNotes()
    items: list[dict[str, Any]] = []
    known: dict[str, str] = {}
    for message in messages:
        if message.role == "tool":
            wanted = message.call_id or ""
            call_id = known.get(wanted, wanted)
            items.append(
                {"type": "function_call_output", "call_id": call_id, "output": message.text}
            )
            continue
        if message.text or not message.tool_calls:
            items.append({"role": message.role, "content": message.text})
        placed = [replace(call, id=ids.take(call.id)) for call in message.tool_calls]
        notes.take(placed, message.parts)
        for call, its in zip(message.tool_calls, placed, strict=True):
            known[call.id] = its.id
            items.append(
                {
                    "type": "function_call",
                    "call_id": known[call.id],
                    "name": call.name,
                    "arguments": written(call),
                }
            )
    return items


def to_messages(items: Iterable[Item]) -> list[Message]:
    """Turn items into messages: the calls of one turn, and the text before them, are one."""
    messages: list[Message] = []
    names: dict[str, str] = {}
    for item in items:
        kind = item.get("type")
        if kind == "function_call":
            call = read(item["arguments"], name=item["name"], call_id=item["call_id"])
            names[call.id] = call.name
            if not messages or messages[-1].role != "assistant":
                messages.append(Message("assistant"))
            messages[-1] = replace(messages[-1], tool_calls=(*messages[-1].tool_calls, call))
        elif kind == "function_call_output":
            call_id = item["call_id"]
            text = _text(item["output"])
            messages.append(Message("tool", text, call_id=call_id, name=names.get(call_id)))
        elif "role" in item:
            role = _ROLES.get(item["role"], "user")
            messages.append(Message(role, _text(item["content"])))
    return messages


def written(call: ToolCall) -> str:
    """Write a call's arguments as the model did: malformed ones stay as they are."""
    if call.invalid is not None:
        return call.invalid
    return json.dumps(dict(call.arguments), ensure_ascii=False)


def read(arguments: str, *, name: str = "", call_id: str = "") -> ToolCall:
    """Read arguments that a model wrote; what is no JSON object becomes ``invalid``."""
    try:
        parsed = json.loads(arguments)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return ToolCall(call_id, name, cast("dict[str, Any]", parsed))
    return ToolCall(call_id, name, {}, arguments)


def _text(content: str | Iterable[Item]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)
