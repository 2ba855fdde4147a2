"""Judges what the store holds by what a scenario says that it must hold."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from batuta.core.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What of a store's state is as it should be.

    Args:
        missing: Goals that nothing in the store meets.
        wrong: New lines that no goal wants, and lines that were there and are gone.
        double: New lines that a goal wants, once more than it does.
        forbidden: Lines that must never be there.
    """

    missing: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    double: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether all is as it should be."""
        return not (self.missing or self.wrong or self.double or self.forbidden)

    @property
    def reason(self) -> str:
        """Say what is not as it should be; empty where all is."""
        said = (
            ("must never be there", self.forbidden),
            ("not wanted", self.wrong),
            ("there twice", self.double),
            ("not there", self.missing),
        )
        return "; ".join(f"{what}: {', '.join(lines)}" for what, lines in said if lines)


def judged(scenario: Scenario, start: Sequence[str], end: Sequence[str]) -> Judgement:
    """Judge the state at the end of a conversation against that at its start."""
    if scenario.holds is None:
        return Judgement(forbidden=forbidden(scenario.never, end))
    new, gone = _changes(start, end)
    left = list(new)
    kept = [line for line in end if line in start]
    missing: list[str] = []
    for goal in scenario.holds:
        met = next((line for line in left if fits(goal, line)), None)
        if met is not None:
            left.remove(met)
        elif not is_optional(goal) and not any(fits(goal, line) for line in kept):
            missing.append(goal)
    double = tuple(line for line in left if any(fits(goal, line) for goal in scenario.holds))
    wrong = tuple(line for line in left if line not in double)
    return Judgement(
        missing=tuple(missing),
        wrong=(*wrong, *(f"{line} (was there)" for line in gone)),
        double=double,
        forbidden=forbidden(scenario.never, end),
    )


def forbidden(never: Iterable[str], state: Iterable[str]) -> tuple[str, ...]:
    """Give the lines that must never be there."""
    patterns = tuple(never)
    return tuple(line for line in state if any(fits(each, line) for each in patterns))


def added(start: Sequence[str], end: Sequence[str]) -> int:
    """Count the lines that are new."""
    return len(_changes(start, end)[0])


def is_optional(goal: str) -> bool:
    """Tell whether a goal says what may be there, and need not."""
    return goal.startswith(_MAY)


def fits(goal: str, line: str) -> bool:
    """Tell whether a line meets a goal.

    >>> fits("*T15:00/A ana | *T15:00/B ana", "2031-03-06T15:00/B ana")
    True
    """
    return _pattern(goal).fullmatch(line) is not None


_MAY = "?"


@lru_cache(maxsize=1024)
def _pattern(goal: str) -> re.Pattern[str]:
    ways = (each.strip().split("*") for each in goal.removeprefix(_MAY).split("|"))
    return re.compile("|".join(".*".join(map(re.escape, parts)) for parts in ways), re.DOTALL)


def _changes(start: Sequence[str], end: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    before, after = Counter(start), Counter(end)
    return tuple((after - before).elements()), tuple((before - after).elements())
