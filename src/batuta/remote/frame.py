"""The agent's side of a call: the frame in which it works, whichever way the call came."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from batuta.core.effect import CarriedSteps
from batuta.core.result import json_text
from batuta.core.run import Job, Run
from batuta.core.trace import Event, Trace
from batuta.errors import RuntimeFailure
from batuta.remote.result import RemoteResult, changes

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.budget import Account
    from batuta.core.clock import Clock
    from batuta.core.message import Message
    from batuta.core.tool import Hook
    from batuta.errors import BatutaError
    from batuta.remote.call import RemoteCall


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

    async def admitted(self, name: str, clock: Clock) -> Agent:
        """Give an agent that may be called now.

        Raises:
            AgentNotReady: It may not.
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


class RemoteTrace(Trace):
    """A trace whose events are all told to the caller, and streamed text only where wanted."""

    __slots__ = ("wanted",)

    wanted: bool

    @property
    def streaming(self) -> bool:
        """Whether anybody listens at the caller's."""
        return self.wanted and super().streaming


class HostFrame:
    """One call at the agent's side: its job with the models, prices and layers of here.

    Args:
        account: Keeps the caller's budget here.
        heard: Told of every event.
    """

    def __init__(
        self,
        call: RemoteCall,
        runtime: AgentHost,
        *,
        account: Account,
        heard: Callable[[Event], None],
        hooks: Sequence[Hook],
    ) -> None:
        self.call, self.runtime = call, runtime
        self._session = call.session()
        # Read once more, since what the agent sees it may change, however deep.
        self._before: dict[str, Any] = json.loads(json_text(call.state)) if call.state else {}
        clock, left = call.clock(runtime.clock), call.seconds_left
        trace = RemoteTrace(clock.monotonic, heard, call.seconds_elapsed)
        trace.wanted, trace.context = call.listening, call.traceparent
        self.job = runtime.job(
            run_id=call.run_id,
            principal=call.principal,
            session=self._session,
            account=account,
            trace=trace,
            clock=clock,
            hooks=hooks,
            retry=call.retry,
            time_zone=call.time_zone,
            history_limit=call.history_limit,
            idempotency_prefix=call.idempotency_prefix,
            deadline=None if left is None else clock.monotonic() + left,
            question=call.question,
            settings=call.settings,
            steps=CarriedSteps(noted=call.noted_steps, earlier=call.earlier_steps),
        )

    async def work(self, agent: Agent) -> Message:
        """Let the agent work, in the frame that the caller gave it.

        Raises:
            BatutaError: It failed.
        """
        call = self.call
        await self.runtime.admitted(agent.name, self.job.clock)
        frame = Run(self.job, agent, call.span, depth=call.depth, shares=call.shares_history)
        return await self.runtime.work(call.message, frame)

    def close(self, why: str = "done") -> None:
        """Let nobody who was left behind do anything more."""
        self.job.ended = self.job.ended or why
        self.job.trace.close()

    def result(self, reply: Message | None, failure: BatutaError | None) -> RemoteResult:
        """Make what goes back beside events and spending."""
        after: dict[str, Any] = self._session.state
        made = changes(self._before, json.loads(json_text(after))) if self._before or after else ()
        return RemoteResult(
            reply=reply,
            error=failure,
            said=tuple(self.job.said),
            state=tuple(made),
            stand_in=self.job.stand_in,
        )

    def unsendable(self, why: str) -> RuntimeFailure:
        """Make the error of an answer that cannot go back.

        Args:
            why: Goes on after "its answer".
        """
        return RuntimeFailure(self.call.agent, f"its answer {why}.")


def not_jsonable(error: Exception) -> str:
    """Say that an answer cannot go back for what is in it, as ``unsendable`` goes on."""
    return f"cannot be sent: {error}. Only JSON-able data crosses processes"
