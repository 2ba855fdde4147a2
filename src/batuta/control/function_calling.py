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

from batuta.core.brief import brief
from batuta.core.loop import stopped_after
from batuta.core.message import Message, ToolCall
from batuta.core.tool import error_text, result_text
from batuta.core.unfinished import or_tell, with_done
from batuta.errors import AccessDenied, ModelRefused, ModelReplyInvalid, ToolError

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
        return await or_tell(self._answer(message, run), run)

    async def _answer(self, message: Message, run: Run) -> Message:
        messages = [brief(self.instructions, run), *run.history(), message]
        for _ in range(self.max_turns):
            reply = await run.ask(messages, tools=self.tools, model=self.model)
            if reply.stop_reason == "refused" and not reply.text:
                raise ModelRefused(reply.model)
            if reply.stop_reason == "refused":
                return Message.assistant(with_done(reply.text, run))
            if not reply.tool_calls:
                if not reply.text.strip() and reply.output is None:
                    raise ModelReplyInvalid(reply.model, "reply is empty")
                return Message.assistant(reply.text, reply.output)
            wish = Message("assistant", reply.text, tool_calls=reply.tool_calls)
            results = await self._use_all(reply.tool_calls, run)
            messages = [*messages, wish, *results]
            run.remember(wish, *results)
        run.decide("stop", f"turn limit of {self.max_turns} reached")
        return Message.assistant(with_done(stopped_after(self.max_turns), run))

    async def _use_all(self, calls: Sequence[ToolCall], run: Run) -> list[Message]:
        if len(calls) > 1 and all(self._effect(call) == "read" for call in calls):
            return await run.together(*(self._use(call, run) for call in calls))
        return [await self._use(call, run) for call in calls]

    async def _use(self, call: ToolCall, run: Run) -> Message:
        tool = self._find(call.name)
        if tool is None:
            known = ", ".join(t.name for t in self.tools)
            run.decide(f"refuse {call.name}", "no such tool")
            return _failed(call, f"There is no tool {call.name}. Tools: {known}.", retry=True)
        if call.invalid is not None:
            run.decide(f"refuse {call.name}", "arguments are no JSON object")
            return _failed(call, "The arguments are not a JSON object.", retry=True)
        try:
            result = await run.use(tool, call.arguments, by="model")
        except ToolError as error:
            return _failed(call, error.detail, retry=error.retryable)
        except AccessDenied as error:
            return _failed(call, str(error), retry=False)
        return Message.tool(call, result_text(result))

    def _find(self, name: str) -> Tool | None:
        return next((tool for tool in self.tools if tool.name == name), None)

    def _effect(self, call: ToolCall) -> str:
        tool = self._find(call.name)
        return "read" if tool is None else tool.effect


def _failed(call: ToolCall, text: str, *, retry: bool) -> Message:
    return Message.tool(call, error_text(text, retry=retry))
