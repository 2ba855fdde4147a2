"""Our messages as items of the Responses format, which the SDK speaks, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, cast

from batuta.core.message import Message, Role, ToolCall

Item = Mapping[str, Any]
_ROLES: Mapping[str, Role] = {"system": "system", "developer": "system", "assistant": "assistant"}


def to_items(messages: Iterable[Message]) -> list[dict[str, Any]]:
    """Turn a conversation into items: one for each text, call and result."""
    items: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool":
            items.append(
                {
                    "type": "function_call_output",
                    "call_id": message.call_id or "",
                    "output": message.text,
                }
            )
            continue
        if message.text or not message.tool_calls:
            items.append({"role": message.role, "content": message.text})
        items.extend(
            {
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": written(call),
            }
            for call in message.tool_calls
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
