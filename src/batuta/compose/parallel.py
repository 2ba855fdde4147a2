"""Several agents answer the same message at once, and one answer is made of theirs.

**Decides:** your code: who is asked, how many answers it takes, how they become one.
**Model calls:** the sum over the members, and those of the agent that combines them.
**Fails when:** the parts depend on each other, or too few members answer for the mode.
**Source:** "parallelization", Building effective agents (Anthropic, 2024); Dean and Barroso, "The
tail at scale" (2013), for the first of several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from batuta.parts.answers import Combine, agents_in, by_name, check_way, combined
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt_all,
    check_members,
    failure,
    told_of,
    with_record,
)
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider

Mode = Literal["all", "fail_fast", "first", "quorum", "partial"]


@dataclass(frozen=True, kw_only=True)
class Parallel(Composed):
    """Asks its members at once.

    Args:
        members: Agents, or names of registered ones; answers come in this order.
        mode: ``all`` lets each finish, and fails if one did; ``fail_fast`` gives the others up at
            the first error; ``first`` takes the first answer in time and gives the others up;
            ``quorum`` does so at ``k`` answers, and fails when they cannot be reached; ``partial``
            takes what there is, errors in the record.
        k: How many answers a quorum is.
        combine: Makes one answer: a function such as ``by_name`` or ``with_headings``, or an agent
            such as ``Vote`` or ``Synthesis``, by object or name. None takes ``by_name``, and in
            mode ``first`` the one answer as it is.
        limit: Most members at work at the same time; None for all.
        timeout_s: Most seconds for each member; None for the run's.
        shares_history: Let members see the conversation and add to it.
    """

    members: Sequence[Agent | str]
    name: str = "parallel"
    role: str = "asks several agents at once"
    mode: Mode = "all"
    k: int | None = None
    combine: Combine | Agent | str | None = None
    limit: int | None = None
    timeout_s: float | None = None
    shares_history: bool = False
    decides: Decider = "code"

    def __post_init__(self) -> None:
        check_options(self)
        names = check_members(self.members, "member")
        if self.mode not in get_args(Mode):
            raise ValueError(f"There is no mode {self.mode!r}: {', '.join(get_args(Mode))}.")
        if (self.mode == "quorum") != (self.k is not None):
            raise ValueError("mode='quorum' needs k, and no other mode takes it.")
        if self.k is not None and not 1 <= self.k <= len(names):
            raise ValueError(f"k must be from 1 to the number of members, {len(names)}.")
        if self.combine is not None:
            check_way("combine", self.combine)

    def parts(self) -> Sequence[Agent | str]:
        """Give the members, and who combines their answers."""
        return [*self.members, *agents_in(self.combine)]

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask all, wait as the mode says, and make one answer."""
        ran = await attempt_all(
            run,
            [(member, message) for member in self.members],
            enough=self._enough(),
            limit=self.limit,
            timeout_s=self.timeout_s,
            shares_history=self.shares_history,
        )
        stop = self._stop(ran, run)
        run.decide(stop, told_of(ran))
        if self.mode == "first" and self.combine is None:
            reply, everybody = next(m.reply for m in ran if m.reply is not None), ran
        else:
            how = self.combine or by_name
            reply, everybody = await combined(run, how, question=message, members=ran)
        return with_record(reply, "parallel", everybody, stop=stop, mode=self.mode)

    def _enough(self) -> Callable[[Sequence[MemberResult]], bool] | None:
        """Tell after each whether the others matter no longer; None where they always do."""
        if self.mode in {"all", "partial"}:
            return None
        if self.mode == "fail_fast":
            return lambda ended: not ended[-1].ok
        answered, wanted = 0, self.k or 1

        def reached(ended: Sequence[MemberResult]) -> bool:
            nonlocal answered
            answered += ended[-1].ok
            return answered >= wanted or len(ended) - answered > len(self.members) - wanted

        return reached

    def _stop(self, ran: Sequence[MemberResult], run: Run) -> str:
        """Say why it ended.

        Raises:
            BatutaError: Too few answered; in mode ``fail_fast`` the first error as it is.
        """
        number, failed = len(ran), [m for m in ran if m.error is not None]
        answered = sum(m.ok for m in ran)
        if self.mode == "fail_fast" and failed:
            run.decide("give up: fail fast", told_of(ran))
            failed[0].answer()
        wanted = {"first": 1, "partial": 1, "quorum": self.k or 1}.get(self.mode, number)
        if answered < wanted:
            part = "all" if len(failed) == number else f"{len(failed)} of"
            aim = f", so there is no quorum of {self.k}" if self.k else ""
            raise failure(run, ran, f"{part} {number} members failed{aim}")
        if self.mode == "first":
            return "first answer"
        return "all answered" if answered == number else f"{answered} of {number} answered"
