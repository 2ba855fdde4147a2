"""The model suggests calls; our loop validates, executes and feeds back until it has an answer.

**Decides:** the model suggests, your code runs the loop.
**Model calls:** 1 + the number of turns with tool calls, at most ``max_turns``.
**Fails when:** the model needs more turns than it has, or picks the wrong tool.
**Source:** pattern D of the eight orchestration patterns (M. Gu, 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batuta.core.message import Message
from batuta.parts.calling import answer_in, use_all
from batuta.parts.effects import with_done
from batuta.parts.instructions import brief
from batuta.parts.loop import stopped_after

if TYPE_CHECKING:
    from batuta.core.model import Model
    from batuta.core.run import Run
    from batuta.core.tool import Tool
    from batuta.core.trace import Decider


@dataclass(frozen=True, kw_only=True)
class FunctionCalling:
    """A loop of ours around a model with tools.

    Several calls in one turn are done together where all of them read, else in the order given.
    Unknown tools, bad arguments, refusals and errors of tools go back to the model as results.

    Args:
        model: None takes the run's default.
        max_turns: Most times that the model is asked for one message.
    """

    tools: Sequence[Tool]
    instructions: str = ""
    name: str = "function_calling"
    role: str = "answers with the help of tools"
    model: str | Model | None = None
    max_turns: int = 8
    decides: Decider = "code"

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask, do what the model asks for, and ask again until it answers."""
        messages = [brief(self.instructions, run), *run.history(), message]
        for _ in range(self.max_turns):
            reply = await run.ask(messages, tools=self.tools, model=self.model)
            answer = answer_in(reply, run)
            if answer is not None:
                return answer
            wish = Message("assistant", reply.text, tool_calls=reply.tool_calls)
            results = await use_all(reply.tool_calls, self.tools, run)
            messages = [*messages, wish, *results]
            run.remember(wish, *results)
        run.decide("stop", f"turn limit of {self.max_turns} reached")
        return Message.assistant(with_done(stopped_after(self.max_turns), run))
