"""Agents by name: in which order they start, what of them runs on, and who may be called."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from batuta.core.agent import (
    Agent,
    asks_ready,
    is_ready,
    must_start,
    needs_of,
    runs_on,
    started,
    stopped,
)
from batuta.core.redaction import redacted_text
from batuta.errors import AgentNotFound, AgentNotReady, ConfigError

if TYPE_CHECKING:
    from batuta.core.clock import Clock

_LOG = logging.getLogger(__name__)
_LONG_S = 10.0
"""A start that takes longer is told of: it may be one that runs on."""
_LOOK_S = 0.02
"""How often an agent that is waited for is asked again whether it is ready."""


class Registry:
    """Agents under their names; part of every runtime.

    ``ready_wait_s`` is how long a call waits for an agent that is not ready; 0 refuses it at once.
    """

    def __init__(self) -> None:
        self.ready_wait_s = 0.0
        self._agents: dict[str, Agent] = {}
        self._callable: dict[str, Agent] = {}  # those of whom nothing need be asked before a call
        self._running: list[Agent] = []
        self._going: dict[int, asyncio.Task[Any]] = {}
        self._stopped = False

    def register(self, *agents: Agent) -> None:
        """Take agents in under their names.

        Raises:
            ValueError: A name is taken; nothing is taken in then.
        """
        names = [agent.name for agent in agents]
        counts = Counter(names)
        twice = {n for n, times in counts.items() if times > 1 or n in self._agents}
        if twice:
            raise ValueError(
                f"Agent names must be unique; taken: {', '.join(sorted(twice))}. "
                "Unregister the other one first, or give this one another name."
            )
        self._agents.update(zip(names, agents, strict=True))
        if not self._stopped:
            self._open(names)

    def unregister(self, name: str) -> None:
        """Let an agent go.

        Raises:
            AgentNotFound: There is none of that name.
        """
        self._agents.pop(self.find(name).name)
        self._callable.pop(name, None)

    def names(self) -> tuple[str, ...]:
        """List the agents in the order of registration."""
        return tuple(self._agents)

    def find(self, name: str) -> Agent:
        """Give the agent of that name.

        Raises:
            AgentNotFound: There is none.
        """
        found = self._agents.get(name)
        if found is None:
            raise AgentNotFound(name, self.names())
        return found

    async def admitted(self, name: str, clock: Clock) -> Agent:
        """Give an agent that may be called now, waiting for it as long as is set.

        Raises:
            AgentNotFound: There is none of that name.
            AgentNotReady: It is not started, or stopped, or not ready.
        """
        agent = self.find(name)
        until = clock.monotonic() + self.ready_wait_s
        while why := self._unready(agent):
            if clock.monotonic() >= until:
                raise AgentNotReady(name, why)
            await clock.sleep(_LOOK_S)
        return agent

    async def start(self) -> None:
        """Start the agents, each after those that it needs.

        Where one fails, those already started are stopped again. A start that runs on is a task
        from here to the stop.

        Raises:
            ConfigError: Agents need each other in a circle.
            AgentNotFound: One needs an agent that is not registered.
        """
        running = set(map(id, self._running))
        for agent in self._start_order():
            if id(agent) in running:
                continue
            try:
                await self._begin(agent)
            except BaseException:
                with suppress(ExceptionGroup):  # the failed start is the one to mend
                    await self.stop()
                raise
            self._running.append(agent)
        self._stopped = False
        self._open(self._agents)

    async def stop(self) -> None:
        """Stop the agents in the reverse order; all are stopped even where one fails.

        Nobody can be called by name after it, until the next start.
        """
        self._stopped = True
        self._callable.clear()
        failed: list[Exception] = []
        while self._running:
            agent = self._running.pop()
            try:
                await self._end(agent)
                await stopped(agent)
            except Exception as error:  # one agent must not keep others running
                failed.append(error)
        if failed:
            raise ExceptionGroup("agents failed to stop", failed)

    def ready(self) -> bool:
        """Tell whether every agent can answer."""
        broken = any(task.done() and not _ended_well(task) for task in self._going.values())
        return not broken and all(is_ready(agent) for agent in self._agents.values())

    def _open(self, names: Any) -> None:
        for name in names:
            agent = self._agents[name]
            started = not must_start(agent) or any(agent is each for each in self._running)
            if started and not asks_ready(agent) and id(agent) not in self._going:
                self._callable[name] = agent

    def _unready(self, agent: Agent) -> str:
        """Say why an agent may not be called; empty where it may."""
        if self._stopped:
            return "the runtime was stopped. Start it again."
        if must_start(agent) and not any(agent is each for each in self._running):
            return "it has not been started. Await the runtime's start() before it is called."
        going = self._going.get(id(agent))
        if going is not None and going.done() and not _ended_well(going):
            return "its start has failed. See the log."
        return "" if is_ready(agent) else "it says that it is not ready."

    async def _begin(self, agent: Agent) -> None:
        if not runs_on(agent):
            await (_told_of(agent) if must_start(agent) else started(agent))
            return
        going = asyncio.get_running_loop().create_task(started(agent), name=f"start {agent.name}")
        going.add_done_callback(lambda task: _tell_end(agent, task))
        self._going[id(agent)] = going

    async def _end(self, agent: Agent) -> None:
        going = self._going.pop(id(agent), None)
        if going is None:
            return
        going.cancel()
        await asyncio.wait({going})

    def _start_order(self) -> list[Agent]:
        graph = {n: needs_of(a) for n, a in self._agents.items()}
        try:
            order = list(TopologicalSorter(graph).static_order())
        except CycleError as error:
            circle = " → ".join(error.args[1])
            raise ConfigError(
                f"Agents need each other in a circle: {circle}", "Take one `needs` away."
            ) from error
        return [self.find(name) for name in order]


async def _told_of(agent: Agent) -> None:
    """Start an agent, and say so where that takes long."""
    loop = asyncio.get_running_loop()
    late = loop.call_later(
        _LONG_S,
        _LOG.warning,
        "The start of %s takes long. Where it is to run on, give the agent runs_on = True.",
        agent.name,
    )
    try:
        await started(agent)
    finally:
        late.cancel()


def _ended_well(task: asyncio.Task[Any]) -> bool:
    return task.cancelled() or task.exception() is None


def _tell_end(agent: Agent, task: asyncio.Task[Any]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _LOG.error("The start of %s has failed: %s", agent.name, redacted_text(error))
