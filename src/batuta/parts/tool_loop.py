"""The loop of a model with tools: ask, do the calls that it wishes for, ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from batuta.core.message import Message, ToolCall, Transcript
from batuta.core.model import new_request
from batuta.core.principal import READ
from batuta.core.result import MAY_SHOW, error_text, result_text, shown_in, shown_text
from batuta.core.slots import maker_of
from batuta.core.toolset import LiveTools
from batuta.errors import AccessDenied, ModelRefused, ModelReplyInvalid, ToolError, with_rest
from batuta.parts.effects import with_done
from batuta.parts.typed_answer import UNFINISHED

if TYPE_CHECKING:
    from batuta.core.model import Model, ModelReply, ToolSchema
    from batuta.core.run import Run
    from batuta.core.tool import Tool
    from batuta.core.trace import Decider


Ends = Callable[["ModelReply", Sequence[Message]], Message | None]
"""Reads a reply with calls and the results before it; a message is the answer and ends the loop."""


CUT_CALL = (
    "The call was cut off at the limit of output tokens, so it was not done. Call it again, and "
    "write less before it."
)
"""What a model reads of a call that came in half."""


def never(_: ModelReply, __: Sequence[Message]) -> None:
    """Let nothing but an answer, or the limit, end a loop."""


class ReadyTools(NamedTuple):
    """Tools as a model is shown them, and by their names as it calls them."""

    schemas: tuple[ToolSchema, ...]
    known: Mapping[str, Tool]


def offered(tools: Sequence[Tool]) -> ReadyTools:
    """Make tools ready for a model; an agent whose tools stay the same does so once."""
    return ReadyTools(tuple([tool.schema for tool in tools]), {tool.name: tool for tool in tools})


NO_TOOLS = ReadyTools((), {})


async def _present(tools: Sequence[Tool]) -> ReadyTools:
    if type(tools) is LiveTools:
        await tools.ready()
    return offered(tools)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolLoop:
    """Asks a model and does what it wishes for until it answers.

    Args:
        model: None takes the run's default.
        max_turns: Most times that the model is asked.
        by: Who wished for the calls, as the trace tells.
        ends: What ends it besides an answer, such as a handoff; its calls are then not done.
        offer: The tools made ready; None makes them so for each answer.
    """

    tools: Sequence[Tool]
    model: str | Model | None = None
    max_turns: int = 8
    by: Decider = "model"
    ends: Ends = never
    offer: ReadyTools | None = None

    async def answer(self, messages: Sequence[Message], run: Run) -> Message:
        """Run the loop on messages, and remember in the conversation what was wished and done."""
        schemas, known = self.offer or await _present(self.tools)
        results: list[Message] | None = None
        talk = messages = Transcript.of(messages)  # what it was made of need not be kept
        for _ in range(self.max_turns):
            reply = await run.ask(new_request(talk, schemas), model=self.model)
            answer = answer_in(reply, run) or self.ends(reply, results or ())
            if answer is not None:
                return answer
            wish = reply.message()
            calls = reply.tool_calls
            if len(calls) == 1:
                done = [await _use(calls[0], known, run, by=self.by)]
            else:
                done = await _use_all(calls, known, run, by=self.by)
            talk = talk.plus((wish, *done))
            run.remember(wish, *done)
            if results is None:
                results = done
            else:
                results += done
        from batuta.parts.loop import stopped_after

        run.decide("stop", f"turn limit of {self.max_turns} reached")
        stopped = Message.assistant(with_done(stopped_after(self.max_turns), run))
        return stopped.with_metadata(**{UNFINISHED: True})


def answer_in(reply: ModelReply, run: Run) -> Message | None:
    """Read the answer out of a reply; None where the model wishes for tools instead.

    Raises:
        ModelRefused: It declined without a word.
        ModelReplyInvalid: There is nothing in it.
    """
    if reply.stop_reason == "refused" and not reply.text:
        raise ModelRefused(reply.model)
    if reply.stop_reason == "refused":
        return Message.assistant(with_done(reply.text, run))
    if reply.tool_calls:
        return None
    if not reply.text.strip() and reply.output is None:
        raise ModelReplyInvalid(reply.model, "reply is empty")
    return reply.answer()


new_loop = maker_of(ToolLoop)
"""What ``ToolLoop`` does, faster."""


async def _use_all(
    calls: Sequence[ToolCall], known: Mapping[str, Tool], run: Run, *, by: Decider
) -> list[Message]:
    """Do the calls of one turn: together where all of them read, else in the order given.

    Unknown tools, bad arguments, refusals and errors of tools are results for the model to read.
    """
    if all(call.name not in known or known[call.name].effect == READ for call in calls):
        return await run.together(*(_use(call, known, run, by=by) for call in calls))
    return [await _use(call, known, run, by=by) for call in calls]


async def _use(call: ToolCall, known: Mapping[str, Tool], run: Run, *, by: Decider) -> Message:
    tool = known.get(call.name)
    if tool is None:
        run.decide(f"refuse {call.name}", "no such tool")
        names = ", ".join(known)
        return _failed(call, f"There is no tool {call.name}. Tools: {names}.", retry=True)
    if call.cut:
        run.decide(f"refuse {call.name}", "the call was cut off")
        return _failed(call, CUT_CALL, retry=True)
    if call.invalid is not None:
        run.decide(f"refuse {call.name}", "arguments are no JSON object")
        return _failed(call, "The arguments are not a JSON object.", retry=True)
    try:
        result = await run.use(tool, call.arguments, by=by)
    except ToolError as error:
        return _failed(call, with_rest(error.detail, error), retry=error.retryable)
    except AccessDenied as error:
        return _failed(call, str(error), retry=False)
    if type(result) in MAY_SHOW and (shown := shown_in(result)):
        return Message.tool(call, shown_text(result)).attaching(*shown)
    return Message.tool(call, result_text(result))


def _failed(call: ToolCall, text: str, *, retry: bool) -> Message:
    return Message.tool(call, error_text(text, retry=retry))
