"""What a runtime does by its ``run`` alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from batuta.core.agent import Agent
    from batuta.core.message import Message
    from batuta.core.record import RunRecord
    from batuta.core.runtime import RunOptions


class RuntimeCalls(Protocol):
    """Calls of agents, one or several; part of every runtime."""

    async def run(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> RunRecord:
        """Run an agent and give the whole record; a failed run is a record with an error."""
        ...

    async def call(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> Message:
        """Run an agent and give its answer, or raise its error."""
        return (await self.run(agent, message, options)).answer()

    async def call_several(
        self, calls: Sequence[tuple[Agent | str, Message]], options: RunOptions | None = None
    ) -> list[RunRecord]:
        """Run several at once, each on its own; records come in the order given."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.run(a, m, options)) for a, m in calls]
        return [task.result() for task in tasks]
