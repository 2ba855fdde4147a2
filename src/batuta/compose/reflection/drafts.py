"""Drafts of one answer with what critics think of them: which is the best, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batuta.core.slots import new_list
from batuta.errors import BudgetExceeded, DeadlineExceeded
from batuta.parts.critique import NO_VERDICT, Verdict

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.members import MemberResult

_SLACK = 1e-9
_SHARE_OF_TIME = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class StopRule:
    """When no further draft is written.

    Args:
        max_rounds: Most drafts.
        target: Score from 0 to 1 that is good enough.
        min_gain: What a draft must be better by than the best before it.
        patience: Rounds without such a gain after which it stops.
    """

    max_rounds: int
    target: float
    min_gain: float
    patience: int

    def __post_init__(self) -> None:
        if self.max_rounds < 1 or self.patience < 1:
            raise ValueError("max_rounds and patience must be 1 or more.")
        if not 0 <= self.target <= 1 or not 0 <= self.min_gain <= 1:
            raise ValueError(
                "target and min_gain must be from 0 to 1, whatever the critics' scale."
            )


@dataclass(slots=True)
class Draft:
    """One draft; its verdict is empty until there is one."""

    reply: Message
    verdict: Verdict = NO_VERDICT

    @property
    def worth(self) -> float:
        """The score; below every score where there is none."""
        return -1.0 if self.verdict.score is None else self.verdict.score


@dataclass(slots=True)
class Drafts:
    """All drafts of one answer, in their order."""

    rule: StopRule
    made: list[Draft] = field(default_factory=new_list)

    @property
    def best(self) -> Draft:
        """The draft with the highest score, the first of equals."""
        return max(self.made, key=lambda draft: draft.worth)

    def stop(self) -> str:
        """Say why no further draft is written; empty where one is."""
        last = self.made[-1]
        unscored = "no score" if last.verdict.score is None else ""
        if over := ended(last.verdict.asked, unscored):
            return over
        if last.worth >= self.rule.target - _SLACK:
            return "target"
        if self._stale() >= self.rule.patience:
            return "no improvement"
        return "max rounds" if len(self.made) >= self.rule.max_rounds else ""

    def _stale(self) -> int:
        """Count the rounds since the last gain."""
        best, stale = -1.0, 0
        for draft in self.made:
            stale = 0 if draft.worth > best + self.rule.min_gain + _SLACK else stale + 1
            best = max(best, draft.worth)
        return stale

    def to_json(self) -> dict[str, Any]:
        """Tell the scores, and which draft is the best, from 1."""
        verdicts = [draft.verdict for draft in self.made]
        return {
            "rounds": [{"score": v.score, "scores": dict(v.scores)} for v in verdicts],
            "best": self.made.index(self.best) + 1,
            "score": self.best.verdict.score,
        }

    def left_s(self, run: Run) -> float | None:
        """Give the seconds for a call that leave time to answer with the draft that there is."""
        deadline = run.job.deadline
        if deadline is None or not self.made:
            return None
        return _SHARE_OF_TIME * max(0.0, deadline - run.job.clock.monotonic())


def ended(ran: Sequence[MemberResult], otherwise: str = "") -> str:
    """Say whether it was the budget, time included, that kept one of them from answering."""
    return "budget" if any(map(_out_of_budget, ran)) else otherwise


def _out_of_budget(ran: MemberResult) -> bool:
    error = ran.error
    timed_out = isinstance(error, DeadlineExceeded) and error.whose == ran.agent
    return timed_out or isinstance(error, BudgetExceeded)
