"""What a measured claim is, its interval, and the page that it is written to."""

from __future__ import annotations

import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

RESAMPLES = 2_000


@dataclass(frozen=True, kw_only=True)
class Line:
    """One claim beside what was measured.

    Args:
        holds: Whether the whole interval lies within the claim, or on its better side; "partly"
            where only a part does.
        simulated: What is no real measurement; "nothing" where all is.
        details: Further figures, as rows of a table: what, figure.
    """

    pattern: str
    claim: str
    measured: str
    holds: str
    workload: str
    repeats: str
    simulated: str
    details: Sequence[tuple[str, str]] = field(default_factory=tuple[tuple[str, str], ...])


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    def percent(self) -> str:
        """Write it as percentages."""
        return f"{self.mean:.0%} ({self.low:.0%} to {self.high:.0%})"

    def times(self) -> str:
        """Write it as a multiple."""
        return f"{self.mean:.2f} times ({self.low:.2f} to {self.high:.2f})"


def interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Give the mean and its bootstrap percentile interval.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    luck = random.Random(seed)  # noqa: S311 - resampling, no secret
    means = sorted(statistics.fmean(luck.choices(values, k=len(values))) for _ in range(RESAMPLES))
    low, high = means[round(0.025 * RESAMPLES)], means[round(0.975 * RESAMPLES) - 1]
    return Interval(statistics.fmean(values), low, high)


def verdict(found: Interval, least: float, most: float | None = None) -> str:
    """Say whether a claim of at least ``least`` (up to ``most``) holds."""
    if found.low >= least:
        more = most is not None and found.low > most
        return "yes, and more" if more else "yes"
    return "no" if found.high < least else "not surely"


def page(lines: Sequence[Line], missing: Sequence[str]) -> str:
    """Write the page: a table of all, then each with its workload and details."""
    rows = [
        f"| {one.pattern} | {one.claim} | {one.measured} | {one.holds} | {one.simulated} |"
        for one in lines
    ]
    parts = [_OPENING, *rows, ""]
    if missing:
        parts += [f"Not measured yet: {', '.join(missing)}.", ""]
    for one in lines:
        parts += [f"## {one.pattern}", "", f"{one.workload}", "", f"Repeats: {one.repeats}.", ""]
        if one.details:
            parts += ["| | |", "|---|---|", *(f"| {what} | {n} |" for what, n in one.details), ""]
    return "\n".join(parts).rstrip() + "\n"


_OPENING = """\
# The claims, measured

Articles say what each pattern brings. `make bench-claims` measures it and writes this page: a mean
with its 95 % interval (bootstrap over the repeats), whether the claim holds on that workload, and
what in it is simulated. Other workloads give other figures: measure yours.

| pattern | claim | measured | holds | simulated |
|---|---|---|---|---|"""
