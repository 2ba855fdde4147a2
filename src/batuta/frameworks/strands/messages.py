"""Our messages as Strands Agents', and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from batuta.core.message import Message, ToolCall

if TYPE_CHECKING:
    from batuta.frameworks.conversation import FrameworkConversation

Theirs = Mapping[str, Any]


def to_library(messages: Iterable[Message]) -> list[Any]:
    """Turn a conversation into the library's messages, which know a user and an assistant only."""
    return [_to_one(message) for message in messages]


def from_library(messages: Iterable[Theirs], driving: FrameworkConversation) -> list[Message]:
    """Turn the library's messages into ours: calls as the model made them, results as they came.

    The library puts the results of one turn into one message.
    """
    return [one for message in messages for one in _from_one(message, driving)]


def _to_one(message: Message) -> Theirs:
    if message.role == "tool":
        result = {
            "toolUseId": message.call_id,
            "status": "success",
            "content": [{"text": message.text}],
        }
        return {"role": "user", "content": [{"toolResult": result}]}
    content: list[Theirs] = []
    if message.text or not message.tool_calls:
        content.append({"text": message.text})
    content += [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": dict(call.arguments)}}
        for call in message.tool_calls
    ]
    return {"role": "assistant" if message.role == "assistant" else "user", "content": content}


def _from_one(message: Theirs, driving: FrameworkConversation) -> list[Message]:
    blocks: list[Theirs] = message["content"]
    results = [_result(one["toolResult"], driving) for one in blocks if "toolResult" in one]
    if results:
        return results
    calls = tuple(_call(one["toolUse"], driving) for one in blocks if "toolUse" in one)
    text = "".join(one.get("text") or "" for one in blocks)
    return [Message(message["role"], text, tool_calls=calls)]


def _result(result: Theirs, driving: FrameworkConversation) -> Message:
    call_id = result["toolUseId"]
    made = driving.call_of(call_id)
    told = "".join(part.get("text") or "" for part in result["content"])
    text = driving.result_of(call_id, told)
    return Message("tool", text, call_id=call_id, name=made.name if made else None)


def _call(use: Theirs, driving: FrameworkConversation) -> ToolCall:
    made = driving.call_of(use["toolUseId"])
    return made or ToolCall(use["toolUseId"], use["name"], use["input"])
