"""The door to LangGraph, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.frameworks.loading import load

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_DRIVE = "batuta.frameworks.langgraph.drive"
_LIBRARY = ("langchain", "langchain_core", "langgraph", "langsmith")


@dataclass(frozen=True)
class LangGraphLoop:
    """An ``AgentLoop`` whose crank is LangChain's ``create_agent`` on LangGraph.

    Every model call, tool and agent goes through the run. The library's own limit of steps is out
    of the way, its tracing to LangSmith is off whatever the environment says, and its reading of a
    call's arguments counts for nothing: a call is done as the model made it.
    """

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one.

        Raises:
            ConfigError: The library is not installed, or two tools have one name.
            BatutaError: As the run's own ask, use and call raise them.
        """
        await self.start()
        from batuta.frameworks.langgraph.drive import drive

        return await drive(spec, messages, run)

    async def start(self) -> None:
        """Import the library, so that no run has to wait for it.

        Raises:
            ConfigError: The library is not installed.
        """
        await load(_DRIVE, what="LangGraph", extra="langgraph", library=_LIBRARY)
