"""An agent around another one, which it lends name, role and life."""

from __future__ import annotations

from dataclasses import dataclass
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

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class Wrapped:
    """Stands in an agent's place under its name; what it does more is in ``execute``."""

    agent: Agent

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.agent.name

    @property
    def role(self) -> str:
        """The agent's role."""
        return self.agent.role

    @property
    def decides(self) -> Decider:
        """Who decides inside the agent."""
        return decider(self.agent)

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of agents to start before it."""
        return needs_of(self.agent)

    @property
    def lazy_start(self) -> bool:
        """Whether it can be called unstarted."""
        return not must_start(self.agent)

    @property
    def always_ready(self) -> bool:
        """Whether it need not be asked."""
        return not asks_ready(self.agent)

    @property
    def runs_on(self) -> bool:
        """Whether its start runs until it is stopped."""
        return runs_on(self.agent)

    async def start(self) -> None:
        """Start the agent."""
        await started(self.agent)

    async def stop(self) -> None:
        """Stop the agent."""
        await stopped(self.agent)

    def ready(self) -> bool:
        """Tell whether the agent can answer."""
        return is_ready(self.agent)

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the agent answer."""
        return await self.agent.execute(message, run)
