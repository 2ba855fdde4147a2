"""What is measured, and what it should be at most."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

HALF = 0.5
Round = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Program to what was measured, as ``mode.function``, to its figures."""


class Row(NamedTuple):
    """One figure.

    Args:
        key: Its name for ``--rows``.
        source: Mode, function and figure, of what the worker tells.
        most: Most times the typed floor.
        most_of_best: Most of the best peer's, as a share; None where that is not told.
        most_itself: Most that the figure itself may be, in its unit.
    """

    key: str
    what: str
    unit: str
    source: tuple[str, str, str]
    most: float | None = None
    most_of_best: float | None = HALF
    most_itself: float | None = None

    def figure(self, told: Round, program: str) -> float | None:
        """Give what a round tells of a program; None where it tells nothing."""
        mode, function, name = self.source
        return told.get(program, {}).get(f"{mode}.{function}", {}).get(name)


_US = "us"
ROWS = (
    Row("M1", "import, CPU", "ms", ("start", "import", "cpu_ms"), 0.95),
    Row("M1a", "import to first answer, CPU", "ms", ("start", "answer", "cpu_ms"), 1.1, None),
    Row("M2", "making an agent with 2 tools", _US, ("core", "made", "cpu_us"), 5),
    Row("M3", "agent, 3 model and 2 tool calls", _US, ("core", "agent", "cpu_us"), 4),
    Row("M4", "each of 1,000 by gather", _US, ("parallel", "fan_out", "cpu_us"), 3.2),
    Row("M4n", "each of 1,000 by its own way", _US, ("parallel", "own_fan_out", "cpu_us"), 3),
    Row("M5", "workflow of 5 agents", _US, ("core", "workflow", "cpu_us"), 4),
    Row("M5f", "workflow of 5 functions", _US, ("core", "functions", "cpu_us"), 8),
    Row("M6", "router", _US, ("core", "router", "cpu_us"), 5),
    Row("M7", "reflection, 3 rounds", _US, ("core", "reflection", "cpu_us"), 5),
    Row("M7h", "3 hand-offs", _US, ("core", "handoffs", "cpu_us"), 5),
    Row("M8w", "1,000 sessions at once, wall", "ms", ("sessions", "agent", "wall_ms"), 1.1, None),
    Row("M8c", "each of 1,000 sessions, CPU", _US, ("sessions", "agent", "cpu_us"), 2.2),
    Row("M8m", "each of 1,000 sessions, memory", "kB", ("sessions", "agent", "kb"), None, HALF, 12),
)


class Verdict(NamedTuple):
    """A row over all rounds: medians, and medians of what each round's ratios are.

    Args:
        best: Whichever peer is the best; empty where none was measured.
    """

    row: Row
    typed: float | None
    ours: float | None
    times: float | None
    best: str
    of_best: float | None

    @property
    def missed(self) -> bool:
        """Whether a target is missed, or cannot be told for want of ours or of the floor."""
        untold = self.ours is None or (self.times is None and self.row.most is not None)
        return untold or any(
            value is not None and most is not None and value > most
            for value, most in (
                (self.times, self.row.most),
                (self.of_best, self.row.most_of_best),
                (self.ours, self.row.most_itself),
            )
        )


def verdict(row: Row, rounds: Sequence[Round], peers: Sequence[str]) -> Verdict:
    """Compare ours with the typed floor and with the best peer."""
    costs = {peer: median_of(row, rounds, peer) for peer in peers}
    known = {peer: cost for peer, cost in costs.items() if cost is not None}
    best = min(known, key=known.__getitem__, default="")
    return Verdict(
        row,
        median_of(row, rounds, "typed"),
        median_of(row, rounds, "ours"),
        _ratio(row, rounds, "typed"),
        best,
        _ratio(row, rounds, best),
    )


def median_of(row: Row, rounds: Sequence[Round], program: str) -> float | None:
    """Give a program's median over the rounds."""
    told = [row.figure(each, program) for each in rounds]
    known = [figure for figure in told if figure is not None]
    return statistics.median(known) if known else None


def _ratio(row: Row, rounds: Sequence[Round], other: str) -> float | None:
    """Give the median of ours by another's, each round's by its own."""
    ratios: list[float] = []
    for each in rounds:
        ours, its = row.figure(each, "ours"), row.figure(each, other)
        if ours is not None and its:
            ratios.append(ours / its)
    return statistics.median(ratios) if ratios else None
