"""The stages of a composition: agents called in turn or at once, whose answers must be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeVar

from batuta.core.slots import new_list
from batuta.errors import AgentFailed
from batuta.parts.members import MemberResult, attempt, attempt_all, failure

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run

T = TypeVar("T")
OnFailure = Literal["partial", "fail"]


@dataclass(kw_only=True)
class Stages:
    """Calls agents, reads their answers, and keeps how each went.

    Args:
        on_error: ``partial`` goes on without one that fails, or whose answer cannot be read;
            ``fail`` raises its error, and gives up those that are called beside it.
        ran: All members so far, in the order in which they were given.
    """

    run: Run
    on_error: OnFailure = "partial"
    ran: list[MemberResult] = field(default_factory=new_list)

    async def one(
        self, agent: Agent | str, message: Message, read: Callable[[Message], T]
    ) -> T | None:
        """Call one agent, which sees the conversation, and read its answer.

        Raises:
            BatutaError: It failed, and ``on_error`` says so.
        """
        ran = await attempt(self.run, agent, message, shares_history=True)
        return self._read([ran], read)[0]

    async def several(
        self, calls: Sequence[tuple[Agent | str, Message]], read: Callable[[Message], T]
    ) -> list[T]:
        """Call several at once; readable answers come in the order given.

        Raises:
            BatutaError: One failed, and ``on_error`` says so; or all of them did.
        """
        enough = _last_failed if self.on_error == "fail" else None
        ended = await attempt_all(self.run, calls, enough=enough)
        values = [value for value in self._read(ended, read) if value is not None]
        if not values:
            raise failure(self.run, self.ran[-len(ended) :], "nobody gave a usable answer")
        return values

    def _read(self, ended: Sequence[MemberResult], read: Callable[[Message], T]) -> list[T | None]:
        values: list[T | None] = []
        for ran in ended:
            value: T | None = None
            told = ran
            if ran.reply is not None:
                try:
                    value = read(ran.reply)
                except ValueError as fault:
                    error = AgentFailed(ran.agent, f"gave no usable answer: {fault}")
                    told = replace(ran, status="failed", reply=None, error=error)
            values.append(value)
            self.ran.append(told)
        if self.on_error == "fail":
            for ran in self.ran[-len(ended) :]:
                if ran.error is not None:
                    ran.answer()
        return values


def _last_failed(ended: Sequence[MemberResult]) -> bool:
    return ended[-1].error is not None
