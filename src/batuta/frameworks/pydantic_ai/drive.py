"""One drive: a Pydantic AI agent for one message, run until there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic_ai import Agent, RunContext, Tool
from pydantic_ai.usage import UsageLimits

from batuta.frameworks.driving import Driving, at_work
from batuta.frameworks.pydantic_ai.messages import to_library
from batuta.frameworks.pydantic_ai.model import PydanticAIModel

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_NO_LIMIT = UsageLimits(request_limit=None)
"""The run's own budget stands before each call; the library's limits stand behind them."""


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the library run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run) as driving:
        given = to_library(driving.history())
        agent = _agent(driving)
        await agent.run(message_history=given, usage_limits=_NO_LIMIT, infer_name=False)
    return driving.result()


def _agent(driving: Driving) -> Agent[Any, str]:
    spec = driving.spec
    return Agent(
        PydanticAIModel(driving),
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
