"""Anything that answers: a model with instructions, a function, a service, and every pattern."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.run import Agent, decider
from batuta.core.toolset import LiveTools

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider


__all__ = [
    "Agent",
    "FunctionAgent",
    "asks_ready",
    "decider",
    "is_ready",
    "is_remote",
    "must_start",
    "needs_of",
    "runs_on",
    "started",
    "stopped",
]

Answer = Callable[["Message", "Run"], Awaitable["Message"]]


@dataclass(frozen=True, kw_only=True)
class FunctionAgent:
    """A plain async function as an Agent.

    Args:
        answer: Takes the message and the run, gives the answer.
    """

    name: str
    answer: Answer
    role: str = "function"
    decides: Decider = "code"

    async def execute(self, message: Message, run: Run) -> Message:
        """Call the function."""
        return await self.answer(message, run)


def is_remote(agent: Agent) -> bool:
    """Tell whether an agent works elsewhere, and here only waits."""
    return getattr(agent, "remote", False)


def needs_of(agent: Agent) -> tuple[str, ...]:
    """Name the agents that are to be started before one."""
    return tuple(getattr(agent, "needs", ()))


async def started(agent: Agent) -> None:
    """Start an agent that has something to start, and the sources of its tools before it."""
    start, live = getattr(agent, "start", None), _live_tools(agent)
    if live is not None:
        await live.start()
    try:
        if start is not None:
            await start()
    except BaseException:
        if live is not None:
            await live.stop()
        raise


async def stopped(agent: Agent) -> None:
    """Stop an agent that has something to stop, and the sources of its tools after it."""
    stop, live = getattr(agent, "stop", None), _live_tools(agent)
    try:
        if stop is not None:
            await stop()
    finally:
        if live is not None:
            await live.stop()


def is_ready(agent: Agent) -> bool:
    """Tell whether an agent can answer; True for one that does not say."""
    ready = getattr(agent, "ready", None)
    return True if ready is None else bool(ready())


def runs_on(agent: Agent) -> bool:
    """Tell whether an agent's ``start`` runs until it is stopped, working by itself."""
    return getattr(agent, "runs_on", False)


def must_start(agent: Agent) -> bool:
    """Tell whether an agent cannot be called before it is started.

    ``lazy_start`` says that it can: its start only spares the first call a wait. So can one that
    works elsewhere, and was started there.
    """
    starts = getattr(agent, "start", None) is not None and not is_remote(agent)
    return starts and not getattr(agent, "lazy_start", False)


def asks_ready(agent: Agent) -> bool:
    """Tell whether an agent is to be asked before each call whether it can answer.

    One elsewhere is not: a call finds out.
    """
    asked = getattr(agent, "ready", None) is not None and not is_remote(agent)
    return asked and not getattr(agent, "always_ready", False)


def _live_tools(agent: Agent) -> LiveTools | None:
    tools = getattr(agent, "tools", None)
    return tools if isinstance(tools, LiveTools) else None
