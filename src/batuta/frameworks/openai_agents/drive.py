"""One drive: an SDK agent made for one message, its Runner turned until there is an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from agents import (
    Agent,
    AgentsException,
    FunctionTool,
    ModelSettings,
    RunConfig,
    Runner,
    ToolExecutionConfig,
    ToolsToFinalOutputResult,
)
from agents.run_error_handlers import RunErrorHandlerResult

from batuta.core.message import Message
from batuta.frameworks.driving import Driving
from batuta.frameworks.openai_agents.items import to_items
from batuta.frameworks.openai_agents.model import RunModel

if TYPE_CHECKING:
    from agents import FunctionToolResult, RunContextWrapper, TResponseInputItem
    from agents.run_config import ToolErrorFormatterArgs
    from agents.run_error_handlers import RunErrorHandlerInput
    from agents.tool_context import ToolContext

    from batuta.core.message import ToolCall
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec


class Drive(Driving):
    """What the SDK's callbacks share while it drives one agent."""

    def __init__(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> None:
        super().__init__(spec, messages, run)
        self._model = RunModel(self)
        self._execution = ToolExecutionConfig()

    async def answer(self) -> LoopResult:
        """Let the SDK run the agent.

        Raises:
            BatutaError: As the run's own ask, use and call raise them.
        """
        given = cast("list[TResponseInputItem]", to_items(self.history()))
        try:
            await Runner.run(
                self._agent(),
                given,
                max_turns=self.spec.max_turns,
                run_config=self._config(),
                error_handlers={"max_turns": self._stop, "model_refusal": self._refused},
            )
        except AgentsException:
            # The SDK puts what a tool raises into an error of its own.
            if self.failure is None:
                raise
        finally:
            await self.settle()
        if self.failure is not None:
            raise self.failure
        return self.result(self.reply or self._model.answered)

    def _agent(self) -> Agent[Any]:
        return Agent(
            name=self.spec.name,
            instructions=self.spec.instructions.text,
            model=self._model,
            model_settings=ModelSettings(),
            tools=[
                FunctionTool(
                    name=offer.schema.name,
                    description=offer.schema.description,
                    params_json_schema=dict(offer.schema.parameters),
                    on_invoke_tool=self._invoke,
                    strict_json_schema=False,
                )
                for offer in self.offers.values()
            ],
            tool_use_behavior=self._after_tools,
        )

    def _config(self) -> RunConfig:
        return RunConfig(
            tracing_disabled=True,
            trace_include_sensitive_data=False,
            tool_execution=self._execution,
            tool_not_found_behavior="return_error_to_model",
            tool_error_formatter=self._unknown,
        )

    def _admit(self, calls: Sequence[ToolCall]) -> Sequence[ToolCall]:
        named = super()._admit(calls)
        self._execution.max_function_tool_concurrency = 1 if self.in_order else None
        return named

    async def _invoke(self, place: ToolContext[Any], _: str) -> str:
        return await self.do(place.tool_call_id)

    def _after_tools(
        self, _: RunContextWrapper[Any], __: list[FunctionToolResult]
    ) -> ToolsToFinalOutputResult:
        """End the SDK's loop where somebody else has answered the user."""
        if self.reply is None:
            return ToolsToFinalOutputResult(is_final_output=False)
        return ToolsToFinalOutputResult(is_final_output=True, final_output=self.reply.text)

    def _unknown(self, fault: ToolErrorFormatterArgs[Any]) -> str | None:
        """Word the result of a call to a tool that is not there."""
        if fault.kind != "tool_not_found":
            return None
        return self.result_of(fault.call_id, "")

    def _stop(self, _: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
        self._model.answered = self.stop()
        return RunErrorHandlerResult(self._model.answered.text, include_in_history=False)

    def _refused(self, _: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
        """Give a refusal's own words as the answer."""
        return RunErrorHandlerResult(self._model.answered.text, include_in_history=False)
