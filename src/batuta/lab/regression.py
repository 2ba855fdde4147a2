"""What has become worse since the last comparison, and whether that is hardly chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from batuta.errors import ConfigError
from batuta.lab.pairs import Difference, adjusted, difference, paired
from batuta.lab.results import Comparison, Sample, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measure of one subject under one fault, last time and now.

    Args:
        worse: Whether it moved to the bad side at all.
    """

    subject: Subject
    fault: str
    measure: str
    found: Difference
    worse: bool

    @property
    def drop(self) -> bool:
        """Whether it is worse, and hardly by chance."""
        return self.worse and self.found.significant


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """The changes from one comparison to the next.

    Args:
        changes: What differs at all.
        pairs: Samples that both have.
        gone: Subjects that the last one had and this one has not.
    """

    changes: Sequence[Change]
    pairs: int
    gone: Sequence[Subject]

    @property
    def drops(self) -> Sequence[Change]:
        """Give what fails the comparison."""
        return [each for each in self.changes if each.drop]


class Comparable(Protocol):
    """What must be alike for two comparisons to have anything in common."""

    @property
    def app(self) -> str: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def subjects(self) -> tuple[Subject, ...]: ...  # noqa: D102


def check_comparable(last: Comparison, now: Comparable) -> None:
    """See, before anything is run, that there will be something to compare.

    Raises:
        ConfigError: They are of different Apps or seeds, or have no subject in common.
    """
    if last.app != now.app:
        raise ConfigError(
            f"the last comparison is of {last.app}, this one of {now.app}",
            "Name a report of the same App after --against.",
        )
    if last.seed != now.seed:
        raise ConfigError(
            f"the last comparison has seed {last.seed}, this one {now.seed}: no pairs can be made",
            f"Give --seed {last.seed}.",
        )
    if not set(last.subjects) & set(now.subjects):
        names = "; ".join(each.name for each in last.subjects)
        raise ConfigError(
            f"the last comparison has none of these subjects, but {names}",
            "Compare one of them again.",
        )


def compare_with(last: Comparison, now: Comparison) -> Regression:
    """Compare two comparisons of one App on what both have run.

    Raises:
        ConfigError: They are of different Apps or seeds, or have no sample in common.
    """
    check_comparable(last, now)
    family: dict[str, Difference] = {}
    of: dict[str, tuple[Subject, str, str]] = {}
    shared = 0
    for subject in now.subjects:
        for fault in now.faults:
            pairs = paired(_own(last, subject, fault), _own(now, subject, fault))
            shared += len(pairs)
            for measure, (count, _) in MEASURES.items():
                found = difference(pairs, count)
                if found is not None and found.first != found.second:
                    name = f"{subject.name} / {fault} / {measure}"
                    family[name], of[name] = found, (subject, fault, measure)
    if not shared:
        raise ConfigError(
            "the last comparison has no scenario and fault in common with this one",
            "Compare again with the scenarios and faults of the report after --against.",
        )
    return Regression(
        changes=[_change(of[name], each) for name, each in adjusted(family).items()],
        pairs=shared,
        gone=[each for each in last.subjects if each not in now.subjects],
    )


def _own(comparison: Comparison, subject: Subject, fault: str) -> Sequence[Sample]:
    return [e for e in comparison.samples if e.subject == subject and e.fault == fault]


def _change(of: tuple[Subject, str, str], found: Difference) -> Change:
    subject, fault, measure = of
    _, better = MEASURES[measure]
    return Change(
        subject=subject,
        fault=fault,
        measure=measure,
        found=found,
        worse=(found.second - found.first) * better < 0,
    )


MEASURES: Mapping[str, tuple[Callable[[Sample], float], int]] = {
    "success": (lambda each: float(each.succeeded), 1),
    "false claims": (lambda each: float(each.false_claims > 0), -1),
    "wrong bookings": (lambda each: float(each.wrong_bookings > 0), -1),
    "double bookings": (lambda each: float(each.double_bookings > 0), -1),
}
"""What is compared: how it is counted, and which way is better."""
