"""Faults in a process that another one has started, which says in a folder what shall strike.

Whoever starts it keeps it for many conversations, each with faults of its own: so the plan is read
again whenever it has changed, at the next call.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batuta.faults.layer import FaultLayer
from batuta.faults.marks import StruckMarks
from batuta.faults.profiles import fault_plan

if TYPE_CHECKING:
    from batuta.core.clock import Clock
    from batuta.core.layers import Proceed
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, UseOp
    from batuta.faults.plan import FaultPlan

_PLAN, _MARKS = "plan.json", "marks"


def tell_faults(folder: Path, profile: str, *, seed: int) -> StruckMarks:
    """Say which faults shall strike from now on; an empty profile is none."""
    marks = folder / _MARKS
    shutil.rmtree(marks, ignore_errors=True)
    marks.mkdir(parents=True)
    aside = folder / f"{_PLAN}.new"
    aside.write_text(json.dumps({"profile": profile, "seed": seed}), encoding="utf-8")
    aside.replace(folder / _PLAN)
    return StruckMarks(folder=marks)


@dataclass(kw_only=True)
class ToldFaults:
    """The plan that stands in a folder now."""

    folder: Path
    _read: object = None
    _plan: FaultPlan | None = field(default=None)

    def plan(self) -> FaultPlan | None:
        """Give it; None where nothing shall strike."""
        try:
            found = (self.folder / _PLAN).stat()
        except FileNotFoundError:
            return None
        of = (found.st_ino, found.st_mtime_ns)
        if of != self._read:
            self._read, self._plan = of, self._made()
        return self._plan

    def _made(self) -> FaultPlan | None:
        said = json.loads((self.folder / _PLAN).read_text(encoding="utf-8"))
        if not said["profile"]:
            return None
        marks = self.folder / _MARKS
        shared = StruckMarks(folder=marks)
        return fault_plan(said["profile"], seed=said["seed"], marks=marks, shared=shared)


@dataclass(frozen=True, slots=True)
class ToldFaultLayer:
    """Lets strike what is said now; the lines from here to other agents are whole."""

    told: ToldFaults

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """See ``FaultLayer.ask``."""
        layer = self._layer()
        return await (proceed(op) if layer is None else layer.ask(op, proceed))

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
        """See ``FaultLayer.use``."""
        layer = self._layer()
        return await (proceed(op) if layer is None else layer.use(op, proceed))

    def _layer(self) -> FaultLayer | None:
        plan = self.told.plan()
        return None if plan is None else FaultLayer(plan)


@dataclass(frozen=True, slots=True)
class ToldClock:
    """Another clock, as it is set by what is said now."""

    inner: Clock
    told: ToldFaults

    def now(self) -> dt.datetime:
        """Give the other clock's time as it is set."""
        plan = self.told.plan()
        return self.inner.now() + dt.timedelta(seconds=0 if plan is None else plan.clock_moved_s)

    def monotonic(self) -> float:
        """Give the other clock's seconds."""
        return self.inner.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait by the other clock."""
        await self.inner.sleep(seconds)
