"""An agent with checks around it: nothing reaches it, and nothing leaves it, unchecked."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from batuta.core.run import Run
from batuta.errors import MessageStopped, RuntimeFailure
from batuta.parts.checks import Check, Checked
from batuta.parts.wrapped import Wrapped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.tool import Tool
    from batuta.core.trace import Decider

T = TypeVar("T")
FLAGS = "flags"
"""Key of an answer's metadata: name of each check that flagged something, and why."""


@dataclass(frozen=True, kw_only=True)
class Guarded(Wrapped):
    """An agent whose messages and answers are checked, one check after the other in their order.

    Where an answer is checked, nothing of the run is streamed in pieces: what left cannot be
    stopped any more.
    """

    checks: Sequence[Check]

    async def execute(self, message: Message, run: Run) -> Message:
        """Check the message, let the agent answer, and check the answer.

        Raises:
            MessageStopped: A check does not let it through.
        """
        flags: dict[str, str] = {}
        after = [check for check in self.checks if check.on == "answer"]
        if after:
            run.job.trace.hold_text()
        first = [check for check in self.checks if check.on == "message"]
        for check in [check for check in first if not check.beside]:
            message = await self._through(check, message, message, run=run, flags=flags)
        beside = [check for check in first if check.beside]
        if beside:
            answer = await self._beside(beside, message, run, flags=flags)
        else:
            answer = await self.agent.execute(message, run)
        for check in after:
            answer = await self._through(check, answer, message, run=run, flags=flags)
        return answer.with_metadata(**{FLAGS: flags}) if flags else answer

    async def _through(
        self, check: Check, given: Message, question: Message, *, run: Run, flags: dict[str, str]
    ) -> Message:
        found = await run.call(_Checking(check, self.name, question), given)
        return self._judged(check, given, found, flags=flags)

    def _judged(
        self, check: Check, given: Message, found: Message, *, flags: dict[str, str]
    ) -> Message:
        told: Mapping[str, Any] = found.data or {}
        match told["finding"]:
            case "stop":
                raise MessageStopped(self.name, check.name, on=check.on, reason=told["reason"])
            case "flag":
                flags[check.name] = told["reason"]
            case "mend" if check.beside:
                raise RuntimeFailure(
                    self.name,
                    f"check {check.name} would mend what is being answered: leave its beside out",
                )
            case "mend":
                return given.revised(text=told["text"])
            case _:
                pass
        return given

    async def _beside(
        self, checks: Sequence[Check], message: Message, run: Run, *, flags: dict[str, str]
    ) -> Message:
        """Let the agent begin, and nothing be done by it, until all checks have passed."""
        passed = asyncio.Event()
        calls = [run.call(_Checking(check, self.name, message), message) for check in checks]
        frame = HeldRun(run, passed)

        async def checked() -> None:
            for check, found in zip(checks, await run.together(*calls), strict=True):
                self._judged(check, message, found, flags=flags)
            passed.set()

        work = self.agent.execute(message, frame)
        try:
            return (await run.together(checked(), work))[1]
        finally:
            frame.give_back()


class HeldRun(Run):
    """A frame in which models are asked at once, and all else waits until it may be done.

    Args:
        outer: The frame that it stands for; ``give_back`` hands its count back.
        passed: Set where the rest may be done.
    """

    __slots__ = ("_outer", "_passed")

    def __init__(self, outer: Run, passed: asyncio.Event) -> None:
        super().__init__(outer.job, outer.agent, outer.path, depth=outer.depth, shares=outer.shares)
        self.count, self.permit = outer.count, outer.permit
        self._outer, self._passed = outer, passed

    def give_back(self) -> None:
        """Let the outer frame go on where this one stands, and do nothing more."""
        self._outer.count = self.count
        self.ended = True

    def use(
        self, tool: Tool, arguments: Mapping[str, Any], *, by: Decider | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Use a tool, once it may be."""
        return self._later(super().use(tool, arguments, by=by))

    def call(
        self, agent: Agent | str, message: Message, **options: Any
    ) -> Coroutine[Any, Any, Message]:
        """Call another agent, once it may be."""
        return self._later(super().call(agent, message, **options))

    async def step(self, name: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do plain code, once it may be done."""
        await self._passed.wait()
        return await super().step(name, work)

    async def _later(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            await self._passed.wait()
        except BaseException:
            work.close()
            raise
        return await work


@dataclass(frozen=True, slots=True)
class _Checking:
    """One check at work, as an agent of its own, so that the trace and the budget know of it."""

    check: Check
    whose: str
    question: Message

    @property
    def name(self) -> str:
        return self.check.name

    @property
    def role(self) -> str:
        return self.check.role

    @property
    def decides(self) -> Decider:
        return self.check.decides

    async def execute(self, message: Message, run: Run) -> Message:
        return await self.check.find(
            Checked(message, self.question, self.whose, run.job.principal, run)
        )
