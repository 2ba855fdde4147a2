"""The agent's side of an errand: the frame in which it works, whichever way the call came."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from batuta.core.run import Job, Run
from batuta.core.trace import Event, Trace

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.budget import Account
    from batuta.core.clock import Clock
    from batuta.core.message import Message
    from batuta.core.session import Session
    from batuta.core.tool import Hook
    from batuta.remote.call import Errand


class AgentHost(Protocol):
    """What an agent's side works with: the agents there, and the frames made for them."""

    clock: Clock

    def names(self) -> tuple[str, ...]:
        """List the agents."""
        ...

    def find(self, name: str) -> Agent:
        """Give the agent of that name.

        Raises:
            AgentNotFound: There is none.
        """
        ...

    async def start(self) -> None:
        """Start the agents."""
        ...

    async def stop(self) -> None:
        """Stop the agents."""
        ...

    def ready(self) -> bool:
        """Tell whether every agent can answer."""
        ...

    def job(self, **facts: Any) -> Job:
        """Make what the frames of a run share, with the models, prices and layers of here."""
        ...

    async def work(self, message: Message, frame: Run) -> Message:
        """Let a frame's agent work here, under the limit."""
        ...


class ToldTrace(Trace):
    """A trace whose events are all told to the caller, and streamed text only where wanted."""

    __slots__ = ("wanted",)

    wanted: bool

    @property
    def streaming(self) -> bool:
        """Whether anybody listens at the caller's."""
        return self.wanted and super().streaming


def job_of(
    errand: Errand,
    runtime: AgentHost,
    *,
    session: Session,
    account: Account,
    heard: Callable[[Event], None],
    hooks: Sequence[Hook],
) -> Job:
    """Make what the frames of an errand share, with the models, prices and layers of here.

    Args:
        session: The errand's, as the agent is to see it.
        account: Keeps the caller's budget here.
        heard: Told of every event.
    """
    clock, left = errand.clock(runtime.clock), errand.seconds_left
    trace = ToldTrace(clock.monotonic, heard, errand.seconds_elapsed)
    trace.wanted = errand.listening
    return runtime.job(
        run_id=errand.run_id,
        principal=errand.principal,
        session=session,
        account=account,
        trace=trace,
        clock=clock,
        hooks=hooks,
        retry=errand.retry,
        time_zone=errand.time_zone,
        history_limit=errand.history_limit,
        idempotency_prefix=errand.idempotency_prefix,
        deadline=None if left is None else clock.monotonic() + left,
        question=errand.question,
    )


def frame_of(errand: Errand, job: Job, agent: Agent) -> Run:
    """Make the frame in which an agent works on an errand."""
    return Run(job, agent, errand.span, depth=errand.depth, shares=errand.shares_history)
