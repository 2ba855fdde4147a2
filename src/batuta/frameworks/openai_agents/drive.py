"""One drive: an SDK agent made for one message, its Runner turned until there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from agents import (
    Agent,
    AgentsException,
    FunctionTool,
    ModelSettings,
    RunConfig,
    Runner,
    ToolsToFinalOutputResult,
)
from agents.run_error_handlers import RunErrorHandlerResult

from batuta.frameworks.driving import Driving, at_work, current
from batuta.frameworks.openai_agents.items import to_items
from batuta.frameworks.openai_agents.model import RunModel

if TYPE_CHECKING:
    from agents import FunctionToolResult, RunContextWrapper, TResponseInputItem
    from agents.run_config import ToolErrorFormatterArgs
    from agents.run_error_handlers import RunErrorHandlerInput
    from agents.tool_context import ToolContext

    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec


async def drive(spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
    """Let the SDK run the agent.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    async with at_work(spec, messages, run, wrapped_in=(AgentsException,)) as driving:
        given = cast("list[TResponseInputItem]", to_items(driving.history()))
        await Runner.run(
            _agent(driving),
            given,
            max_turns=spec.max_turns,
            run_config=_config(),
            error_handlers={"max_turns": _stop, "model_refusal": _refused},
        )
    return driving.result()


def _agent(driving: Driving) -> Agent[Any]:
    return Agent(
        name=driving.spec.name,
        instructions=driving.spec.instructions.text,
        model=RunModel(driving),
        model_settings=ModelSettings(),
        tools=[
            FunctionTool(
                name=offer.schema.name,
                description=offer.schema.description,
                params_json_schema=dict(offer.schema.parameters),
                on_invoke_tool=_invoke,
                strict_json_schema=False,
            )
            for offer in driving.offers.values()
        ],
        tool_use_behavior=_after_tools,
    )


@cache
def _config() -> RunConfig:
    return RunConfig(
        tracing_disabled=True,
        trace_include_sensitive_data=False,
        tool_not_found_behavior="return_error_to_model",
        tool_error_formatter=_unknown,
    )


async def _invoke(place: ToolContext[Any], _: str) -> str:
    return await current().do(place.tool_call_id)


def _after_tools(
    _: RunContextWrapper[Any], __: list[FunctionToolResult]
) -> ToolsToFinalOutputResult:
    """End the SDK's loop where somebody else has answered the user."""
    reply = current().reply
    if reply is None:
        return ToolsToFinalOutputResult(is_final_output=False)
    return ToolsToFinalOutputResult(is_final_output=True, final_output=reply.text)


def _unknown(fault: ToolErrorFormatterArgs[Any]) -> str | None:
    """Word the result of a call to a tool that is not there."""
    if fault.kind != "tool_not_found":
        return None
    return current().result_of(fault.call_id, "")


def _stop(_: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
    driving = current()
    driving.answered = driving.stop()
    return RunErrorHandlerResult(driving.answered.text, include_in_history=False)


def _refused(_: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
    """Give a refusal's own words as the answer."""
    return RunErrorHandlerResult(current().answered.text, include_in_history=False)
