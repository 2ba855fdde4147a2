"""Anything that answers: a model with instructions, a function, a service, and every pattern."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@runtime_checkable
class Agent(Protocol):
    """Has a name and a role, and turns a message into a message through a Run.

    Optional, looked up by ``started``, ``stopped`` and ``is_ready``: ``async start()``,
    ``async stop()``, ``ready() -> bool``, ``needs`` (names of agents to start before), and
    ``decides`` (who decides inside it; code, where it is silent).
    """

    @property
    def name(self) -> str:
        """The name that others call it by."""
        ...

    @property
    def role(self) -> str:
        """What it is for, in a sentence that a model or a person may read."""
        ...

    async def execute(self, message: Message, run: Run) -> Message:
        """Answer the message, touching nothing but the run."""
        ...


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


def decider(agent: Agent) -> Decider:
    """Tell who decides inside an agent."""
    return getattr(agent, "decides", "code")


def is_remote(agent: Agent) -> bool:
    """Tell whether an agent works elsewhere, and here only waits."""
    return getattr(agent, "remote", False)


async def started(agent: Agent) -> None:
    """Start an agent that has something to start."""
    start = getattr(agent, "start", None)
    if start is not None:
        await start()


async def stopped(agent: Agent) -> None:
    """Stop an agent that has something to stop."""
    stop = getattr(agent, "stop", None)
    if stop is not None:
        await stop()


def is_ready(agent: Agent) -> bool:
    """Tell whether an agent can answer; True for one that does not say."""
    ready = getattr(agent, "ready", None)
    return True if ready is None else bool(ready())
