"""A team at work: its workers' tasks done side by side, or one after another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from batuta.core.message import Message
from batuta.core.together import OnError
from batuta.parts.members import MemberResult, attempt, attempt_all, failure, name_of, with_record
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.parts.plans import Assignment

    Workers = Mapping[str, Sequence[Agent | str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How teams and workers are let work.

    Args:
        on_error: ``partial`` bears errors as long as somebody's work is done.
        limit: Most of them at the same time.
    """

    on_error: OnError = "partial"
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.on_error not in get_args(OnError):
            raise ValueError(f"on_error must be one of {', '.join(get_args(OnError))}.")
        check_options(self)

    async def attempt_all(
        self, run: Run, calls: Sequence[tuple[Agent | str, Message]]
    ) -> list[MemberResult]:
        """Call all of them at once; where errors are not borne, the first cancels the others."""
        enough = _last_failed if self.on_error == "fail_fast" else None
        return await attempt_all(run, calls, enough=enough, limit=self.limit)

    def settle(self, run: Run, ran: Sequence[MemberResult], why: str = "") -> None:
        """Raise where one failed and that is not borne, or where nobody has an answer.

        Raises:
            BatutaError: The failed one's own, or one that tells of all.
        """
        for one in ran:
            if one.error is not None and self.on_error == "fail_fast":
                raise one.error
        if why and not any(one.ok for one in ran):
            raise failure(run, ran, why)

    def teams(
        self, plan: Sequence[Assignment], workers: Workers, in_order: Collection[str]
    ) -> list[Team]:
        """Make the teams that have something to do, in the order of the plan."""
        return [
            Team(
                name=team,
                workers={name_of(worker): worker for worker in workers[team]},
                assignments=[each for each in plan if each.team == team],
                in_order=team in in_order,
                terms=self,
            )
            for team in dict.fromkeys(each.team for each in plan)
        ]


@dataclass(frozen=True, kw_only=True)
class Team:
    """The workers of one team that have a task; as an agent, so that its work is one span.

    Answers with ``{"results": [{"team", "worker", "task", "status", "text"}]}`` as data.

    Args:
        in_order: One after another; each is told what those before it came to.
    """

    name: str
    workers: Mapping[str, Agent | str]
    assignments: Sequence[Assignment]
    in_order: bool = False
    terms: Terms = Terms()
    role: str = "a team at work"
    decides: Decider = "manager"

    async def execute(self, message: Message, run: Run) -> Message:
        """Give each its task.

        Raises:
            BatutaError: Nobody did its task, or one did not and errors are not borne.
        """
        ran = await (self._in_order if self.in_order else self._at_once)(message, run)
        self.terms.settle(run, ran, f"nobody of team {self.name} did its task")
        results = self.results(ran)
        text = "\n\n".join(f"{each['worker']}: {each['text']}" for each in results)
        return with_record(Message.assistant(text, {"results": results}), "team", ran, stop="done")

    def results(self, ran: Sequence[MemberResult] = (), error: str = "") -> list[dict[str, str]]:
        """Tell what became of each task.

        Args:
            error: What kept them all from being done.
        """
        how = [(one.status, _said(one)) for one in ran] or [("failed", error)] * len(
            self.assignments
        )
        pairs = zip(self.assignments, how, strict=True)
        return [
            {**each._asdict(), "status": status, "text": text} for each, (status, text) in pairs
        ]

    async def _at_once(self, message: Message, run: Run) -> list[MemberResult]:
        calls = [(self.workers[a.worker], _tasked(message, a)) for a in self.assignments]
        return await self.terms.attempt_all(run, calls)

    async def _in_order(self, message: Message, run: Run) -> list[MemberResult]:
        ran: list[MemberResult] = []
        for each in self.assignments:
            before = "\n".join(f"- {one.agent}: {_said(one)}" for one in ran)
            task = _tasked(message, each, before)
            ran.append(await attempt(run, self.workers[each.worker], task))
            self.terms.settle(run, ran)
        return ran


def results_of(teams: Sequence[Team], ran: Sequence[MemberResult]) -> list[dict[str, str]]:
    """Tell what became of each task of several teams."""
    results: list[dict[str, str]] = []
    for team, one in zip(teams, ran, strict=True):
        done = one.reply.data if one.reply is not None else None
        results += team.results(error=one.how) if done is None else done["results"]
    return results


def _last_failed(ended: Sequence[MemberResult]) -> bool:
    return ended[-1].error is not None


def _said(one: MemberResult) -> str:
    return one.how if one.reply is None else one.reply.text


def _tasked(message: Message, each: Assignment, before: str = "") -> Message:
    text = f"{each.task}\n\nDone in your team before:\n{before}" if before else each.task
    told: dict[str, Any] = {"request": message.text, **each._asdict()}
    return message.revised(role="user", text=text, data=told)
