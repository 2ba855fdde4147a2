"""The door to the SDK, which knows nothing of it until somebody comes through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from batuta.frameworks.loading import load

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.parts.loop import LoopResult, LoopSpec

_DRIVE = "batuta.frameworks.openai_agents.drive"
_SDK = ("agents", "openai")


@dataclass(frozen=True)
class OpenAIAgentsLoop:
    """An ``AgentLoop`` whose crank is the SDK's ``Runner``.

    Every model call, tool and agent goes through the run, so that budget, trace, policy and retry
    hold as anywhere; the SDK's own tracing, retries and sessions are off. Calls of one turn are
    done together where all of them read, else in the order given; a delegate counts as a write.
    """

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one.

        Raises:
            ConfigError: The SDK is not installed, or two tools have one name.
            BatutaError: As the run's own ask, use and call raise them.
        """
        await self.start()
        from batuta.frameworks.openai_agents.drive import drive

        return await drive(spec, messages, run)

    async def start(self) -> None:
        """Import the SDK, which takes seconds the first time, so that no run has to wait for it.

        Raises:
            ConfigError: The SDK is not installed.
        """
        await load(_DRIVE, what="The OpenAI Agents SDK", extra="agents", library=_SDK, work=_load)


def _load() -> None:
    from agents.tracing import get_trace_provider

    # The first run would make it, with an HTTP client, though the SDK's tracing is off.
    get_trace_provider()
    import_module(_DRIVE)
