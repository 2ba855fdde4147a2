"""Our messages as Pydantic AI's, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from batuta.core.message import Message, ToolCall

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelRequestPart, ModelResponsePart

    from batuta.frameworks.conversation import FrameworkConversation


def to_library(messages: Iterable[Message]) -> list[ModelMessage]:
    """Turn a conversation into requests and responses: what comes between two replies is one."""
    made: list[ModelMessage] = []
    for message in messages:
        if message.role == "assistant":
            made.append(ModelResponse(_response_parts(message)))
        elif made and isinstance(made[-1], ModelRequest):
            made[-1] = ModelRequest([*made[-1].parts, _request_part(message)])
        else:
            made.append(ModelRequest([_request_part(message)]))
    return made


def from_library(messages: Iterable[ModelMessage], driving: FrameworkConversation) -> list[Message]:
    """Turn the library's messages into ours: calls as the model made them, results as they came."""
    made: list[Message] = []
    for message in messages:
        if isinstance(message, ModelResponse):
            calls = [
                _call(part, driving) for part in message.parts if isinstance(part, ToolCallPart)
            ]
            said = Message("assistant", message.text or "", tool_calls=tuple(calls))
            made.append(driving.as_said(said))
        else:
            made += [one for part in message.parts for one in _messages(part, driving)]
    return made


def _response_parts(message: Message) -> list[ModelResponsePart]:
    calls = [ToolCallPart(call.name, dict(call.arguments), call.id) for call in message.tool_calls]
    return [TextPart(message.text), *calls] if message.text or not calls else [*calls]


def _request_part(message: Message) -> ModelRequestPart:
    if message.role == "tool":
        return ToolReturnPart(message.name or "", message.text, message.call_id or "")
    if message.role == "system":
        return SystemPromptPart(message.text)
    return UserPromptPart(message.text)


def _call(part: ToolCallPart, driving: FrameworkConversation) -> ToolCall:
    made = driving.call_of(part.tool_call_id)
    return made or ToolCall(part.tool_call_id, part.tool_name, part.args_as_dict())


def _messages(part: ModelRequestPart, driving: FrameworkConversation) -> list[Message]:
    if isinstance(part, ToolReturnPart):
        text = driving.result_of(part.tool_call_id, part.model_response_str())
        return [Message("tool", text, call_id=part.tool_call_id, name=part.tool_name)]
    if isinstance(part, SystemPromptPart):
        return [Message.system(part.content)]
    if isinstance(part, UserPromptPart):
        content = part.content
        return [Message.user(content if isinstance(content, str) else str(content))]
    return []
