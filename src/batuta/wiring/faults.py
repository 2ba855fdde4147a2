"""Puts planned faults under an assistant; where none are planned, nothing is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from batuta.core.agent import is_remote

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.clock import Clock
    from batuta.faults import FaultPlan


def fault_layers(plan: FaultPlan | None, agents: Iterable[Agent]) -> tuple[object, ...]:
    """Give what stands innermost of all around a run's calls.

    Args:
        agents: Those of the style, some of which may work elsewhere.
    """
    if plan is None or not plan.faults:
        return ()
    from batuta.faults import FaultLayer

    return (FaultLayer(plan, [agent for agent in agents if is_remote(agent)]),)


def faulty_clock(plan: FaultPlan | None, clock: Clock) -> Clock:
    """Give the clock as the plan's faults set it; the same where none of them does."""
    if plan is None or not any(fault.seam == "clock" for fault in plan.faults):
        return clock
    from batuta.faults import StruckClock

    return StruckClock(clock, plan)
