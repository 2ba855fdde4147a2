"""An agent of Strands' as a member: a copy for each message, with our model and its own tools."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, cast

from strands import Agent
from strands.agent._agent_as_tool import _AgentAsTool
from strands.types._events import ToolResultEvent
from strands.types.tools import AgentTool

from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.errors import ConfigError
from batuta.frameworks.foreign import ForeignTurn, Refusal
from batuta.frameworks.strands.drive import SLICE, DumbModel, events_of
from batuta.frameworks.strands.messages import from_library, to_library
from batuta.frameworks.terms import model_settings, words_of

if TYPE_CHECKING:
    from strands.types.tools import ToolUse

_UNNAMED = "Strands Agents"


def name_of(agent: Any) -> str:
    """Give the agent's own name."""
    return "" if agent.name == _UNNAMED else agent.name


def check(agent: Any) -> None:
    """See that everything it may do can be seen here.

    Raises:
        ConfigError: It is no agent, or it has another one as a tool.
    """
    if not isinstance(agent, Agent):
        raise ConfigError(f"A {type(agent).__name__} is no agent", "Hand over the Agent itself.")
    for name, tool in agent.tool_registry.registry.items():
        if isinstance(tool, _AgentAsTool):
            raise ConfigError(
                f"Agent {agent.name} has agent {name} as a tool, which would ask its own model",
                "Make each a member, such as specialists of a manager.",
            )


async def answer(agent: Any, turn: ForeignTurn) -> Any:
    """Let the framework run it.

    Raises:
        ConfigError: It stopped for a person.
    """
    theirs = cast("Any", agent)
    copied: Any = Agent(
        model=_ForeignModel(turn),
        messages=to_library(turn.history()),
        tools=[_Seen(tool, turn) for tool in theirs.tool_registry.registry.values()],
        system_prompt=theirs.system_prompt_content,
        structured_output_model=vars(agent)["_default_structured_output_model"],
        callback_handler=None,  # its own prints every word
        conversation_manager=copy(theirs.conversation_manager),
        name=theirs.name,
        description=theirs.description,
        state=theirs.state.get(),
        tool_executor=theirs.tool_executor,
    )
    copied.hooks = theirs.hooks
    state = _state(turn)
    result = await copied.invoke_async(None, invocation_state=state, limits={"turns": SLICE})
    while result.stop_reason == "limit_turns":
        result = await copied.invoke_async(None, invocation_state=state, limits={"turns": SLICE})
    if result.stop_reason == "interrupt":
        raise ConfigError(
            f"Agent {turn.terms.name} stops for a person by an interrupt of its own",
            "Let a hook here ask a person instead: it waits, and the run with it.",
        )
    return str(result).strip() if result.structured_output is None else result.structured_output


def _state(turn: ForeignTurn) -> dict[str, Any]:
    context = turn.context
    if context is None:
        return {}
    return dict(cast("Any", context)) if isinstance(context, Mapping) else {"context": context}


class _ForeignModel(DumbModel):
    """Asks on the run whatever the framework asks."""

    def __init__(self, turn: ForeignTurn) -> None:
        self._turn = turn

    async def stream(
        self, messages: Any, tool_specs: Any = None, system_prompt: str | None = None, **kwargs: Any
    ) -> AsyncIterable[Any]:
        """Ask, and give the reply as the framework's events."""
        said = from_library(messages, self._turn)
        if system_prompt:
            said.insert(0, Message.system(system_prompt))
        tools = tuple(
            ToolSchema(each["name"], each["description"], each["inputSchema"]["json"])
            for each in tool_specs or ()
        )
        choice: Mapping[str, Any] = kwargs.get("tool_choice") or {}
        named = choice["tool"]["name"] if "tool" in choice else None
        settings = model_settings({"tool_choice": "required" if "any" in choice else named})
        reply = await self._turn.ask(ModelRequest(said, tools, None, None, settings))
        told = Message("assistant", words_of(reply), tool_calls=reply.tool_calls)
        for event in events_of(told, reply.usage):
            yield event


class _Seen(AgentTool):
    """A tool of the framework's whose calls are uses of a tool here."""

    def __init__(self, tool: AgentTool, turn: ForeignTurn) -> None:
        super().__init__()
        self._tool = tool
        self._turn = turn

    @property
    def tool_name(self) -> str:
        """Its name."""
        return self._tool.tool_name

    @property
    def tool_spec(self) -> Any:
        """Its name, description and parameters."""
        return self._tool.tool_spec

    @property
    def tool_type(self) -> str:
        """What kind of tool it is."""
        return self._tool.tool_type

    async def stream(
        self, tool_use: ToolUse, invocation_state: dict[str, Any], **kwargs: Any
    ) -> Any:
        """Do it by the framework, within the use; only its result is passed on."""
        ended: list[Any] = []

        async def work(arguments: dict[str, Any]) -> Any:
            use: Any = {**tool_use, "input": arguments}
            async for event in self._tool.stream(use, invocation_state, **kwargs):
                ended[:] = [event]
            error = ended[0].exception if isinstance(ended[0], ToolResultEvent) else None
            if error is not None:
                raise error
            return _plain(ended[0])

        given: Any = tool_use["input"]
        told = await self._turn.use(self.tool_name, given, work)
        if isinstance(told, Refusal):
            said = [{"text": str(told)}]
            result: Any = {"toolUseId": tool_use["toolUseId"], "status": "error", "content": said}
            yield ToolResultEvent(result)
        else:
            yield ended[0] if ended else ToolResultEvent(_result(tool_use, told))


def _plain(event: Any) -> Any:
    """Give what a tool gave as it is to be recorded."""
    content: list[Any] = event.tool_result["content"] if isinstance(event, ToolResultEvent) else []
    return content[0].get("text", content[0].get("json")) if len(content) == 1 else content


def _result(tool_use: ToolUse, recorded: Any) -> Any:
    text = recorded if isinstance(recorded, str) else json.dumps(recorded, default=str)
    return {
        "toolUseId": tool_use["toolUseId"],
        "status": "success",
        "content": [{"text": text}],
    }
