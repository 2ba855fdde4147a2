"""Our messages as the contents of Google's GenAI SDK, which ADK speaks, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from google.genai import types

from batuta.core.message import Message, ToolCall

if TYPE_CHECKING:
    from batuta.frameworks.conversation import FrameworkConversation


def to_library(message: Message) -> types.Content:
    """Turn a message into a content."""
    calls = [
        types.Part(
            function_call=types.FunctionCall(id=call.id, name=call.name, args=dict(call.arguments))
        )
        for call in message.tool_calls
    ]
    said = [types.Part(text=message.text)] if message.text or not calls else []
    role = "model" if message.role == "assistant" else "user"
    return types.Content(role=role, parts=[*said, *calls])


def from_library(
    contents: Iterable[types.Content], driving: FrameworkConversation
) -> list[Message]:
    """Turn contents into messages: calls as the model made them, results as they came.

    The library puts the results of one turn into one content.
    """
    return [one for content in contents for one in _from_one(content, driving)]


def _from_one(content: types.Content, driving: FrameworkConversation) -> list[Message]:
    parts = content.parts or []
    results = [_result(part.function_response, driving) for part in parts if part.function_response]
    if results:
        return results
    calls = tuple(_call(part.function_call, driving) for part in parts if part.function_call)
    text = "".join(part.text or "" for part in parts)
    return [Message("assistant" if content.role == "model" else "user", text, tool_calls=calls)]


def _result(response: types.FunctionResponse, driving: FrameworkConversation) -> Message:
    told = str((response.response or {}).get("result", ""))
    text = driving.result_of(response.id or "", told)
    return Message("tool", text, call_id=response.id, name=response.name)


def _call(call: types.FunctionCall, driving: FrameworkConversation) -> ToolCall:
    made = driving.call_of(call.id or "")
    return made or ToolCall(call.id or "", call.name or "", call.args or {})
