"""The layer in which a plan's faults strike, innermost of those around a Run's calls."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from batuta.core.principal import WRITE
from batuta.faults.agents import LINES, StruckAgent
from batuta.faults.models import StruckModel
from batuta.faults.tools import ALL_TOOLS, EXIT, STORES, WRITING_TOOLS, StruckTool

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.layers import Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, UseOp
    from batuta.faults.plan import FaultPlace, FaultPlan, PlannedFault

CLOCKS = ("jump", "back", "dst")
KILL = "kill"


class FaultLayer:
    """Lets faults strike at models, tools, stores, clocks and agents elsewhere.

    What stands around it meets them as it would meet real ones: retries, budgets and the trace.

    Args:
        elsewhere: The agents that work in other processes.
    """

    def __init__(self, plan: FaultPlan, elsewhere: Iterable[Agent] = ()) -> None:
        self._plan, self._elsewhere = plan, {agent.name: agent for agent in elsewhere}

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """Ask a model that may fail."""
        await self._turn(op)
        place, real = self._place(op), op.model
        op.model = StruckModel(inner=real, plan=self._plan, place=place, clock=op.run.job.clock)
        try:
            return await proceed(op)
        finally:
            op.model = real

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
        """Use a tool that may fail, or whose store may."""
        await self._turn(op)
        place, real = self._place(op), op.tool
        writes = real.effect == WRITE
        fault = self._plan.struck_one("tool", place, WRITING_TOOLS if writes else ALL_TOOLS)
        if fault is None and writes:
            fault = self._plan.struck_one("store", place, STORES) or self._exit(place)
        if fault is None:
            return await proceed(op)
        op.tool = StruckTool(real, fault, self._plan)
        try:
            return await proceed(op)
        finally:
            op.tool = real

    async def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Message:
        """Call an agent; where it works elsewhere, its process or the line to it may fail."""
        if op.name not in self._elsewhere:
            return await proceed(op)
        await self._turn(op)
        plan, place = self._plan, self._place(op)
        if plan.kill is not None and plan.struck_one("process", place, (KILL,)) is not None:
            await plan.kill(op.name)
        fault = plan.struck_one("transport", place, LINES)
        if fault is None:
            return await proceed(op)
        real, op.agent = op.agent, StruckAgent(self._elsewhere[op.name], fault)
        try:
            return await proceed(op)
        finally:
            op.agent = real

    async def _turn(self, op: AskOp | UseOp | CallOp) -> None:
        """Wait for the caller's turn, where several are served at once."""
        if self._plan.turns is not None:
            await self._plan.turns.call(op.run.job.principal.id)

    def _exit(self, place: FaultPlace) -> PlannedFault | None:
        """Give the fault that ends this process here, once for all its lives."""
        marks = self._plan.marks
        if marks is None or (marks / EXIT).exists():
            return None
        fault = self._plan.struck_one("process", place, (EXIT,))
        if fault is not None:
            marks.mkdir(parents=True, exist_ok=True)
            (marks / EXIT).touch()
        return fault

    def _place(self, op: AskOp | UseOp | CallOp) -> FaultPlace:
        """Name the place, and set the clock there where that is planned."""
        place = self._plan.place(op)
        moved = self._plan.struck_one("clock", place, CLOCKS)
        if moved is not None:
            self._plan.clock_moved_s += moved.seconds
        return place
