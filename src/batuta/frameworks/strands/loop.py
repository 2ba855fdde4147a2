"""The door to Strands Agents, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.frameworks.loading import load

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_DRIVE = "batuta.frameworks.strands.drive"
_LIBRARY = ("strands",)


@dataclass(frozen=True)
class StrandsLoop:
    """An ``AgentLoop`` whose crank is the event loop of Strands Agents.

    Every model call, tool and agent goes through the run. The library's retries, its window on the
    conversation and its printing are off, and its reading of a call's arguments counts for nothing:
    a call is done as the model made it.
    """

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one.

        Raises:
            ConfigError: The library is not installed, or two tools have one name.
            BatutaError: As the run's own ask, use and call raise them.
        """
        await self.start()
        from batuta.frameworks.strands.drive import drive

        return await drive(spec, messages, run)

    async def start(self) -> None:
        """Import the library, so that no run has to wait for it.

        Raises:
            ConfigError: The library is not installed.
        """
        await load(_DRIVE, what="Strands Agents", extra="strands", library=_LIBRARY)
