"""A provider keeps the agent, its conversation and its loop; our process does what it wishes for.

**Decides:** AWS.
**Model calls:** AWS's own, as its trace tells; one request of ours for each time it gives control
back, at most ``max_turns``.
**Fails when:** the agent's definition is older than the code, or AWS is not there.
**Source:** pattern H of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from batuta.core.message import Message
from batuta.core.toolset import GivenTools, tools_of
from batuta.parts.managed_session import opening
from batuta.parts.tool_loop import ToolLoop

if TYPE_CHECKING:
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider


def nothing(_: Run) -> Mapping[str, str]:
    """Tell nothing of a run."""
    return {}


@dataclass(frozen=True, kw_only=True)
class ManagedAgent:
    """An agent that lives at AWS, with tools that live here or on Lambda.

    AWS keeps the conversation, so each message goes out alone. What the agent wishes for is done
    under the run, with its bound arguments, budget and policy; what it has Lambda do is told by its
    trace alone.

    Args:
        agent: The agent as a model, such as ``BedrockAgentModel``; None takes the run's default.
        attributes: Tells functions on Lambda of the run: who asks, signed.
        max_turns: Most times that it may give control back for one message.
    """

    agent: Model | str | None
    tools: GivenTools
    attributes: Callable[[Run], Mapping[str, str]] = nothing
    name: str = "managed_agent"
    role: str = "answers with the help of tools"
    max_turns: int = 8
    decides: Decider = "aws"
    lazy_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", tools_of(self.tools, "Agent", self.name))

    async def start(self) -> None:
        """Get the way to the agent ready."""
        connect = getattr(self.agent, "connect", None)
        if connect is not None:
            await connect()

    async def stop(self) -> None:
        """Close the way to the agent."""
        close = getattr(self.agent, "aclose", None)
        if close is not None:
            await close()

    async def execute(self, message: Message, run: Run) -> Message:
        """Pass the message on, do what the agent wishes for, and give its answer."""
        loop = ToolLoop(
            tools=self.tools, model=self.agent, max_turns=self.max_turns, by=self.decides
        )
        return await loop.answer([opening(run, self.attributes(run)), message], run)
