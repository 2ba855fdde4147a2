"""One drive: an agent of the library's, made for one message and run until there is an answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from strands import Agent
from strands.agent.conversation_manager import NullConversationManager
from strands.models.model import Model
from strands.tools.executors import SequentialToolExecutor
from strands.types._events import ToolResultEvent
from strands.types.exceptions import EventLoopException
from strands.types.tools import AgentTool

from batuta.frameworks.driving import Driving, at_work
from batuta.frameworks.strands.messages import from_library, to_library

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import ToolSchema, Usage
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

SLICE = 100
"""Turns between two looks from outside: the library calls itself once more for each turn."""


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run, wrapped_in=(EventLoopException,)) as driving:
        agent = Agent(
            model=_RunModel(driving),
            messages=to_library(driving.history()),
            tools=[_Offered(offer.schema) for offer in driving.offers.values()],
            tool_executor=_OnOurRun(driving),
            callback_handler=None,  # its own prints every word
            conversation_manager=NullConversationManager(),
            retry_strategy=None,
        )
        result = await agent.invoke_async(None, limits={"turns": SLICE})
        while result.stop_reason == "limit_turns":
            result = await agent.invoke_async(None, limits={"turns": SLICE})
    return driving.result()


class DumbModel(Model):
    """What the library wants of a model beside its calls."""

    def update_config(self, **model_config: Any) -> None:
        """Have nothing to set: the run settles how a model is asked."""

    def get_config(self) -> dict[str, Any]:
        """Have nothing that was set."""
        return {}

    def structured_output(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: a typed answer is asked for by the run.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError

    async def count_tokens(self, *args: Any, **kwargs: Any) -> int:
        """Count nothing: the run's budget counts."""
        return 0


class _RunModel(DumbModel):
    """Asks through the run what the library asks."""

    def __init__(self, driving: Driving) -> None:
        self._driving = driving

    async def stream(self, messages: Any, *args: Any, **kwargs: Any) -> AsyncIterable[Any]:
        """Ask, and give the reply as the library's events."""
        # The run has what was used: what the library would count is counted once.
        for event in events_of(await self._driving.turn(from_library(messages, self._driving))):
            yield event


def events_of(said: Message, used: Usage | None = None) -> Iterator[Any]:
    """Give a model's message as the events of the library's stream."""
    yield {"messageStart": {"role": "assistant"}}
    if said.text or not said.tool_calls:
        yield {"contentBlockStart": {"start": {}}}
        yield {"contentBlockDelta": {"delta": {"text": said.text}}}
        yield {"contentBlockStop": {}}
    for call in said.tool_calls:
        written = json.dumps(dict(call.arguments), ensure_ascii=False)
        started = {"name": call.name, "toolUseId": call.id}
        yield {"contentBlockStart": {"start": {"toolUse": started}}}
        yield {"contentBlockDelta": {"delta": {"toolUse": {"input": written}}}}
        yield {"contentBlockStop": {}}
    yield {"messageStop": {"stopReason": "tool_use" if said.tool_calls else "end_turn"}}
    usage = {
        "inputTokens": used.input_tokens if used else 0,
        "outputTokens": used.output_tokens if used else 0,
        "totalTokens": used.total_tokens if used else 0,
    }
    yield {"metadata": {"usage": usage, "metrics": {"latencyMs": 0}}}


class _OnOurRun(SequentialToolExecutor):
    """Does a turn's calls through the run: the library's own makes results of all errors."""

    def __init__(self, driving: Driving) -> None:
        self._driving = driving

    async def _execute(
        self, agent: Any, tool_uses: list[Any], tool_results: list[Any], *args: Any, **kwargs: Any
    ) -> AsyncGenerator[Any, None]:
        ids: list[str] = [use["toolUseId"] for use in tool_uses]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._driving.do(call_id)) for call_id in ids]
        for call_id, task in zip(ids, tasks, strict=True):
            said = [{"text": task.result()}]
            result: Any = {"toolUseId": call_id, "status": "success", "content": said}
            tool_results.append(result)
            yield ToolResultEvent(result)


class _Offered(AgentTool):
    """What the library may know of something on offer."""

    def __init__(self, schema: ToolSchema) -> None:
        super().__init__()
        self._schema = schema

    @property
    def tool_name(self) -> str:
        """Its name."""
        return self._schema.name

    @property
    def tool_spec(self) -> Any:
        """Its name, description and parameters."""
        schema = self._schema
        return {
            "name": schema.name,
            "description": schema.description,
            "inputSchema": {"json": dict(schema.parameters)},
        }

    @property
    def tool_type(self) -> str:
        """What kind of tool the library takes it for."""
        return "python"

    def stream(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: the run does it.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError
