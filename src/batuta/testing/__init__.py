"""For tests of your own: models, a store to look into, a talk in one call, and what to assert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.core.lazy import lazy_names

if TYPE_CHECKING:
    from batuta.faults import FaultPlan, PlannedFault, StruckFault, fault_plan, faults
    from batuta.testing.asserts import assert_decided, assert_effects, assert_used
    from batuta.testing.conversation import talk
    from batuta.testing.faulty import Fault, FaultyModel, Inject, Injected
    from batuta.testing.memory_table import MemoryTable
    from batuta.testing.recorded import VOLATILE, Recorder, Recording, RecordingModel, ReplayModel
    from batuta.testing.scripted import ScriptedModel, calls

# Each is loaded when it is first asked for: whoever follows a script needs no recorder.
_HOMES = {
    "batuta.faults": ("FaultPlan", "PlannedFault", "StruckFault", "fault_plan", "faults"),
    "batuta.testing.asserts": ("assert_decided", "assert_effects", "assert_used"),
    "batuta.testing.memory_table": ("MemoryTable",),
    "batuta.testing.conversation": ("talk",),
    "batuta.testing.faulty": ("Fault", "FaultyModel", "Inject", "Injected"),
    "batuta.testing.recorded": (
        *("VOLATILE", "Recorder", "Recording", "RecordingModel", "ReplayModel"),
    ),
    "batuta.testing.scripted": ("ScriptedModel", "calls"),
}

__all__ = [
    "VOLATILE",
    "Fault",
    "FaultPlan",
    "FaultyModel",
    "Inject",
    "Injected",
    "MemoryTable",
    "PlannedFault",
    "Recorder",
    "Recording",
    "RecordingModel",
    "ReplayModel",
    "ScriptedModel",
    "StruckFault",
    "assert_decided",
    "assert_effects",
    "assert_used",
    "calls",
    "fault_plan",
    "faults",
    "talk",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
