"""Our messages as LangChain's, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages import ToolCall as TheirCall

from batuta.core.message import Message, ToolCall

if TYPE_CHECKING:
    from batuta.frameworks.conversation import FrameworkConversation


def to_library(messages: Iterable[Message]) -> list[BaseMessage]:
    """Turn a conversation into the library's messages."""
    return [_to_one(message) for message in messages]


def from_library(messages: Iterable[BaseMessage], driving: FrameworkConversation) -> list[Message]:
    """Turn the library's messages into ours: calls as the model made them, results as they came."""
    return [_from_one(message, driving) for message in messages]


def _to_one(message: Message) -> BaseMessage:
    if message.role == "tool":
        call_id, name = message.call_id or "", message.name or ""
        return ToolMessage(message.text, tool_call_id=call_id, name=name)
    if message.role == "system":
        return SystemMessage(message.text)
    if message.role == "assistant":
        calls = [
            TheirCall(name=call.name, args=dict(call.arguments), id=call.id, type="tool_call")
            for call in message.tool_calls
        ]
        return AIMessage(message.text, tool_calls=calls)
    return HumanMessage(message.text)


def _from_one(message: BaseMessage, driving: FrameworkConversation) -> Message:
    if isinstance(message, ToolMessage):
        text = driving.result_of(message.tool_call_id, message.text)
        return Message("tool", text, call_id=message.tool_call_id, name=message.name)
    if isinstance(message, AIMessage):
        calls = tuple(_call(call, driving) for call in message.tool_calls)
        return Message("assistant", message.text, tool_calls=calls)
    return Message("system" if isinstance(message, SystemMessage) else "user", message.text)


def _call(call: TheirCall, driving: FrameworkConversation) -> ToolCall:
    made = driving.call_of(call["id"] or "")
    return made or ToolCall(call["id"] or "", call["name"], call["args"])
