"""The SDK's model interface on our Run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from typing import TYPE_CHECKING, Any

from agents import FunctionTool, ModelResponse, ModelSettings, Usage
from agents.models.interface import Model
from openai.types.responses import (
    Response,
    ResponseCompletedEvent,
    ResponseFunctionToolCall,
    ResponseOutputItem,
    ResponseOutputMessage,
    ResponseOutputRefusal,
    ResponseOutputText,
    ResponseUsage,
)
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from batuta.core.ids import new_id
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, OutputSchema, ToolSchema
from batuta.core.model_settings import UNSET
from batuta.core.model_settings import ModelSettings as OurSettings
from batuta.frameworks.openai_agents.items import to_messages, written

if TYPE_CHECKING:
    from agents import TResponseInputItem

    from batuta.frameworks.driving import Driving
    from batuta.frameworks.foreign import ForeignTurn


class ForeignRunModel(Model):
    """Asks on the run whatever a user's own agent asks."""

    def __init__(self, turn: ForeignTurn) -> None:
        self._turn = turn

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask, and give the reply as the SDK's items.

        Raises:
            ModelError: No usable reply.
            BudgetExceeded: A limit would be passed.
        """
        asked = signature(Model.get_response).bind(self, *args, **kwargs).arguments
        reply = await self._turn.ask(_request(asked))
        output = _output(reply, reply.tool_calls)
        return ModelResponse(output=output, usage=_usage(reply), response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Ask on the one path; pieces of text reach the run's listener, not the SDK's stream."""
        return _streamed(self.get_response(*args, **kwargs))


class RunModel(Model):
    """Asks through the run whatever the SDK asks."""

    def __init__(self, driving: Driving) -> None:
        self._driving = driving

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """Ask, and give the reply as the SDK's items.

        Raises:
            ModelError: No usable reply.
            BudgetExceeded: A limit would be passed.
        """
        asked = signature(Model.get_response).bind(self, *args, **kwargs).arguments
        request = _request(asked)
        said = [self._driving.as_said(message) for message in request.messages]
        reply, calls = await self._driving.ask(replace(request, messages=said))
        if not calls:
            self._driving.answered = reply.answer()
        return ModelResponse(output=_output(reply, calls), usage=_usage(reply), response_id=None)

    def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """Ask on the one path; pieces of text reach the run's listener, not the SDK's stream."""
        return _streamed(self.get_response(*args, **kwargs))


async def _streamed(asked: Awaitable[ModelResponse]) -> AsyncIterator[Any]:
    made = await asked
    usage = made.usage
    response = Response(
        id=new_id("resp"),
        created_at=0,
        model="batuta",
        object="response",
        output=made.output,
        parallel_tool_calls=True,
        tool_choice="auto",
        tools=[],
        usage=ResponseUsage(
            input_tokens=usage.input_tokens,
            input_tokens_details=usage.input_tokens_details,
            output_tokens=usage.output_tokens,
            output_tokens_details=usage.output_tokens_details,
            total_tokens=usage.total_tokens,
        ),
    )
    yield ResponseCompletedEvent(type="response.completed", sequence_number=0, response=response)


def _request(asked: Mapping[str, Any]) -> ModelRequest:
    given: str | list[TResponseInputItem] = asked["input"]
    items: list[Any] = [{"role": "user", "content": given}] if isinstance(given, str) else given
    messages = to_messages(items)
    if asked["system_instructions"]:
        messages.insert(0, Message.system(asked["system_instructions"]))
    tools = tuple(
        ToolSchema(tool.name, tool.description, tool.params_json_schema)
        for tool in asked["tools"]
        if isinstance(tool, FunctionTool)
    )
    tools += tuple(
        ToolSchema(each.tool_name, each.tool_description, each.input_json_schema)
        for each in asked["handoffs"]
    )
    settings = _settings(asked["model_settings"])
    schema = asked["output_schema"]
    output = None
    if schema is not None and not schema.is_plain_text():
        output = OutputSchema(schema.name(), schema.json_schema())
    return ModelRequest(messages, tools, output, settings.max_output_tokens, settings)


def _settings(theirs: ModelSettings) -> OurSettings:
    """Turn the SDK's settings into ours; of those that it has of its own, none counts."""
    thoughts = theirs.reasoning
    given: dict[str, Any] = {
        "temperature": theirs.temperature,
        "top_p": theirs.top_p,
        "max_output_tokens": theirs.max_tokens,
        "parallel_tool_calls": theirs.parallel_tool_calls,
        "tool_choice": theirs.tool_choice if isinstance(theirs.tool_choice, str) else None,
        "verbosity": theirs.verbosity,
        "reasoning_effort": None if thoughts is None else thoughts.effort,
        "reasoning_summary": None if thoughts is None else thoughts.summary,
        "extra_headers": theirs.extra_headers,
        "extra_body": theirs.extra_body,
    }
    held = {name: value for name, value in given.items() if value is not None}
    return OurSettings(**held) if held else UNSET


def _output(reply: ModelReply, calls: Sequence[ToolCall]) -> list[ResponseOutputItem]:
    text = reply.text if calls else reply.answer().text
    if not text and reply.output is not None:
        text = json.dumps(dict(reply.output), ensure_ascii=False)
    items: list[ResponseOutputItem] = []
    if reply.stop_reason == "refused":
        refusal = ResponseOutputRefusal(refusal=text, type="refusal")
        items.append(_spoken(refusal))
    elif text or not calls:
        items.append(_spoken(ResponseOutputText(text=text, type="output_text", annotations=[])))
    items.extend(
        ResponseFunctionToolCall(
            type="function_call", call_id=call.id, name=call.name, arguments=written(call)
        )
        for call in calls
    )
    return items


def _spoken(content: ResponseOutputText | ResponseOutputRefusal) -> ResponseOutputMessage:
    return ResponseOutputMessage(
        id=new_id("msg"), type="message", role="assistant", status="completed", content=[content]
    )


def _usage(reply: ModelReply) -> Usage:
    used = reply.usage
    return Usage(
        requests=1,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        total_tokens=used.total_tokens,
        input_tokens_details=InputTokensDetails(
            cached_tokens=used.cached_tokens, cache_write_tokens=used.cache_write_tokens
        ),
        output_tokens_details=OutputTokensDetails(reasoning_tokens=used.reasoning_tokens),
    )
