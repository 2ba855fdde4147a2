"""The door to Pydantic AI, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.frameworks.loading import load

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_DRIVE = "batuta.frameworks.pydantic_ai.drive"
_LIBRARY = ("pydantic_ai", "pydantic_graph")


@dataclass(frozen=True)
class PydanticAILoop:
    """An ``AgentLoop`` whose crank is Pydantic AI's ``Agent``.

    Every model call, tool and agent goes through the run. The library's own limits are out of the
    way, its tracing is off, and its reading of a call's arguments counts for nothing: a call is
    done as the model made it.
    """

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one.

        Raises:
            ConfigError: The library is not installed, or two tools have one name.
            BatutaError: As the run's own ask, use and call raise them.
        """
        await self.start()
        from batuta.frameworks.pydantic_ai.drive import drive

        return await drive(spec, messages, run)

    async def start(self) -> None:
        """Import the library, so that no run has to wait for it.

        Raises:
            ConfigError: The library is not installed.
        """
        await load(_DRIVE, what="Pydantic AI", extra="pydantic-ai", library=_LIBRARY)
