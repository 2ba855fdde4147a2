"""Faults at every seam under a Run, by a seed: what the lab injects, and users' own tests may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.lazy import lazy_names

if TYPE_CHECKING:
    from batuta.faults.active import active_plan, faults
    from batuta.faults.clock import StruckClock
    from batuta.faults.ending import Ended, ended, lie_in
    from batuta.faults.layer import FaultLayer
    from batuta.faults.plan import FaultPlan, PlannedFault, StruckFault
    from batuta.faults.profiles import fault_plan, profile, single_faults
    from batuta.faults.tools import RIVAL

_HOMES = {
    "batuta.faults.active": ("active_plan", "faults"),
    "batuta.faults.clock": ("StruckClock",),
    "batuta.faults.ending": ("Ended", "ended", "lie_in"),
    "batuta.faults.layer": ("FaultLayer",),
    "batuta.faults.plan": ("FaultPlan", "PlannedFault", "StruckFault"),
    "batuta.faults.profiles": ("fault_plan", "profile", "single_faults"),
    "batuta.faults.tools": ("RIVAL",),
}

__all__ = [
    "RIVAL",
    "Ended",
    "FaultLayer",
    "FaultPlan",
    "PlannedFault",
    "StruckClock",
    "StruckFault",
    "active_plan",
    "ended",
    "fault_plan",
    "faults",
    "lie_in",
    "profile",
    "single_faults",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
