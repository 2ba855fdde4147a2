"""The port to somebody else's agent loop: a framework turns the crank, our Run does the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from batuta.core.tool import legal_name
from batuta.core.toolset import LiveTools
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import Model
    from batuta.core.retry import Retry
    from batuta.core.run import Run
    from batuta.core.tool import Tool
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True, slots=True)
class Delegate:
    """An agent that a loop may call as a tool, or hand the conversation to.

    Args:
        agent: Name that it is registered under.
        description: What it is for, as the model reads it.
        handoff: True lets it answer the user itself: its answer is the loop's answer.
        retry: How a call of it that failed is tried again, and how long each try may take.
    """

    agent: str
    description: str
    handoff: bool = False
    retry: Retry | None = None

    @property
    def tool_name(self) -> str:
        """What its tool is called: the agent's name, in letters that every vendor takes."""
        return legal_name(f"{TRANSFER}{self.agent}" if self.handoff else self.agent)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopSpec:
    """One agent for a loop to run.

    Args:
        by: Who decides on what the loop does: agent or manager.
        max_turns: Most times that the model is asked.
    """

    name: str
    instructions: Message
    tools: Sequence[Tool] = ()
    delegates: Sequence[Delegate] = ()
    model: str | Model | None = None
    max_turns: int = 10
    by: Decider = "agent"


@dataclass(frozen=True, slots=True)
class LoopResult:
    """What a loop came to.

    Args:
        said: Tool calls and results on the way, to be remembered in the conversation.
    """

    reply: Message
    said: tuple[Message, ...] = ()


class AgentLoop(Protocol):
    """Runs an agent until it has an answer.

    Defined for every loop: a call to an unknown tool, bad arguments, a tool's error and a failed
    delegate or handoff go back to the model as results. Several calls in one turn are done together
    where all of them read, else in the order given; a delegate counts as writing. A handoff beside
    other calls wins: the others are not done. Of two handoffs in one turn the first wins. Both are
    noted in the trace. A refusal in words is the answer; one without is ``ModelRefused``; a reply
    with nothing in it is ``ModelReplyInvalid``. After ``max_turns`` the reply says that it stopped.
    """

    async def start(self) -> None:
        """Get ready, so that the first run does not wait for an import."""
        ...

    async def drive(self, spec: LoopSpec, messages: Sequence[Message], run: Run) -> LoopResult:
        """Run the agent on messages: the conversation so far and the new one, without instructions.

        Raises:
            BatutaError: As the run's own ask, use and call raise them.
        """
        ...


def check_delegates(delegates: Sequence[Delegate], whose: str) -> None:
    """See that a model can tell an agent's delegates apart.

    Raises:
        ConfigError: Two would be tools of one name, or one has no description.
    """
    known: dict[str, str] = {}
    for delegate in delegates:
        if delegate.tool_name in known:
            raise ConfigError(
                f"{whose} has two delegates of one name: {known[delegate.tool_name]} and "
                f"{delegate.agent}",
                "Rename one.",
            )
        if not delegate.description.strip():
            raise ConfigError(
                f"{whose} has a delegate without a description: {delegate.agent}",
                "Describe what it is for: the model chooses by it.",
            )
        known[delegate.tool_name] = delegate.agent


TRANSFER = "transfer_to_"
"""Opens the name of a tool that hands the conversation over."""


async def driven(loop: AgentLoop, spec: LoopSpec, message: Message, *, run: Run) -> Message:
    """Let a loop answer a message within the conversation, and remember what it said on the way.

    Raises:
        BatutaError: As the loop raises it.
    """
    if type(spec.tools) is LiveTools:
        await spec.tools.ready()
    result = await loop.drive(spec, [*run.history(), message], run)
    run.remember(*result.said)
    return result.reply


def stopped_after(max_turns: int) -> str:
    """Say that a loop gave up."""
    return (
        f"I could not finish this in {max_turns} steps, so I stopped. "
        "Please try again in other words, or in smaller parts."
    )
