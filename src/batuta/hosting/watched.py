"""An agent whose calls are told to whoever looks after the process: never what was said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from batuta.core.agent import (
    asks_ready,
    decider,
    is_ready,
    must_start,
    needs_of,
    runs_on,
    started,
    stopped,
)
from batuta.errors import BatutaError

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.clock import Clock
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider


class Watched:
    """The agent itself, but for a line on each of its calls: for whom, how it ended, how long."""

    def __init__(self, agent: Agent, clock: Clock, say: Callable[[str, str], None]) -> None:
        self._agent, self._clock, self._say = agent, clock, say
        self.name, self.role = agent.name, agent.role
        self.decides: Decider = decider(agent)
        self.lazy_start, self.always_ready = not must_start(agent), not asks_ready(agent)
        self.runs_on = runs_on(agent)
        self.needs: tuple[str, ...] = needs_of(agent)

    async def start(self) -> None:
        """Start the agent."""
        await started(self._agent)

    async def stop(self) -> None:
        """Stop the agent."""
        await stopped(self._agent)

    def ready(self) -> bool:
        """Tell whether the agent can answer."""
        return is_ready(self._agent)

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the agent answer, and tell how it went."""
        began, ended = self._clock.monotonic(), "was cut off for"
        try:
            reply = await self._agent.execute(message, run)
            ended = "answered"
        except BatutaError as error:
            ended = f"failed ({error.code}) for"
            raise
        finally:
            took_ms = (self._clock.monotonic() - began) * 1_000
            whose = f"{run.job.principal.id} in {took_ms:.0f} ms ({run.job.run_id})"
            self._say(self.name, f"{ended} {whose}")
        return reply
