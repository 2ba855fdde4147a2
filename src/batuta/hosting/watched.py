"""An agent whose calls are told to whoever looks after the process: never what was said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.errors import BatutaError
from batuta.parts.wrapped import Wrapped

if TYPE_CHECKING:
    from batuta.core.clock import Clock
    from batuta.core.message import Message
    from batuta.core.run import Run


@dataclass(frozen=True, kw_only=True)
class Watched(Wrapped):
    """The agent itself, but for a line on each of its calls: for whom, how it ended, how long.

    Args:
        clock: Measures how long.
        say: Takes the agent's name and the line.
    """

    clock: Clock
    say: Callable[[str, str], None]

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the agent answer, and tell how it went."""
        began, ended = self.clock.monotonic(), "was cut off for"
        try:
            reply = await self.agent.execute(message, run)
            ended = "answered"
        except BatutaError as error:
            ended = f"failed ({error.code}) for"
            raise
        finally:
            took_ms = (self.clock.monotonic() - began) * 1_000
            whose = f"{run.job.principal.id} in {took_ms:.0f} ms ({run.job.run_id})"
            self.say(self.name, f"{ended} {whose}")
        return reply
