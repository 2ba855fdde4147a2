"""A manager delegates to specialists and puts their answers together.

**Decides:** the manager.
**Model calls:** the manager's turns + those of each specialist that it calls.
**Fails when:** the manager misreads who can do what, or a specialist's answer loses a detail.
**Source:** patterns F and G of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from batuta.core.message import Message
from batuta.parts.instructions import system_message
from batuta.parts.loop import AgentLoop, Delegate, LoopSpec, check_delegates, driven
from batuta.parts.typed_answer import asking_for, typed

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class Manager:
    """An agent whose tools are other agents.

    A specialist that fails is an error result: the manager says what could not be done.

    Args:
        loop: Whoever holds the loop, such as the OpenAI Agents SDK.
        delegates: Registered agents that it may call; one marked ``handoff`` answers the user
            itself and sees the conversation.
        model: None takes the run's default.
        max_turns: Most times that the manager's model is asked for one message.
        output_type: Shape of the answer's data; None wants text alone.
    """

    loop: AgentLoop
    delegates: Sequence[Delegate]
    instructions: str = ""
    name: str = "manager"
    role: str = "delegates to specialists"
    model: str | Model | None = None
    max_turns: int = 8
    output_type: type[BaseModel] | None = None
    decides: Decider = "manager"
    lazy_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if not self.delegates:
            raise ValueError("A manager needs one specialist at least.")
        check_delegates(self.delegates, f"Manager {self.name}")

    @property
    def needs(self) -> tuple[str, ...]:
        """Agents to start before this one."""
        return tuple(delegate.agent for delegate in self.delegates)

    async def start(self) -> None:
        """Get the loop ready."""
        await self.loop.start()

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the loop run until the manager, or whoever it handed over to, has an answer."""
        told = asking_for(f"{self.instructions}\n\n{_MANAGE}", self.output_type)
        spec = LoopSpec(
            name=self.name,
            instructions=system_message(told, run),
            delegates=self.delegates,
            model=self.model,
            max_turns=self.max_turns,
            by=self.decides,
        )
        answer = await driven(self.loop, spec, message, run=run)
        return await typed(answer, self.output_type, run, model=self.model)


_MANAGE = """\
You manage specialists. They know only what you write in the task, so make each task complete:
dates, times, ids. Put their answers together for the user in your own words. Where a specialist
fails, say what could not be done."""
