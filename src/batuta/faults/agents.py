"""An agent elsewhere, for the one call in which the line to it fails."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from batuta.core.agent import decider
from batuta.core.budget import Account
from batuta.core.run import Run
from batuta.core.trace import Trace
from batuta.errors import AgentUnreachable

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.trace import Decider
    from batuta.faults.plan import PlannedFault

LINES = ("drop", "delay", "duplicate", "cut")


@dataclass(frozen=True, slots=True)
class StruckAgent:
    """An agent in another process, over a line that drops, delays, doubles or cuts."""

    inner: Agent
    fault: PlannedFault

    @property
    def name(self) -> str:
        """The other agent's name."""
        return self.inner.name

    @property
    def role(self) -> str:
        """The other agent's role."""
        return self.inner.role

    @property
    def remote(self) -> bool:
        """That it works elsewhere."""
        return True

    @property
    def decides(self) -> Decider:
        """Who decides in the other agent."""
        return decider(self.inner)

    async def execute(self, message: Message, run: Run) -> Message:
        """Call the other agent.

        Raises:
            AgentUnreachable: The call was lost, or its answer.
        """
        kind = self.fault.kind
        if kind == "drop":
            raise AgentUnreachable(self.name, "the connection was refused")
        if kind == "delay":
            await run.job.clock.sleep(self.fault.seconds)
        if kind == "duplicate":
            await self.inner.execute(message, _unheard(run))
        answer = await self.inner.execute(message, run)
        if kind == "cut":
            raise AgentUnreachable(self.name, "the connection was cut before its answer came")
        return answer


def _unheard(run: Run) -> Run:
    """Copy a frame, as for a call that a line delivers twice: nobody hears what comes of it."""
    job = copy(run.job)
    job.trace = Trace(job.clock.monotonic, None)
    job.account = Account(job.account.limits, job.account.whose)
    job.session = replace(job.session, history=list(job.session.history))
    job.said = list(job.said)
    frame = Run(job, run.agent, run.path, depth=run.depth, shares=run.shares)
    frame.permit = run.permit
    return frame
