"""What a framework's callbacks do while it drives one agent: ask, admit calls, do them, give up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.core.model import Usage, new_request
from batuta.core.result import error_text
from batuta.errors import BatutaError, ModelRefused, ModelReplyInvalid, ToolError
from batuta.errors.public import public_text
from batuta.frameworks.conversation import FrameworkConversation
from batuta.frameworks.offers import Shown, offers_of
from batuta.parts.effects import with_done
from batuta.parts.loop import LoopResult, stopped_after
from batuta.parts.tool_loop import CUT_CALL
from batuta.parts.typed_answer import UNFINISHED

if TYPE_CHECKING:
    from batuta.core.message import ToolCall
    from batuta.core.model import ModelReply, ModelRequest
    from batuta.core.run import Run
    from batuta.frameworks.offers import Offer
    from batuta.parts.loop import Delegate, LoopSpec

_CURRENT: ContextVar[Driving] = ContextVar("batuta_driving")


@asynccontextmanager
async def at_work(
    spec: LoopSpec,
    messages: Sequence[Message],
    run: Run,
    *,
    wrapped_in: tuple[type[Exception], ...] = (),
) -> AsyncGenerator[Driving]:
    """Drive within it: what a framework calls back finds it by ``current``, in its tasks too.

    An error that must end the run is raised as itself, and calls that the framework left to
    themselves are waited for.

    Args:
        wrapped_in: Errors of the framework's own, which it puts around what a callback raises.

    Raises:
        BatutaError: As the run's own ask, use and call raise them.
    """
    driving = Driving(spec, messages, run)
    mark = _CURRENT.set(driving)
    try:
        yield driving
    except wrapped_in:
        if driving.failure is None:
            raise
    finally:
        _CURRENT.reset(mark)
        await driving.settle()
    if driving.failure is not None:
        raise driving.failure


def current() -> Driving:
    """Give what the framework's callback works for: one agent of a framework serves many runs."""
    return _CURRENT.get()


class Driving(FrameworkConversation):
    """One agent, one message: the framework turns the crank, and all it does comes through here.

    ``in_order`` says that the last reply's calls are done one after the other; ``reply`` is the
    answer of whoever was handed the conversation, ``answered`` what the model said last as an
    answer, ``used`` what its last reply took.
    """

    def __init__(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> None:
        super().__init__(messages, run)
        self.spec = spec
        self.in_order = False
        self.reply: Message | None = None
        self.answered = Message.assistant("")
        self.used = Usage()
        self.offers = offers_of(spec, run, self._hand_over)
        self._one_by_one = asyncio.Lock()

    async def ask(self, request: ModelRequest) -> tuple[ModelReply, Sequence[ToolCall]]:
        """Ask the model, and give its reply with those of its calls that the framework may see.

        Raises:
            ModelRefused: It declined without a word.
            ModelReplyInvalid: There is nothing in it.
            BatutaError: As the run raises it.
        """
        self.turns += 1
        reply = await self._run.ask(self._whole(request), model=self.spec.model)
        self.used = reply.usage
        if reply.stop_reason == "refused":
            if not reply.text:
                raise ModelRefused(reply.model)
            return replace(reply, text=with_done(reply.text, self._run), tool_calls=()), ()
        if not (reply.tool_calls or reply.text.strip() or reply.output is not None):
            raise ModelReplyInvalid(reply.model, "reply is empty")
        calls = self._admit(reply.tool_calls)
        if calls:
            whole = len(calls) == len(reply.tool_calls)
            wish = reply.message() if whole else Message("assistant", reply.text)
            self._wishes.append(self._keep(replace(wish, tool_calls=tuple(calls))))
        return reply, calls

    async def turn(self, said: Sequence[Message]) -> Message:
        """Give what the framework takes for the model's next message: one without calls ends it.

        The model is not asked where somebody else has answered, or the turns are spent.

        Args:
            said: The conversation as the framework has it, without the instructions.

        Raises:
            BatutaError: What must end the run; it stands in ``failure`` too.
        """
        if self.reply is not None:
            return self.reply
        if self.turns == self.spec.max_turns:
            self.answered = self.stop()
            return self.answered
        tools = tuple(offer.schema for offer in self.offers.values())
        asked = new_request((self.spec.instructions, *map(self.as_said, said)), tools)
        try:
            reply, calls = await self.ask(asked)
        except BatutaError as error:
            self.failure = self.failure or error
            raise
        if calls:
            return self._wishes[-1]
        self.answered = reply.answer()
        return self.answered

    async def do(self, call_id: str) -> str:
        """Do one call that was admitted, and give its result as the model reads it.

        It waits for those begun before it where one of its turn writes.

        Raises:
            BatutaError: What must end the run; it stands in ``failure`` too, and nothing of the
                turn is begun after it.
        """
        if not self.in_order:
            return await self._do(call_id)
        async with self._one_by_one:
            if self.failure is not None:
                raise self.failure
            return await self._do(call_id)

    def stop(self) -> Message:
        """Give up after the last turn, and give the answer that says so."""
        most = self.spec.max_turns
        self._run.decide("stop", f"turn limit of {most} reached", by=self.spec.by)
        stopped = Message.assistant(with_done(stopped_after(most), self._run))
        return stopped.with_metadata(**{UNFINISHED: True})

    def result(self) -> LoopResult:
        """Give what the drive came to: an answer, and the calls and results on the way.

        The answer of whoever was handed the conversation goes before the model's.
        """
        return LoopResult(self.reply or self.answered, self._said_so_far())

    def _admit(self, calls: Sequence[ToolCall]) -> Sequence[ToolCall]:
        """Settle which calls of a turn are done and in what order, before the framework sees them.

        What cannot be done has its result at once.
        """
        transfer = next((c for c in calls if self._target(c) is not None and not c.cut), None)
        if transfer is not None:
            self._note_handoff(transfer, calls)
            calls = (transfer,)
        wanted = [self.offers[call.name] for call in calls if call.name in self.offers]
        self.in_order = any(offer.effect == "write" for offer in wanted)
        named = self._named(calls)
        for call in named:
            if (why := self._unfit(call)) is not None:
                self._results[call.id] = why
        return named

    def _target(self, call: ToolCall) -> str | None:
        offer = self.offers.get(call.name)
        return None if offer is None else offer.handoff

    def _note_handoff(self, transfer: ToolCall, calls: Sequence[ToolCall]) -> None:
        others = ", ".join(call.name for call in calls if call is not transfer)
        said = str(transfer.arguments.get("reason") or "")
        why = "; ".join(filter(None, [said, f"not done beside it: {others}" if others else ""]))
        self._run.decide(f"handoff to {self._target(transfer)}", why, by=self.spec.by)

    def _unfit(self, call: ToolCall) -> str | None:
        if call.name not in self.offers:
            self._refuse(call.name, "no such tool")
            known = ", ".join(self.offers)
            return error_text(f"There is no tool {call.name}. Tools: {known}.", retry=True)
        if call.cut:
            self._refuse(call.name, "the call was cut off")
            return error_text(CUT_CALL, retry=True)
        if call.invalid is not None and self._target(call) is None:
            self._refuse(call.name, "arguments are no JSON object")
            return error_text("The arguments are not a JSON object.", retry=True)
        return None

    def _refuse(self, name: str, why: str) -> None:
        self._run.decide(f"refuse {name}", why, by=self.spec.by)

    async def _do(self, call_id: str) -> str:
        try:
            told = await self._worked(self._result(self._calls[call_id]))
        except BatutaError as error:
            self.failure = self.failure or error
            raise
        self._results[call_id] = told
        return told

    async def _result(self, call: ToolCall) -> str:
        if call.id in self._results:
            return self._results[call.id]
        offer: Offer = self.offers[call.name]
        try:
            told = await offer.do(call.arguments)
        except ToolError as error:
            return error_text(f"{error.detail} {error.done}".rstrip(), retry=error.retryable)
        except offer.bearable as error:
            return error_text(public_text(error), retry=error.retryable)
        if isinstance(told, Shown):
            self._shown[call.id] = told.files
            return told.text
        return told

    async def _hand_over(self, delegate: Delegate) -> None:
        asked = (m for m in reversed(self.messages) if m.role == "user")
        question = next(asked, self.messages[-1])
        self.reply = await self._run.call(
            delegate.agent, question, retry=delegate.retry, shares_history=True, by=self.spec.by
        )
