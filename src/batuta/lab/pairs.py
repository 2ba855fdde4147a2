"""Two sides on the same scenarios, seeds and faults: how they differ, and whether by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import fmean

from batuta.lab.measures import NO_FAULT
from batuta.lab.results import Comparison, Sample, Subject
from batuta.lab.statistics import Estimate, bootstrap, holm, mcnemar

LEVEL = 0.05
Key = tuple[str, int, str]
Pair = tuple[Sample, Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """By how much a second side differs from a first in one measure.

    Args:
        by: The second less the first, with its interval over scenarios.
        p: That it is chance, before others of its family are thought of.
        adjusted_p: After Holm's adjustment over the family.
        test: How p was found.
    """

    first: float
    second: float
    by: Estimate
    p: float
    adjusted_p: float
    test: str

    @property
    def significant(self) -> bool:
        """Whether it is hardly chance."""
        return self.adjusted_p < LEVEL


def paired(first: Iterable[Sample], second: Iterable[Sample]) -> Sequence[Pair]:
    """Pair samples of the same scenario, seed and fault; what has no partner is left out."""
    others = {key_of(each): each for each in second}
    return [(each, others[key_of(each)]) for each in first if key_of(each) in others]


def key_of(sample: Sample) -> Key:
    """Give what two samples have in common that make a pair."""
    return sample.scenario, sample.seed, sample.fault


def difference(pairs: Sequence[Pair], measure: Callable[[Sample], float]) -> Difference | None:
    """Compare one measure over pairs; None without any.

    Yes and no, each scenario once, is tested by exact McNemar; all else by the bootstrap that
    draws scenarios, as repeats of one are not independent.
    """
    clusters: dict[str, list[float]] = {}
    for one, other in pairs:
        clusters.setdefault(one.scenario, []).append(measure(other) - measure(one))
    resampled = bootstrap(clusters)
    if resampled is None:
        return None
    by, p = resampled
    test = "bootstrap over scenarios"
    differences = [value for values in clusters.values() for value in values]
    if len(clusters) == len(pairs) and set(differences) <= {-1.0, 0.0, 1.0}:
        p, test = mcnemar(differences.count(-1.0), differences.count(1.0)), "exact McNemar"
    return Difference(
        first=fmean(measure(one) for one, _ in pairs),
        second=fmean(measure(other) for _, other in pairs),
        by=by,
        p=p,
        adjusted_p=p,
        test=test,
    )


def adjusted(family: Mapping[str, Difference]) -> Mapping[str, Difference]:
    """Adjust the p values of a family by Holm."""
    values = holm({name: each.p for name, each in family.items()})
    return {name: replace(each, adjusted_p=values[name]) for name, each in family.items()}


def success_pairs(
    comparison: Comparison, fault: str = NO_FAULT
) -> Sequence[tuple[Subject, Subject, Difference]]:
    """Compare the success of every two subjects under one fault; one family."""
    own = {
        subject: [
            each for each in comparison.samples if each.subject == subject and each.fault == fault
        ]
        for subject in comparison.subjects
    }
    sides: dict[str, tuple[Subject, Subject]] = {}
    family: dict[str, Difference] = {}
    for first, second in combinations(comparison.subjects, 2):
        found = difference(paired(own[first], own[second]), lambda each: float(each.succeeded))
        if found is not None:
            name = f"{first.name} / {second.name}"
            sides[name], family[name] = (first, second), found
    return [(*sides[name], each) for name, each in adjusted(family).items()]
