"""The model suggests calls; our loop validates, executes and feeds back until it has an answer.

**Decides:** the model suggests, your code runs the loop.
**Model calls:** 1 + the number of turns with tool calls, at most ``max_turns``.
**Fails when:** the model needs more turns than it has, or picks the wrong tool.
**Source:** pattern D of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.core.toolset import GivenTools, LiveTools, tools_of
from batuta.parts.instructions import system_message
from batuta.parts.tool_loop import NO_TOOLS, ReadyTools, new_loop, offered
from batuta.parts.typed_answer import asking_for, typed

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class FunctionCalling:
    """A loop of ours around a model with tools.

    Several calls in one turn are done together where all of them read, else in the order given.
    Unknown tools, bad arguments, refusals and errors of tools go back to the model as results.

    Args:
        tools: Those of ``tool``, or plain functions; no two of one name.
        model: None takes the run's default.
        max_turns: Most times that the model is asked for one message.
        output_type: Shape of the answer's data; None wants text alone.
    """

    tools: GivenTools
    instructions: str = ""
    name: str = "function_calling"
    role: str = "answers with the help of tools"
    model: str | Model | None = None
    max_turns: int = 8
    output_type: type[BaseModel] | None = None
    decides: Decider = "code"

    def __post_init__(self) -> None:
        tools = tools_of(self.tools, "Agent", self.name)
        if tools is not self.tools:
            object.__setattr__(self, "tools", tools)

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask, do what the model asks for, and ask again until it answers."""
        shape, told = self.output_type, self.instructions
        if shape is not None:
            told = asking_for(told, shape)
        tools, ready = self.tools, NO_TOOLS
        if tools != ():
            ready = None if type(tools) is LiveTools else self._ready
        loop = new_loop(tools=tools, model=self.model, max_turns=self.max_turns, offer=ready)
        answer = await loop.answer([system_message(told, run), *run.history(), message], run)
        return answer if shape is None else await typed(answer, shape, run, model=self.model)

    @cached_property
    def _ready(self) -> ReadyTools:
        return offered(self.tools)
