"""A chat model of LangChain's that is the Run: a graph made with it asks what its run may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.frameworks.foreign import current_turn
from batuta.frameworks.langgraph.messages import from_library, to_library
from batuta.frameworks.terms import blocking, hosted, in_loop, model_settings, words_of

if TYPE_CHECKING:
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.runnables import Runnable

    from batuta.frameworks.foreign import ForeignTurn

ON_RUN = "batuta:run"
"""Marks its calls: they are on the run already."""


class RunChatModel(BaseChatModel):
    """Asks the model of the run that its graph works in: ``create_agent(RunChatModel(), …)``.

    The graph is then handed over as ``FrameworkAgent(agent=graph)``; elsewhere it cannot ask.
    """

    temperature: float | None = None
    max_tokens: int | None = None
    tags: list[str] | None = Field(default=[ON_RUN], exclude=True)

    @property
    def _llm_type(self) -> str:
        return "batuta"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools, as the library asks a chat model to."""
        made = [convert_to_openai_tool(tool) for tool in tools]
        return super().bind(tools=made, tool_choice=tool_choice, **kwargs)

    async def _agenerate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: Any, **kwargs: Any
    ) -> ChatResult:
        return await self._asked(current_turn(), messages, {"stop": stop, **kwargs})

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: Any, **kwargs: Any
    ) -> ChatResult:
        turn = current_turn()
        if in_loop():
            raise turn.ending(blocking(turn.terms.name))
        asked = self._asked(turn, messages, {"stop": stop, **kwargs})
        return asyncio.run_coroutine_threadsafe(asked, turn.loop).result()

    async def _asked(
        self, turn: ForeignTurn, messages: list[BaseMessage], options: Mapping[str, Any]
    ) -> ChatResult:
        settings = model_settings(
            {
                "temperature": self.temperature,
                "max_output_tokens": self.max_tokens,
                "stop": options.get("stop"),
                "tool_choice": _choice(options.get("tool_choice")),
                "parallel_tool_calls": options.get("parallel_tool_calls"),
            }
        )
        tools = tuple(_schema(tool, turn) for tool in options.get("tools") or ())
        said = from_library(messages, turn)
        most = settings.max_output_tokens
        reply = await turn.ask(ModelRequest(said, tools, None, most, settings))
        told = Message("assistant", words_of(reply), tool_calls=reply.tool_calls)
        made = cast("AIMessage", to_library([told])[0])
        used = reply.usage
        made.usage_metadata = {
            "input_tokens": used.input_tokens,
            "output_tokens": used.output_tokens,
            "total_tokens": used.total_tokens,
        }
        return ChatResult(generations=[ChatGeneration(message=made)])


def _schema(tool: Mapping[str, Any], turn: ForeignTurn) -> ToolSchema:
    if tool.get("type") != "function":
        raise turn.ending(hosted(turn.terms.name, str(tool.get("type"))))
    made: Mapping[str, Any] = tool["function"]
    nothing: dict[str, Any] = {"type": "object", "properties": {}}
    parameters: Mapping[str, Any] = made.get("parameters") or nothing
    return ToolSchema(made["name"], made.get("description") or "", parameters)


def _choice(wanted: Any) -> str | None:
    """Give what a tool must be called by, in our words."""
    if isinstance(wanted, Mapping):
        return cast("Mapping[str, Any]", wanted)["function"]["name"]
    if wanted is True or wanted == "any":
        return "required"
    return wanted if isinstance(wanted, str) and wanted != "auto" else None
