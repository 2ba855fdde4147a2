"""Puts planned faults under an assistant; where none are planned, nothing is there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from batuta.core.agent import is_remote

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.clock import Clock
    from batuta.faults import FaultPlan, ToldFaults


def told_faults(folder: Path) -> ToldFaults:
    """Give what another process says in a folder, as it changes."""
    from batuta.faults import ToldFaults

    return ToldFaults(folder=folder)


def fault_layers(
    plan: FaultPlan | ToldFaults | None, agents: Iterable[Agent]
) -> tuple[object, ...]:
    """Give what stands innermost of all around a run's calls.

    Args:
        agents: Those of the style, some of which may work elsewhere.
    """
    if plan is None:
        return ()
    from batuta.faults import FaultLayer, ToldFaultLayer, ToldFaults

    if isinstance(plan, ToldFaults):
        return (ToldFaultLayer(plan),)
    if not plan.faults and plan.turns is None:
        return ()

    return (FaultLayer(plan, [agent for agent in agents if is_remote(agent)]),)


def faulty_clock(plan: FaultPlan | ToldFaults | None, clock: Clock) -> Clock:
    """Give the clock as the plan's faults set it; the same where none of them does."""
    if plan is None:
        return clock
    from batuta.faults import StruckClock, ToldClock, ToldFaults

    if isinstance(plan, ToldFaults):
        return ToldClock(clock, plan)
    sets = any(fault.seam == "clock" for fault in plan.faults)
    return StruckClock(clock, plan) if sets else clock
