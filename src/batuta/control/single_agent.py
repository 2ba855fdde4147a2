"""One agent with all the tools; a framework's loop runs it on our Run.

**Decides:** the agent.
**Model calls:** 1 + the number of turns with tool calls, at most ``max_turns``.
**Fails when:** one set of instructions must cover too many skills.
**Source:** pattern E of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from batuta.core.message import Message
from batuta.core.toolset import GivenTools, tools_of
from batuta.parts.instructions import system_message
from batuta.parts.loop import AgentLoop, LoopSpec, driven
from batuta.parts.typed_answer import asking_for, typed

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class SingleAgent:
    """An agent that a loop drives.

    Args:
        tools: Those of ``tool``, or plain functions; no two of one name.
        loop: Whoever holds the loop, such as the OpenAI Agents SDK.
        model: None takes the run's default.
        max_turns: Most times that the model is asked for one message.
        output_type: Shape of the answer's data; None wants text alone.
    """

    loop: AgentLoop
    tools: GivenTools
    instructions: str = ""
    name: str = "single_agent"
    role: str = "answers with the help of tools"
    model: str | Model | None = None
    max_turns: int = 8
    output_type: type[BaseModel] | None = None
    decides: Decider = "agent"
    lazy_start: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "tools", tools_of(self.tools, "Agent", self.name))

    async def start(self) -> None:
        """Get the loop ready."""
        await self.loop.start()

    async def execute(self, message: Message, run: Run) -> Message:
        """Let the loop run until it has an answer."""
        spec = LoopSpec(
            name=self.name,
            instructions=system_message(asking_for(self.instructions, self.output_type), run),
            tools=self.tools,
            model=self.model,
            max_turns=self.max_turns,
            by=self.decides,
        )
        answer = await driven(self.loop, spec, message, run=run)
        return await typed(answer, self.output_type, run, model=self.model)
