"""For tests of your own: models, a store to look into, a talk in one call, and what to assert."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
_HOME = {name: module for module, names in _HOMES.items() for name in names}

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


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
