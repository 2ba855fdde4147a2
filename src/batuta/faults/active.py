"""Faults for whatever is opened within a block."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batuta.faults.plan import FaultPlan

active_plan: ContextVar[FaultPlan | None] = ContextVar("active_plan", default=None)
"""The plan of every assistant that is opened here; None for no faults."""


@contextmanager
def faults(profile: str, *, seed: int = 0, **more: Any) -> Generator[FaultPlan]:
    """Let faults strike the assistants that are opened while the block lasts.

    Gives the plan; ``plan.struck`` says afterwards what happened.

    Args:
        profile: A fault, a seam, ``all``, or several: see ``batuta.faults.profile``.
        more: As ``FaultPlan`` takes it: files, kill, marks.

    Raises:
        ConfigError: There is no such fault.
    """
    from batuta.faults.profiles import fault_plan

    before = active_plan.set(plan := fault_plan(profile, seed=seed, **more))
    try:
        yield plan
    finally:
        active_plan.reset(before)
