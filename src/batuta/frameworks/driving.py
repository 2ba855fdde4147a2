"""What a framework's callbacks do while it drives one agent: ask, admit calls, do them, give up."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import Message
from batuta.core.result import error_text
from batuta.errors import BatutaError, ModelRefused, ModelReplyInvalid, ToolError
from batuta.errors.public import public_text
from batuta.frameworks.calls import CallIds
from batuta.frameworks.offers import Shown, offers_of
from batuta.parts.effects import with_done
from batuta.parts.loop import LoopResult, stopped_after
from batuta.parts.tool_loop import CUT_CALL
from batuta.parts.typed_answer import UNFINISHED

if TYPE_CHECKING:
    from batuta.core.attachment import Attachment
    from batuta.core.message import ToolCall
    from batuta.core.model import ModelReply, ModelRequest
    from batuta.core.run import Run
    from batuta.frameworks.offers import Offer
    from batuta.parts.loop import LoopSpec


class Driving:
    """One agent, one message: the framework turns the crank, and all it does comes through here.

    ``turns`` counts the replies; ``in_order`` says that the last reply's calls are done one after
    the other; ``reply`` is the answer of whoever was handed the conversation; ``failure`` is what
    must end the run, whatever the framework makes of it.
    """

    def __init__(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> None:
        self.spec = spec
        self.messages = messages
        self.turns = 0
        self.in_order = False
        self.reply: Message | None = None
        self.failure: BatutaError | None = None
        self._run = run
        self.offers = offers_of(spec, run, self._hand_over)
        self._ids = CallIds()
        self._calls: dict[str, ToolCall] = {}
        self._results: dict[str, str] = {}
        self._files: dict[str, Attachment] = {}
        self._shown: dict[str, tuple[Attachment, ...]] = {}
        self._wishes: list[Message] = []
        self._said: dict[str, Message] = {}
        self._at_work: set[asyncio.Task[Any]] = set()

    def history(self) -> list[Message]:
        """Give the conversation with an id of its own for every call, remembered as if admitted."""
        given: list[Message] = []
        known: dict[str, str] = {}
        for message in self.messages:
            if message.role == "tool":
                call_id = known.get(message.call_id or "", message.call_id or "")
                self._results[call_id] = message.text
                if message.parts:
                    self._shown[call_id] = message.attachments
                given.append(replace(message, call_id=call_id))
                continue
            if message.parts:
                self._files |= {each.digest: each for each in message.attachments}
            calls = self._named(message.tool_calls)
            known |= {old.id: new.id for old, new in zip(message.tool_calls, calls, strict=True)}
            given.append(self._keep(replace(message, tool_calls=tuple(calls))))
        return given

    async def ask(self, request: ModelRequest) -> tuple[ModelReply, Sequence[ToolCall]]:
        """Ask the model, and give its reply with those of its calls that the framework may see.

        Raises:
            ModelRefused: It declined without a word.
            ModelReplyInvalid: There is nothing in it.
            BatutaError: As the run raises it.
        """
        self.turns += 1
        reply = await self._run.ask(request, model=self.spec.model)
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

    def call_of(self, call_id: str) -> ToolCall | None:
        """Give a call as the model made it: no framework's reading of its arguments counts."""
        return self._calls.get(call_id)

    def as_said(self, message: Message) -> Message:
        """Give a message as it was said here: with what its vendor wants back, or what it showed.

        Frameworks carry an image or a file by its digest alone.
        """
        if self._shown and message.role == "tool":
            return message.attaching(*self._shown.get(message.call_id or "", ()))
        if message.parts:
            parts = tuple(self._files.get(each.digest, each) for each in message.attachments)
            return replace(message, parts=parts)
        calls = message.tool_calls
        kept = self._said.get(calls[0].id) if calls else None
        return kept if kept is not None and kept.tool_calls == calls else message

    def result_of(self, call_id: str, told: str) -> str:
        """Give what a call came to, where it was done here; else what the framework told of it."""
        return self._results.get(call_id, told)

    async def do(self, call_id: str) -> str:
        """Do one call that was admitted, and give its result as the model reads it.

        Raises:
            BatutaError: What must end the run; it stands in ``failure`` too.
        """
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._at_work.add(task)
        try:
            self._results[call_id] = await self._result(self._calls[call_id])
        except BatutaError as error:
            self.failure = self.failure or error
            raise
        finally:
            self._at_work.discard(task)
        return self._results[call_id]

    def stop(self) -> Message:
        """Give up after the last turn, and give the answer that says so."""
        most = self.spec.max_turns
        self._run.decide("stop", f"turn limit of {most} reached", by=self.spec.by)
        stopped = Message.assistant(with_done(stopped_after(most), self._run))
        return stopped.with_metadata(**{UNFINISHED: True})

    def result(self, reply: Message) -> LoopResult:
        """Give what the drive came to: an answer, and the calls and results on the way."""
        said: list[Message] = []
        for wish in self._wishes:
            said.append(wish)
            said += [
                Message.tool(call, self._results[call.id]).attaching(*self._shown.get(call.id, ()))
                for call in wish.tool_calls
                if call.id in self._results
            ]
        return LoopResult(reply, tuple(said))

    async def settle(self) -> None:
        """Wait for calls that were cancelled: frameworks leave them to themselves."""
        if self._at_work:
            await asyncio.wait(self._at_work)

    def _keep(self, message: Message) -> Message:
        if message.tool_calls:
            self._said[message.tool_calls[0].id] = message
        return message

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

    def _named(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        named = [replace(call, id=self._ids.take(call.id)) for call in calls]
        self._calls |= {call.id: call for call in named}
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

    async def _hand_over(self, agent: str) -> None:
        asked = (m for m in reversed(self.messages) if m.role == "user")
        question = next(asked, self.messages[-1])
        self.reply = await self._run.call(agent, question, shares_history=True, by=self.spec.by)
