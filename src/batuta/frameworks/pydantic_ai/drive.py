"""One drive: a Pydantic AI agent for one message, its graph stepped until there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from pydantic_ai import Agent, ModelRequestNode, RunContext, Tool
from pydantic_ai.tool_manager import ToolManager
from pydantic_ai.usage import UsageLimits
from pydantic_graph import End

from batuta.core.message import Message
from batuta.frameworks.driving import Driving
from batuta.frameworks.pydantic_ai.messages import to_library
from batuta.frameworks.pydantic_ai.model import PydanticAIModel

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_NO_LIMIT = UsageLimits(request_limit=None)
"""The run's own budget stands before each call; the library's limits stand behind them."""


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    driving = Driving(spec, messages, run)
    try:
        return driving.result(await _answer(driving))
    finally:
        await driving.settle()


async def _answer(driving: Driving) -> Message:
    """Step the library's graph until somebody has answered, or the turns are spent."""
    model = PydanticAIModel(driving)
    agent = _agent(driving, model)
    async with agent.iter(
        message_history=to_library(driving.history()), usage_limits=_NO_LIMIT, infer_name=False
    ) as graph:
        node: Any = graph.next_node
        while not isinstance(node, End):
            if driving.reply is not None:
                return driving.reply
            if isinstance(node, ModelRequestNode) and driving.turns == driving.spec.max_turns:
                return driving.stop()
            with ToolManager.parallel_execution_mode(
                "sequential" if driving.in_order else "parallel"
            ):
                node = await graph.next(cast("Any", node))
    return model.answered


def _agent(driving: Driving, model: PydanticAIModel) -> Agent[Any, str]:
    spec = driving.spec
    return Agent(
        model,
        name=spec.name,
        instructions=spec.instructions.text,
        # What a model does wrong is told to it turn by turn; the turns are what is limited.
        retries=spec.max_turns,
        tools=[
            Tool.from_schema(
                partial(_do, driving),
                name=offer.schema.name,
                description=offer.schema.description,
                json_schema=dict(offer.schema.parameters),
                takes_ctx=True,
            )
            for offer in driving.offers.values()
        ],
    )


async def _do(driving: Driving, place: RunContext[Any], **_: Any) -> str:
    return await driving.do(place.tool_call_id or "")
