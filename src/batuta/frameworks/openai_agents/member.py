"""An agent of the OpenAI Agents SDK as a member: with our model, its tools' calls on our Run."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from copy import copy
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from agents import Agent, FunctionTool, Handoff, ModelSettings, RunConfig, Runner, handoff
from agents.models import get_default_model_settings

from batuta.errors import ConfigError
from batuta.frameworks.openai_agents.items import to_items
from batuta.frameworks.openai_agents.model import ForeignRunModel
from batuta.frameworks.terms import hosted

if TYPE_CHECKING:
    from agents import TResponseInputItem
    from agents.tool_context import ToolContext

    from batuta.frameworks.foreign import ForeignTurn

Invoke = Callable[[Any, str], Awaitable[Any]]


def name_of(agent: Any) -> str:
    """Give the agent's own name."""
    return agent.name


def check(agent: Any) -> None:
    """See that everything it may do can be seen here.

    Raises:
        ConfigError: It is no agent, or has a tool that is done elsewhere.
    """
    if not isinstance(agent, Agent):
        raise ConfigError(f"A {type(agent).__name__} is no agent", "Hand over the Agent itself.")
    found: list[Agent[Any]] = [cast("Agent[Any]", agent)]
    for each in found:
        for tool in each.tools:
            if not isinstance(tool, FunctionTool):
                raise hosted(each.name, tool.name)
        if each.mcp_servers:
            raise ConfigError(
                f"Agent {each.name} has MCP servers, whose tools would be called unseen",
                "Give them to an agent of ours: batuta.mcp_tools connects to servers.",
            )
        others = [one for one in each.handoffs if isinstance(one, Agent)]
        found += [one for one in others if one not in found]


async def answer(agent: Agent[Any], turn: ForeignTurn) -> Any:
    """Let the SDK run it, and a person say what its tools need a yes for."""
    copied = _Copies(turn).of(agent)
    asked: Any = cast("list[TResponseInputItem]", to_items(turn.history()))
    config = RunConfig(
        model=ForeignRunModel(turn),
        tracing_disabled=True,
        trace_include_sensitive_data=False,
    )
    while True:
        result: Any = await Runner.run(
            copied, asked, context=turn.context, max_turns=None, run_config=config
        )
        if not result.interruptions:
            return result.final_output
        asked = result.to_state()
        for wanted in result.interruptions:
            if await turn.permitted(wanted.name, json.loads(wanted.arguments or "{}")):
                asked.approve(wanted)
            else:
                asked.reject(wanted)


class _Copies:
    """Agents of one run, each a copy whose tools are ours: those of the user stay as they are."""

    def __init__(self, turn: ForeignTurn) -> None:
        self._turn = turn
        self._made: dict[int, Agent[Any]] = {}

    def of(self, agent: Agent[Any]) -> Agent[Any]:
        """Copy an agent, and those that it may hand over to."""
        known = self._made.get(id(agent))
        if known is not None:
            return known
        check(agent)
        model = agent.model if isinstance(agent.model, str) else None
        implied = agent.model_settings == get_default_model_settings(model)
        copied = copy(agent)
        self._made[id(agent)] = copied
        if implied:  # of the model that it does not run with here
            copied.model_settings = ModelSettings()
        copied.tools = [self._tool(tool) for tool in agent.tools if isinstance(tool, FunctionTool)]
        copied.handoffs = [self._handoff(one) for one in agent.handoffs]
        return copied

    def _tool(self, tool: FunctionTool) -> FunctionTool:
        copied = copy(tool)
        copied.on_invoke_tool = partial(self._use, tool)
        return copied

    async def _use(self, tool: FunctionTool, place: ToolContext[Any], written: str) -> Any:
        async def work(arguments: dict[str, Any]) -> Any:
            same = arguments == given
            return await tool.on_invoke_tool(place, written if same else json.dumps(arguments))

        given = json.loads(written or "{}")
        return await self._turn.use(tool.name, given, work)

    def _handoff(self, one: Agent[Any] | Handoff[Any, Any]) -> Handoff[Any, Any]:
        copied = copy(handoff(one) if isinstance(one, Agent) else one)
        copied.on_invoke_handoff = partial(self._hand_over, copied.on_invoke_handoff)
        return copied

    async def _hand_over(self, invoke: Invoke, place: Any, written: str) -> Agent[Any]:
        following = await invoke(place, written)
        self._turn.decide(f"handoff to {following.name}")
        return await self._turn.must(self._copy(following))

    async def _copy(self, agent: Agent[Any]) -> Agent[Any]:
        return self.of(agent)
