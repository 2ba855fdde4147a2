"""A wall clock that a fault sets forward or back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.core.clock import Clock
    from batuta.faults.plan import FaultPlan


@dataclass(frozen=True, slots=True)
class StruckClock:
    """Another clock, moved by as much as a plan's faults have set it by now.

    What has passed is not moved: an operating system's monotonic clock is not set either.
    """

    inner: Clock
    plan: FaultPlan

    def now(self) -> dt.datetime:
        """Give the other clock's time as it is set."""
        return self.inner.now() + dt.timedelta(seconds=self.plan.clock_moved_s)

    def monotonic(self) -> float:
        """Give the other clock's seconds."""
        return self.inner.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait by the other clock."""
        await self.inner.sleep(seconds)
