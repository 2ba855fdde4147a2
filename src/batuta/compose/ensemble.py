"""Several agents answer the same question, and the answer they vote for is given.

**Decides:** the vote; where nobody wins it, nobody decides, and it abstains with the ballot.
**Model calls:** the sum over the voters, and 1 where a model judges which answers are alike.
**Fails when:** the voters err together, or the answers cannot be compared.
**Source:** Condorcet's jury theorem (1785); Wang et al., "Self-consistency improves chain of
thought reasoning" (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batuta.errors import BudgetExceeded
from batuta.parts.aggregation import elected
from batuta.parts.ballots import Election
from batuta.parts.members import (
    Composed,
    attempt_all,
    check_members,
    failure,
    with_record,
)
from batuta.parts.options import check_options

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class Ensemble(Election, Composed):
    """Lets its voters vote; ``Election`` has the options of the count.

    The answer is the winner's own message, data and metadata included: of those who voted for it,
    that of the weightiest, and of equals the first in the order given. A voter that fails, or whose
    answer cannot be counted, stays in the denominator. Labels that voters declare as an attribute
    ``labels`` must be the same for all, and are then the only ones that count.

    Args:
        voters: Agents, or names of registered ones.
        limit: Most voters at work at the same time; None for all.
        timeout_s: Most seconds for each voter; None for the run's.
        shares_history: Let voters see the conversation and add to it.
    """

    voters: Sequence[Agent | str]
    name: str = "ensemble"
    role: str = "gives the answer that several agents vote for"
    limit: int | None = None
    timeout_s: float | None = None
    shares_history: bool = False
    decides: Decider = "code"

    def __post_init__(self) -> None:
        check_options(self)
        self.check(check_members(self.voters, "voter"))
        self._declared()

    def parts(self) -> Sequence[Agent | str]:
        """Give the voters."""
        return self.voters

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask all voters, count, and give the winner's answer or abstain."""
        ran = await attempt_all(
            run,
            [(voter, message) for voter in self.voters],
            limit=self.limit,
            timeout_s=self.timeout_s,
            shares_history=self.shares_history,
        )
        if not any(m.ok for m in ran):
            raise failure(run, ran, f"all {len(ran)} voters failed")
        ballot = await replace(self, labels=self._declared()).hold(ran, run)
        if ballot.winner is None and any(isinstance(m.error, BudgetExceeded) for m in ran):
            raise failure(run, ran, f"the budget ended the vote: {ballot.why}")
        reply = elected(ballot, ran, run)
        stop = "abstained" if ballot.winner is None else "elected"
        return with_record(reply, "ensemble", ran, stop=stop, ballot=ballot.to_json())

    def _declared(self) -> Sequence[str]:
        """Give the labels that may be voted for: the options', or those that all voters declare.

        Raises:
            ValueError: Two of them differ.
        """
        told = [getattr(voter, "labels", None) for voter in self.voters]
        sets = [(self.name, tuple(self.labels))] if self.labels else []
        sets += [
            (name, tuple(map(str, labels)))
            for name, labels in zip(check_members(self.voters, "voter"), told, strict=True)
            if labels
        ]
        for name, labels in sets[1:]:
            if set(labels) != set(sets[0][1]):
                raise ValueError(
                    f"{name} votes for {', '.join(labels)}, {sets[0][0]} for "
                    f"{', '.join(sets[0][1])}; one vote needs one set of labels."
                )
        return sets[0][1] if self.labels or (sets and all(told)) else ()
