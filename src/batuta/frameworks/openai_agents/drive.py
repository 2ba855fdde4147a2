"""One drive: an SDK agent made for one message, its Runner turned until there is an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from agents import (
    Agent,
    AgentsException,
    FunctionTool,
    ModelRefusalError,
    ModelSettings,
    RunConfig,
    Runner,
    ToolExecutionConfig,
    ToolsToFinalOutputResult,
)
from agents.run_error_handlers import RunErrorHandlerResult

from batuta.core.message import Message
from batuta.core.result import error_text
from batuta.errors import BatutaError, ToolError
from batuta.errors.public import public_text
from batuta.frameworks.openai_agents.items import CallIds, CallNotes, read, to_items, to_messages
from batuta.frameworks.openai_agents.model import RunModel
from batuta.frameworks.openai_agents.offers import offers_of
from batuta.parts.effects import with_done
from batuta.parts.loop import LoopResult, stopped_after
from batuta.parts.tool_loop import CUT_CALL

if TYPE_CHECKING:
    from agents import FunctionToolResult, RunContextWrapper, RunResult, TResponseInputItem
    from agents.run_config import ToolErrorFormatterArgs
    from agents.run_error_handlers import RunErrorHandlerInput
    from agents.tool_context import ToolContext

    from batuta.core.message import ToolCall
    from batuta.core.run import Run
    from batuta.frameworks.openai_agents.offers import Offer
    from batuta.parts.loop import LoopSpec


class Drive:
    """What the SDK's callbacks share while it drives one agent."""

    def __init__(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> None:
        self._spec = spec
        self._messages = messages
        self._run = run
        self._offers = offers_of(spec, run, self._hand_over)
        self._ids, self._notes = CallIds(), CallNotes()
        self._execution = ToolExecutionConfig()
        self._reply: Message | None = None
        self._failure: BatutaError | None = None
        self._at_work: set[asyncio.Task[Any]] = set()

    async def result(self) -> LoopResult:
        """Let the SDK run the agent.

        Raises:
            BatutaError: As the run's own ask, use and call raise them.
        """
        given = cast("list[TResponseInputItem]", to_items(self._messages, self._ids, self._notes))
        try:
            ended = await Runner.run(
                self._agent(),
                given,
                max_turns=self._spec.max_turns,
                run_config=self._config(),
                error_handlers={"max_turns": self._stop, "model_refusal": self._refused},
            )
            said = tuple(self._notes.restored(_said(ended)))
            return LoopResult(self._reply or self._answered(ended.final_output), said)
        except AgentsException:
            # The SDK puts what a tool raises into an error of its own.
            failure = self._failure
            if failure is None:
                raise
        finally:
            await self._settle()
        raise failure

    def _answered(self, text: str) -> Message:
        answer = Message.assistant(text)
        return answer.with_metadata(cut=True) if self._notes.cut_answer else answer

    def _agent(self) -> Agent[Any]:
        return Agent(
            name=self._spec.name,
            instructions=self._spec.instructions.text,
            model=RunModel(self._run, self._spec.model, self._admit, notes=self._notes),
            model_settings=ModelSettings(),
            tools=[
                FunctionTool(
                    name=offer.schema.name,
                    description=offer.schema.description,
                    params_json_schema=dict(offer.schema.parameters),
                    on_invoke_tool=partial(self._invoke, offer),
                    strict_json_schema=False,
                )
                for offer in self._offers.values()
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
        """Settle, before the SDK sees a turn's calls, which of them are done and in what order."""
        transfer = next((c for c in calls if self._target(c) is not None and not c.cut), None)
        if transfer is not None:
            self._note_handoff(transfer, calls)
            calls = (transfer,)
        wanted = [self._offers[call.name] for call in calls if call.name in self._offers]
        in_order = any(offer.effect == "write" for offer in wanted)
        self._execution.max_function_tool_concurrency = 1 if in_order else None
        return [replace(call, id=self._ids.take(call.id)) for call in calls]

    def _target(self, call: ToolCall) -> str | None:
        offer = self._offers.get(call.name)
        return None if offer is None else offer.handoff

    def _note_handoff(self, transfer: ToolCall, calls: Sequence[ToolCall]) -> None:
        others = ", ".join(call.name for call in calls if call is not transfer)
        said = str(transfer.arguments.get("reason") or "")
        why = "; ".join(filter(None, [said, f"not done beside it: {others}" if others else ""]))
        self._run.decide(f"handoff to {self._target(transfer)}", why, by=self._spec.by)

    async def _invoke(self, offer: Offer, place: ToolContext[Any], arguments: str) -> str:
        """Do one call for the SDK; whatever must end the run is kept for ``result`` to raise."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._at_work.add(task)
        try:
            if place.tool_call_id in self._notes.cut:
                self._refuse(offer.schema.name, "the call was cut off")
                return error_text(CUT_CALL, retry=True)
            return await self._answer(offer, arguments)
        except BatutaError as error:
            self._failure = self._failure or error
            raise
        finally:
            self._at_work.discard(task)

    async def _answer(self, offer: Offer, arguments: str) -> str:
        call = read(arguments)
        if call.invalid is not None and offer.handoff is None:
            self._refuse(offer.schema.name, "arguments are no JSON object")
            return error_text("The arguments are not a JSON object.", retry=True)
        try:
            return await offer.do(call.arguments)
        except ToolError as error:
            return error_text(f"{error.detail} {error.done}".rstrip(), retry=error.retryable)
        except offer.bearable as error:
            return error_text(public_text(error), retry=error.retryable)

    async def _hand_over(self, agent: str) -> None:
        asked = (m for m in reversed(self._messages) if m.role == "user")
        question = next(asked, self._messages[-1])
        self._reply = await self._run.call(agent, question, shares_history=True, by=self._spec.by)

    def _after_tools(
        self, _: RunContextWrapper[Any], __: list[FunctionToolResult]
    ) -> ToolsToFinalOutputResult:
        """End the SDK's loop where somebody else has answered the user."""
        if self._reply is None:
            return ToolsToFinalOutputResult(is_final_output=False)
        return ToolsToFinalOutputResult(is_final_output=True, final_output=self._reply.text)

    def _unknown(self, fault: ToolErrorFormatterArgs[Any]) -> str | None:
        """Word the result of a call to a tool that is not there."""
        if fault.kind != "tool_not_found":
            return None
        self._refuse(fault.tool_name, "no such tool")
        known = ", ".join(self._offers)
        return error_text(f"There is no tool {fault.tool_name}. Tools: {known}.", retry=True)

    def _refuse(self, name: str, why: str) -> None:
        self._run.decide(f"refuse {name}", why, by=self._spec.by)

    def _stop(self, _: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
        most = self._spec.max_turns
        self._run.decide("stop", f"turn limit of {most} reached", by=self._spec.by)
        words = with_done(stopped_after(most), self._run)
        return RunErrorHandlerResult(words, include_in_history=False)

    def _refused(self, fault: RunErrorHandlerInput[Any]) -> RunErrorHandlerResult:
        """Give a refusal's own words as the answer."""
        error = fault.error
        words = error.refusal if isinstance(error, ModelRefusalError) else str(error)
        return RunErrorHandlerResult(with_done(words, self._run), include_in_history=False)

    async def _settle(self) -> None:
        """Wait for calls that were cancelled: the SDK leaves them to themselves."""
        if self._at_work:
            await asyncio.wait(self._at_work)


def _said(ended: RunResult) -> tuple[Message, ...]:
    """Give the calls and results of a run, without its answer."""
    said = to_messages(cast("Any", item.to_input_item()) for item in ended.new_items)
    if said and said[-1].role == "assistant" and not said[-1].tool_calls:
        said.pop()
    return tuple(said)
