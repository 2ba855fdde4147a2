"""What stands around every operation of a run, and in which order."""

from __future__ import annotations

from batuta.runtimes.local.layers import (
    BudgetLayer,
    DeadlineLayer,
    PolicyLayer,
    RetryLayer,
    TraceLayer,
)

LAYERS: tuple[object, ...] = (
    DeadlineLayer(),
    TraceLayer(),
    PolicyLayer(),
    RetryLayer(),
    BudgetLayer(),
)
"""What stands around every ask, use, call and step, outermost first."""
