"""What an agent of another framework's does while it answers one message, on our Run."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.result import error_text, result_data, result_text
from batuta.errors import (
    AccessDenied,
    BatutaError,
    ConfigError,
    ModelError,
    ModelRefused,
    ModelReplyInvalid,
    ToolError,
)
from batuta.errors.public import public_text
from batuta.frameworks.conversation import FrameworkConversation
from batuta.frameworks.foreign_tool import tool_of
from batuta.parts.approval import Person, says_yes
from batuta.parts.effects import with_done
from batuta.parts.loop import stopped_after
from batuta.parts.tool_loop import CUT_CALL
from batuta.parts.typed_answer import UNFINISHED

if TYPE_CHECKING:
    from batuta.core.message import ToolCall
    from batuta.core.model import Model, ModelRequest
    from batuta.core.run import Run
    from batuta.core.tool import Effect
    from batuta.core.trace import Decider
    from batuta.frameworks.foreign_tool import Work
    from batuta.frameworks.terms import ForeignTerms

T = TypeVar("T")
TURN: ContextVar[ForeignTurn] = ContextVar("batuta_foreign_turn")


def current_turn() -> ForeignTurn:
    """Give what a model that the user holds works for.

    Raises:
        ConfigError: It works for nobody: its agent was not called as a member.
    """
    turn = TURN.get(None)
    if turn is None:
        raise ConfigError(
            "A model that is the Run was asked outside of one",
            "Hand its agent over: FrameworkAgent(agent=…).",
        )
    return turn


class Refusal(str):
    """What the model is told in the place of a tool's result: the call was not done."""

    __slots__ = ()


class ForeignTurn(FrameworkConversation):
    """One foreign agent, one message: its model calls and its tool calls come through here.

    ``context`` is what its tools are given, made by the user's own function.
    """

    def __init__(
        self, terms: ForeignTerms, messages: Sequence[Message], run: Run, *, context: Any = None
    ) -> None:
        super().__init__(messages, run)
        self.terms = terms
        self.context = context
        self.principal_id = run.job.principal.id
        self.loop = asyncio.get_running_loop()
        self.stopped: Message | None = None
        self._answered = Message.assistant("")

    async def ask(self, request: ModelRequest, *, model: Model | None = None) -> ModelReply:
        """Ask the model, and give a reply that the framework can act on.

        Calls of tools that are not there, and calls that are broken, never reach the framework:
        some do them all the same. The model is told, and asked again.

        Args:
            model: Another one than the member's own.

        Raises:
            BatutaError: What must end the run; it stands in ``failure`` too.
        """
        request = replace(request, messages=[self.as_said(one) for one in request.messages])
        self._hear(request.messages)
        while True:
            if self.stopped is not None or self.turns == self.terms.max_turns:
                return self._stop()
            self.turns += 1
            reply = await self.must(self._asked(request, model))
            faults = [self._fault(call, request) for call in reply.tool_calls]
            if not any(faults):
                break
            request = replace(request, messages=[*request.messages, *_corrected(reply, faults)])
        if reply.tool_calls:
            self._wishes.append(self._keep(reply.message()))
        else:
            self._answered = reply.answer()
        return reply

    async def ask_elsewhere(self, request: ModelRequest, model: Model) -> None:
        """Have the run reserve, count and record a call that the framework makes itself.

        Args:
            model: Replies when the framework has.

        Raises:
            BatutaError: It must not be made.
        """
        if self.stopped is not None or self.turns == self.terms.max_turns:
            self._stop()
            raise ModelReplyInvalid(model.name, "is not asked after the last turn")
        self.turns += 1
        try:
            await self._worked(self._run.ask(request, model=model))
        except ModelError:
            raise  # the framework's own affair: it has it too
        except BatutaError as error:
            self.ending(error)
            raise

    async def use(
        self,
        name: str,
        arguments: Mapping[str, Any],
        work: Work,
        *,
        retries: tuple[type[Exception], ...] = (),
        tells: bool = True,
    ) -> Any:
        """Let the framework do a call of one of its tools, as a tool of ours.

        What the tool raises is raised as it is: what becomes of that is the framework's own.

        Args:
            retries: The framework's own errors by which a tool says that it did nothing.
            tells: Whether the model can be told that the call is not done; else it ends the run.

        Returns:
            What the tool gave, or ``Refusal``.

        Raises:
            BatutaError: What must end the run; it stands in ``failure`` too.
        """
        effect: Effect = "read" if name in self.terms.reads else "write"
        tool = tool_of(name, effect).doing(work, retries)
        try:
            given = await self.must(self._worked(self._run.use(tool, arguments)))
        except ToolError as error:
            if isinstance(error.__cause__, Exception):
                raise error.__cause__ from None
            if not tells:
                raise self.ending(error) from None
            return Refusal(
                error_text(f"{error.detail} {error.done}".rstrip(), retry=error.retryable)
            )
        except AccessDenied as error:
            if not tells:
                self.ending(error)
                raise
            return Refusal(error_text(public_text(error), retry=error.retryable))
        return tool.made[0] if tool.made else given

    async def must(self, work: Coroutine[Any, Any, T]) -> T:
        """Do what ends the run where it fails, but for what a model can be told.

        Raises:
            BatutaError: As the work raises it, or as an earlier one did.
        """
        if self.failure is not None:
            work.close()
            raise self.failure
        try:
            return await work
        except (ToolError, AccessDenied):
            raise
        except BatutaError as error:
            self.ending(error)
            raise

    async def permitted(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Ask the member's approver whether a call that the framework holds back may be done.

        Raises:
            ConfigError: Nobody was named to be asked.
        """
        held = result_data(arguments)
        wanted = f"May {self.terms.name} do {name} with {result_text(held)}?"
        said = await self._person(Message.user(wanted, {"tool": name, "arguments": held}))
        self.decide(f"{'approve' if says_yes(said) else 'deny'} {name}", said.text, by="user")
        return says_yes(said)

    async def answered(self, question: Any) -> str:
        """Have the member's approver answer in words what the framework stops for.

        Raises:
            ConfigError: Nobody was named to be asked.
        """
        return (await self._person(Message.user(result_text(question)))).text

    def decide(self, choice: str, why: str = "", *, by: Decider | None = None) -> None:
        """Note a decision in the trace."""
        self._run.decide(choice, why, by=by)

    def answer(self, output: Any) -> Message:
        """Give what the framework came to as a message: text, or data with its text."""
        if self.stopped is not None:
            return self.stopped
        if not isinstance(output, str):
            data = result_data(output)
            held = cast("dict[str, Any]", data) if isinstance(data, dict) else {"result": data}
            return Message.assistant(result_text(output), held)
        if output == self._answered.text:
            return self._answered
        return Message.assistant(output)

    def said(self) -> tuple[Message, ...]:
        """List the calls on the way that have results, to be remembered in the conversation."""
        known = self._results
        whole = [w for w in self._wishes if all(call.id in known for call in w.tool_calls)]
        self._wishes = whole
        return self._said_so_far()

    def recorded(self, call_id: str, result: str) -> None:
        """Let the model be told what a call came to before a restart, whatever it comes to now."""
        self._results[call_id] = result

    def ending(self, error: BatutaError) -> BatutaError:
        """Take an error for what must end the run, whatever the framework makes of it."""
        self.failure = self.failure or error
        return error

    async def _asked(self, request: ModelRequest, model: Model | None) -> ModelReply:
        asked = self._run.ask(self._whole(request), model=model or self.terms.model)
        reply = await self._worked(asked)
        if reply.stop_reason == "refused":
            if not reply.text:
                raise ModelRefused(reply.model)
            return replace(reply, text=with_done(reply.text, self._run), tool_calls=())
        if not (reply.tool_calls or reply.text.strip() or reply.output is not None):
            raise ModelReplyInvalid(reply.model, "reply is empty")
        return replace(reply, tool_calls=tuple(self._named(reply.tool_calls)))

    def _hear(self, messages: Sequence[Message]) -> None:
        """Take the results of calls from what the framework tells the model."""
        for message in messages:
            if message.role == "tool" and message.call_id is not None:
                self._results.setdefault(message.call_id, message.text)

    def _fault(self, call: ToolCall, request: ModelRequest) -> str:
        known = [tool.name for tool in request.tools]
        why = ""
        if call.name not in known:
            why, told = "no such tool", f"There is no tool {call.name}. Tools: {', '.join(known)}."
        elif call.cut:
            why, told = "the call was cut off", CUT_CALL
        elif call.invalid is not None:
            why, told = "arguments are no JSON object", "The arguments are not a JSON object."
        else:
            return ""
        self._run.decide(f"refuse {call.name}", why)
        return told

    async def _person(self, question: Message) -> Message:
        person = self.terms.approver
        if not person:
            raise self.ending(
                ConfigError(
                    f"Agent {self.terms.name} stops for a person: {question.text}",
                    'Say who is asked: FrameworkAgent(agent=…, approver="…").',
                )
            )
        return await self.must(self._run.call(Person(name=person), question))

    def _stop(self) -> ModelReply:
        if self.stopped is None:
            most = self.terms.max_turns
            self._run.decide("stop", f"turn limit of {most} reached")
            stopped = Message.assistant(with_done(stopped_after(most), self._run))
            self.stopped = stopped.with_metadata(**{UNFINISHED: True})
            return ModelReply(self.stopped.text)
        raise ModelReplyInvalid(self.terms.name, "it asks on after its last turn")


def _corrected(reply: ModelReply, faults: Sequence[str]) -> list[Message]:
    told = [fault or "Not done: another call beside it was at fault." for fault in faults]
    return [
        reply.message(),
        *(
            Message.tool(call, error_text(why, retry=True))
            for call, why in zip(reply.tool_calls, told, strict=True)
        ),
    ]
