"""Agents by name, and the order in which they start."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter

from batuta.core.agent import Agent, is_ready, needs_of, started, stopped
from batuta.errors import AgentNotFound, ConfigError


class Registry:
    """Agents under their names; part of every runtime."""

    def __init__(self) -> None:
        self._agents: dict[str, Agent] = {}
        self._running: list[Agent] = []

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

    def unregister(self, name: str) -> None:
        """Let an agent go.

        Raises:
            AgentNotFound: There is none of that name.
        """
        self._agents.pop(self.find(name).name)

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

    async def start(self) -> None:
        """Start the agents, each after those that it needs.

        Where one fails, those already started are stopped again.

        Raises:
            ConfigError: Agents need each other in a circle.
            AgentNotFound: One needs an agent that is not registered.
        """
        running = set(map(id, self._running))
        for agent in self._start_order():
            if id(agent) in running:
                continue
            try:
                await started(agent)
            except BaseException:
                with suppress(ExceptionGroup):  # the failed start is the one to mend
                    await self.stop()
                raise
            self._running.append(agent)

    async def stop(self) -> None:
        """Stop the agents in the reverse order; all are stopped even where one fails."""
        failed: list[Exception] = []
        while self._running:
            try:
                await stopped(self._running.pop())
            except Exception as error:  # one agent must not keep others running
                failed.append(error)
        if failed:
            raise ExceptionGroup("agents failed to stop", failed)

    def ready(self) -> bool:
        """Tell whether every agent can answer."""
        return all(is_ready(agent) for agent in self._agents.values())

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
