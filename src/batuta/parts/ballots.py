"""Counting votes: by number, by weight, by confidence, with a quorum and a share to reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from batuta.core.slots import new_dict
from batuta.parts.likeness import CaseAndSpace, Likeness

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.members import MemberResult

Rule = Literal["majority", "unanimous", "weighted", "confidence", "most_confident"]
_TOLD = ("confidence", "most_confident")
"""Rules that count what each voter says of its own confidence."""
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class SingleVote:
    """One voter's vote.

    Args:
        label: What it voted for; None for no valid vote.
        weight: What it counts; of a vote that is not valid, what it would count at most.
        why: Why it is not valid.
    """

    voter: str
    label: str | None
    weight: float = 1.0
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ballot:
    """Votes, counted.

    Args:
        tally: Weight behind each label, in the order of the first vote for it.
        of: Weight of all who count: the denominator.
        share: The leading label's part of it.
        needed: What share the winner needs; None for more than half.
        winner: None where nobody reached it.
        tied: Labels that led together, where more than one did.
        why: The outcome in words.
    """

    rule: Rule
    votes: tuple[SingleVote, ...]
    tally: Mapping[str, float]
    of: float
    share: float
    needed: float | None
    winner: str | None
    tied: tuple[str, ...] = ()
    why: str = ""

    def elected(self) -> int | None:
        """Give the place of the winner's weightiest voter, the first of equals; None without."""
        for_it = [at for at, vote in enumerate(self.votes) if self.winner == vote.label is not None]
        return max(for_it, key=lambda at: self.votes[at].weight, default=None)

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        made: dict[str, Any] = {
            "rule": self.rule,
            "winner": self.winner,
            "why": self.why,
            "share": self.share,
            "needed": "more than half" if self.needed is None else self.needed,
            "of": self.of,
            "tally": [{"label": k, "weight": v} for k, v in self.tally.items()],
            "votes": [_told(vote) for vote in self.votes],
        }
        if self.tied:
            made["tied"] = list(self.tied)
        return made


def _told(vote: SingleVote) -> dict[str, Any]:
    made: dict[str, Any] = {"voter": vote.voter, "label": vote.label, "weight": vote.weight}
    return {**made, "why": vote.why} if vote.why else made


def count(
    votes: Sequence[SingleVote],
    *,
    rule: Rule = "majority",
    needed: float | None = None,
    quorum: int | None = None,
) -> Ballot:
    """Count votes; of labels that lead together, the one that was voted for first leads.

    Args:
        needed: Share that the winner needs, 0 to 1; None for more than half, or all if unanimous.
        quorum: Valid votes there must be, and the share is then of those; None for the share of all
            voters, whether they voted or not.

    >>> count([SingleVote("a", "x"), SingleVote("b", "y"), SingleVote("c", "x")]).winner
    'x'
    >>> count([SingleVote("a", "x"), SingleVote("b", None), SingleVote("c", None)]).winner is None
    True
    >>> votes = [SingleVote("a", "x", 0.5), SingleVote("b", "x", 0.6), SingleVote("c", "y", 0.9)]
    >>> count(votes, rule="confidence", needed=0.5).winner
    'x'
    >>> count(votes, rule="most_confident").winner
    'y'
    """
    if rule == "unanimous":
        needed = 1.0
    valid = [vote for vote in votes if vote.label is not None]
    tally: dict[str, float] = {}
    alone = rule == "most_confident"
    for vote in valid:
        before = tally.get(str(vote.label), 0.0)
        tally[str(vote.label)] = max(before, vote.weight) if alone else before + vote.weight
    of = math.fsum(vote.weight for vote in (votes if quorum is None else valid))
    if alone:
        of, needed = 1.0, needed or 0.0
    top = max(tally.values(), default=0.0)
    leading = [label for label, weight in tally.items() if weight >= top - _SLACK]
    share = top / of if of > 0 else 0.0
    enough = share > 0.5 + _SLACK if needed is None else share >= needed - _SLACK
    ballot: dict[str, Any] = {
        "rule": rule, "votes": tuple(votes), "tally": tally, "of": of, "share": share,
        "needed": needed, "tied": tuple(leading) if len(leading) > 1 else (),
    }  # fmt: skip
    if quorum is not None and len(valid) < quorum:
        why = f"{len(valid)} valid votes of {len(votes)}, quorum {quorum}"
        return Ballot(**ballot, winner=None, why=why)
    if top <= 0 or not enough:
        return Ballot(**ballot, winner=None, why=_short(leading, share, needed))
    why = f"{share:.0%} for {_cut(leading[0])}" + (", first of equals" if leading[1:] else "")
    return Ballot(**ballot, winner=leading[0], why=why)


def _short(leading: Sequence[str], share: float, needed: float | None) -> str:
    wanted = "more than 50%" if needed is None else f"{needed:.0%}"
    if not leading or share <= 0:
        return "no valid vote counts"
    return f"{share:.0%} for {' and '.join(map(_cut, leading))}, {wanted} needed"


def _cut(label: str) -> str:
    line = " ".join(label.split())
    return line if len(line) <= 60 else f"{line[:59]}…"


@dataclass(frozen=True, kw_only=True)
class Election:
    """How answers are turned into votes and counted.

    Args:
        rule: ``majority`` counts voters; ``unanimous`` wants all; ``weighted`` counts the voters'
            ``weights``; ``confidence`` adds up what each says of itself, 0 to 1;
            ``most_confident`` gives the single answer that says most, whoever else says what.
        threshold: Share that the winner needs, 0 to 1; None for more than half. Of the single most
            confident answer the confidence itself; None for any above 0.
        quorum: Valid votes there must be, and the share is then of those; None for the share of all
            configured voters, whether they voted or not.
        weights: Voter to weight, for ``weighted``: one for each.
        like: When two answers are one vote.
        labels: What may be voted for; empty for anything.
        confidence: Field of an answer's data that tells its confidence.
    """

    rule: Rule = "majority"
    threshold: float | None = None
    quorum: int | None = None
    weights: Mapping[str, float] = field(default_factory=new_dict)
    like: Likeness = field(default_factory=CaseAndSpace)
    labels: Sequence[str] = ()
    confidence: str = "confidence"

    def check(self, voters: Sequence[str] | None = None) -> None:
        """Refuse options that cannot work.

        Args:
            voters: Their names, where they are known.

        Raises:
            ValueError: They cannot.
        """
        if self.rule not in get_args(Rule):
            raise ValueError(f"There is no rule {self.rule!r}: {', '.join(get_args(Rule))}.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise ValueError("threshold must be a share from 0 to 1, or None for more than half.")
        if self.rule == "unanimous" and self.threshold is not None:
            raise ValueError("rule='unanimous' needs all votes; give it no threshold.")
        if isinstance(self.labels, str) or len(set(self.labels)) != len(self.labels):
            raise ValueError("labels must be a list in which each stands once.")
        self._check_weights(voters)
        most = math.inf if voters is None else len(voters)
        if self.quorum is not None and not 1 <= self.quorum <= most:
            raise ValueError(f"quorum must be from 1 to the number of voters, {most}.")

    def _check_weights(self, voters: Sequence[str] | None) -> None:
        if (self.rule == "weighted") != bool(self.weights):
            raise ValueError("rule='weighted' needs weights, and no other rule takes them.")
        if not all(math.isfinite(w) and w >= 0 for w in self.weights.values()):
            raise ValueError("Weights must be finite and 0 or more.")
        if self.weights and not any(self.weights.values()):
            raise ValueError("One weight at least must be above 0.")
        if voters is not None and self.weights and set(self.weights) != set(voters):
            odd = ", ".join(sorted(set(self.weights) ^ set(voters)))
            raise ValueError(f"Weights and voters must be the same names; not so: {odd}.")

    async def hold(self, answers: Sequence[MemberResult], run: Run) -> Ballot:
        """Turn answers into votes and count them; a voter that failed has no valid vote."""
        read = [None if a.reply is None else self.like.read(a.reply) for a in answers]
        told = [at for at, text in enumerate(read) if text is not None]
        texts = [*self.labels, *(str(read[at]) for at in told)]
        heads = (await self.like.same(texts, run))[len(self.labels) :]
        votes = [self._no_vote(a, "gave nothing to compare") for a in answers]
        for at, head in zip(told, heads, strict=True):
            votes[at] = self._vote(answers[at], None if head is None else texts[head], head)
        return count(votes, rule=self.rule, needed=self.threshold, quorum=self.quorum)

    def _vote(self, answer: MemberResult, label: str | None, head: int | None) -> SingleVote:
        if label is None or head is None:
            return self._no_vote(answer, "cannot be compared")
        if self.labels and head >= len(self.labels):
            return self._no_vote(answer, f"{_cut(label)!r} is none of the labels")
        if self.rule not in _TOLD or answer.reply is None:
            return SingleVote(answer.agent, label, self._most(answer))
        sure = confidence_of(answer.reply, self.confidence)
        if sure is None:
            return self._no_vote(answer, f"no {self.confidence} from 0 to 1")
        return SingleVote(answer.agent, label, sure)

    def _no_vote(self, answer: MemberResult, why: str) -> SingleVote:
        return SingleVote(answer.agent, None, self._most(answer), why if answer.ok else answer.how)

    def _most(self, answer: MemberResult) -> float:
        """Give what a voter counts at most; whom no weight was given for counts nothing."""
        return self.weights.get(answer.agent, 0.0) if self.rule == "weighted" else 1.0


def confidence_of(answer: Message, name: str = "confidence") -> float | None:
    """Read the confidence an answer tells; None where it tells none from 0 to 1."""
    value = None if answer.data is None else answer.data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None  # of NaN neither holds


def majority_right(voters: int, right: float) -> float:
    """Give the probability that a majority of independent voters is right between two answers.

    The exact binomial sum. Of an even number, half of the ties count: with ``threshold=0.5`` the
    first voter decides them, and in a tie it is right as often as not.

    Args:
        right: Probability that one voter is right.

    Source: Condorcet's jury theorem (1785).

    >>> round(majority_right(3, 0.8), 3)
    0.896
    """
    if voters < 1 or not 0 <= right <= 1:
        raise ValueError("It needs one voter at least, and a probability from 0 to 1.")

    def exactly(number: int) -> float:
        return math.comb(voters, number) * right**number * (1 - right) ** (voters - number)

    won = math.fsum(exactly(number) for number in range(voters // 2 + 1, voters + 1))
    return won if voters % 2 else won + exactly(voters // 2) / 2
