"""Plans by name: single faults, a seam's, or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from batuta.errors import ConfigError
from batuta.faults.agents import LINES
from batuta.faults.layer import CLOCKS, KILL
from batuta.faults.models import ERRORS, SLOW, SPOILS
from batuta.faults.plan import FaultPlan, PlannedFault, Seam
from batuta.faults.tools import EXIT, STORES, WRITING_TOOLS

NONE, ALL = "none", "all"
_GROUP_RATE = 0.1
_KINDS: Mapping[Seam, tuple[str, ...]] = {
    "model": (*ERRORS, SLOW, *SPOILS),
    "tool": WRITING_TOOLS,
    "transport": LINES,
    "store": STORES,
    "process": (KILL, EXIT),
    "clock": CLOCKS,
}
_SECONDS = {
    "model-slow": 0.2,
    "tool-slow": 0.2,
    "transport-delay": 0.2,
    "clock-jump": 86_400.0,
    "clock-back": -86_400.0,
    "clock-dst": 3_600.0,
}
SEAMS: tuple[str, ...] = tuple(_KINDS)


@cache
def single_faults() -> Mapping[str, PlannedFault]:
    """Give every fault by its name, as it strikes the first call that it can happen to."""
    return {
        f"{seam}-{kind}": PlannedFault(
            seam=seam,
            kind=kind,
            calls=(1,),
            most=1,
            seconds=_SECONDS.get(f"{seam}-{kind}", 0.0),
        )
        for seam, kinds in _KINDS.items()
        for kind in kinds
    }


def profile(name: str) -> tuple[PlannedFault, ...]:
    """Give the faults of a profile: ``none``, ``all``, a seam, a single fault, or a sum of them.

    ``tool-half-done`` strikes once, the first call that it can happen to; ``tool-half-done@0.3``
    three in ten of them, ``@1`` all, and ``tool-half-done:book`` a use of ``book``. A seam
    strikes one call in ten, or as many as it says, by one or another of its faults; ``all`` is
    every seam so. ``model@0.05+clock-dst`` is both.

    Raises:
        ConfigError: There is no such fault, or the rate is none.
    """
    return tuple(fault for part in name.split("+") for fault in _part(part.strip()))


def fault_plan(name: str, *, seed: int = 0, **more: Any) -> FaultPlan:
    """Make the plan of a profile, for one conversation or test.

    Args:
        more: As ``FaultPlan`` takes it: files, kill, marks.

    Raises:
        ConfigError: As ``profile`` raises it.
    """
    return FaultPlan(faults=profile(name), seed=seed, **more)


def _part(part: str) -> tuple[PlannedFault, ...]:
    head, _, told = part.partition("@")
    name, _, only = head.partition(":")
    rate = _rate(part, told) if told else None
    if name == NONE:
        return ()
    known = single_faults()
    if name in known:
        found = replace(known[name], only=only)
        return (found if rate is None else replace(found, rate=rate, calls=(), most=None),)
    if name != ALL and name not in SEAMS:
        raise ConfigError(
            f"There is no fault {name!r}",
            f"Use none, all, {', '.join(SEAMS)}, or one of: {', '.join(known)}.",
        )
    often = _GROUP_RATE if rate is None else rate
    return tuple(
        replace(each, rate=often / len(_KINDS[each.seam]), calls=(), most=None, only=only)
        for each in known.values()
        if name in (ALL, each.seam)
    )


def _rate(part: str, told: str) -> float:
    try:
        rate = float(told)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 1:
        raise ConfigError(f"Fault {part!r} has no rate", "Give it from 0 to 1: tool-error@0.2.")
    return rate
