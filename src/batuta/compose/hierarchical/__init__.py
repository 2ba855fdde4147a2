"""A manager plans who does what, teams do it side by side, and the manager puts it together.

**Decides:** the manager.
**Model calls:** 2 of the manager, 1 for each repaired plan, and those of each worker with a task.
**Fails when:** the plan forgets something, or a task says less than its worker must know.
**Source:** Q. Wu et al., "AutoGen", 2023, arXiv:2308.08155: hierarchical chat.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.compose.hierarchical.teams import Terms, results_of
from batuta.core.message import Message
from batuta.errors import RuntimeFailure
from batuta.parts.effects import with_done
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt,
    check_members,
    with_record,
)
from batuta.parts.members import (
    name_of as name_of,
)
from batuta.parts.nesting import check_depth, each_once
from batuta.parts.options import check_options
from batuta.parts.plans import (
    Assignment,
    asking_for_answer,
    asking_for_plan,
    read_plan,
    roster_of,
    written,
)

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.together import OnError
    from batuta.core.trace import Decider

LEVELS = "levels of managers left"


@dataclass(frozen=True, kw_only=True)
class Hierarchical(Composed):
    """Lets a manager divide a request among teams. A worker may be a manager with teams of its own.

    Args:
        manager: Plans, as data: ``{"assignments": [{"team", "worker", "task"}]}``, empty where its
            text is the answer; then gets request and results, and answers.
        teams: Team to its workers, which work at the same time.
        in_order: Teams whose workers work one after another, told of what was done before.
        max_depth: Most levels of managers from here down, this one counted.
        on_error: ``partial`` puts together what was done, and tells what was not; ``fail_fast``
            gives up everything at the first error.
        repairs: How often the manager may mend a plan that names strangers.
        limit: Most teams, and most workers of one team, at the same time.
        synthesizer: Puts the results together in the manager's place.
    """

    manager: Agent | str
    teams: Mapping[str, Sequence[Agent | str]]
    in_order: Collection[str] = ()
    max_depth: int = 3
    on_error: OnError = "partial"
    repairs: int = 1
    limit: int | None = None
    synthesizer: Agent | str | None = None
    name: str = "hierarchical"
    role: str = "a manager with teams"
    decides: Decider = "manager"

    def __post_init__(self) -> None:
        check_options(self)
        if not self.teams or not all(self.teams):
            raise ValueError("It needs one team at least, and a name for each.")
        for team, workers in self.teams.items():
            check_members(workers, f"worker of team {team}")
        if strange := [team for team in self.in_order if team not in self.teams]:
            raise ValueError(f"in_order tells of {', '.join(strange)}, no team.")
        if self.max_depth < 1 or self.repairs < 0:
            raise ValueError("max_depth must be 1 or more, repairs 0 or more.")
        self._terms()
        check_depth(self, Hierarchical, self.max_depth)

    def parts(self) -> tuple[Agent | str, ...]:
        """Give the manager and the workers, each once."""
        workers = (worker for team in self.teams.values() for worker in team)
        return each_once((self.manager, self.synthesizer, *workers))

    async def execute(self, message: Message, run: Run) -> Message:
        """Plan, let the teams work, and put the results together."""
        left = min(self.max_depth, message.metadata.get(LEVELS, self.max_depth))
        if left < 1:
            raise RuntimeFailure(self.name, "stands deeper than the max_depth above it allows")
        ran, plan, faults = await self._plan(message, run)
        told: dict[str, Any] = {"refused": faults, "assignments": []}
        if not plan:
            reply = ran[-1].reply
            if faults or reply is None or not reply.text:
                why = "; ".join(faults) or "no assignment, and no answer"
                raise RuntimeFailure(self.name, f"the manager planned nothing to do: {why}")
            return with_record(reply, "hierarchical", ran, stop="manager answered", **told)
        for each in plan:
            run.decide(f"assign {each.worker} of {each.team}", each.task)
        terms = self._terms()
        teams = terms.teams(plan, self.teams, self.in_order)
        task = message.with_metadata(**{LEVELS: left - 1})
        worked = await terms.attempt_all(run, [(team, task) for team in teams])
        terms.settle(run, worked, "no assignment was done")
        results = results_of(teams, worked)
        ask, by = asking_for_answer(message, results), self.synthesizer or self.manager
        wrote = await attempt(run, by, ask, shares_history=True)
        terms.settle(run, [wrote])
        reply = wrote.reply or Message.assistant(with_done(written(results), run))
        told["assignments"] = [{k: each[k] for k in _KEPT} for each in results]
        stop = "done" if wrote.ok else "no synthesis"
        return with_record(reply, "hierarchical", [*ran, *worked, wrote], stop=stop, **told)

    async def _plan(
        self, message: Message, run: Run
    ) -> tuple[list[MemberResult], list[Assignment], list[str]]:
        """Ask the manager for a plan, and again where it names who is not there."""
        roster = roster_of(self.teams)
        ran, plan, faults = list[MemberResult](), list[Assignment](), list[str]()
        while len(ran) <= self.repairs:
            ask = asking_for_plan(message, roster, faults)
            ran.append(await attempt(run, self.manager, ask, shares_history=True))
            Terms(on_error="fail_fast").settle(run, ran)
            plan, faults = read_plan(ran[-1].reply or ask, roster)
            if not faults:
                break
            run.decide("refuse a part of the plan", "; ".join(faults), by="code")
        return ran, plan, faults

    def _terms(self) -> Terms:
        return Terms(on_error=self.on_error, limit=self.limit)


_KEPT = ("team", "worker", "task", "status")
