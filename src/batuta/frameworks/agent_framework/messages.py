"""Our messages as the Microsoft Agent Framework's, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agent_framework import Content
from agent_framework import Message as TheirMessage

from batuta.core.message import Message, ToolCall

if TYPE_CHECKING:
    from batuta.core.message import Role
    from batuta.frameworks.conversation import FrameworkConversation

_ROLES: dict[str, Role] = {"system": "system", "assistant": "assistant"}


def to_library(messages: Iterable[Message]) -> list[TheirMessage]:
    """Turn a conversation into the library's messages."""
    return [_to_one(message) for message in messages]


def from_library(messages: Iterable[TheirMessage], driving: FrameworkConversation) -> list[Message]:
    """Turn the library's messages into ours: calls as the model made them, results as they came.

    The library puts the results of one turn into one message.
    """
    return [one for message in messages for one in _from_one(message, driving)]


def _to_one(message: Message) -> TheirMessage:
    if message.role == "tool":
        result = Content.from_function_result(message.call_id or "", result=message.text)
        return TheirMessage("tool", [result], author_name=message.name)
    calls = [
        Content.from_function_call(call.id, call.name, arguments=dict(call.arguments))
        for call in message.tool_calls
    ]
    said = [message.text] if message.text or not calls else []
    return TheirMessage(message.role, [*said, *calls])


def _from_one(message: TheirMessage, driving: FrameworkConversation) -> list[Message]:
    if message.role == "tool":
        return [_result(one, driving) for one in message.contents if one.type == "function_result"]
    calls = tuple(_call(one, driving) for one in message.contents if one.type == "function_call")
    role = _ROLES.get(message.role, "user")
    return [Message(role, message.text, tool_calls=calls)]


def _result(content: Content, driving: FrameworkConversation) -> Message:
    call_id = content.call_id or ""
    made = driving.call_of(call_id)
    text = driving.result_of(call_id, str(content.result or ""))
    return Message("tool", text, call_id=call_id, name=made.name if made else None)


def _call(content: Content, driving: FrameworkConversation) -> ToolCall:
    made = driving.call_of(content.call_id or "")
    arguments = content.parse_arguments() or {}
    return made or ToolCall(content.call_id or "", content.name or "", arguments)
