"""What a driven model may call: tools, specialists, and handoffs to them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.attachment import Attachment
from batuta.core.message import Message, question_of
from batuta.core.result import MAY_SHOW, result_text, shown_in, shown_text
from batuta.core.tool import Effect, Tool
from batuta.errors import AccessDenied, BatutaError, ConfigError, ModelError, RuntimeFailure

if TYPE_CHECKING:
    from batuta.core.model import ToolSchema
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.parts.loop import Delegate, LoopSpec

_OF_TOOLS = (AccessDenied,)
_OF_AGENTS = (AccessDenied, RuntimeFailure, ModelError)


class Shown(NamedTuple):
    """A result with images or files beside its text."""

    text: str
    files: tuple[Attachment, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """One thing that the model may call.

    Args:
        do: Takes the arguments, gives the result as the model reads it.
        bearable: Errors, beside those of tools, that the model is told of; others end the run.
        handoff: The agent that the conversation goes to, or None.
    """

    schema: ToolSchema
    do: Callable[[Mapping[str, Any]], Awaitable[str | Shown]]
    effect: Effect
    bearable: tuple[type[BatutaError], ...]
    handoff: str | None = None


def offers_of(
    spec: LoopSpec, run: Run, hand_over: Callable[[Delegate], Awaitable[None]]
) -> dict[str, Offer]:
    """List by name what an agent may call.

    Args:
        hand_over: Lets a delegate answer the user.

    Raises:
        ConfigError: Two of them have one name.
    """
    made = [_tool(tool, run, spec.by) for tool in spec.tools]
    for delegate in spec.delegates:
        if delegate.handoff:
            made.append(_handoff(delegate, hand_over))
        else:
            made.append(_delegate(delegate, run, spec.by))
    offers = {offer.schema.name: offer for offer in made}
    if len(offers) < len(made):
        names = ", ".join(sorted(offer.schema.name for offer in made))
        raise ConfigError(
            f"Two tools or delegates of agent {spec.name} have one name", f"Rename one of: {names}."
        )
    return offers


def _tool(tool: Tool, run: Run, by: Decider) -> Offer:
    async def use(arguments: Mapping[str, Any]) -> str | Shown:
        result = await run.use(tool, arguments, by=by)
        if type(result) in MAY_SHOW and (shown := shown_in(result)):
            return Shown(shown_text(result), shown)
        return result_text(result)

    return Offer(schema=tool.schema, do=use, effect=tool.effect, bearable=_OF_TOOLS)


def _delegate(delegate: Delegate, run: Run, by: Decider) -> Offer:
    shape = Tool(_task, name=delegate.tool_name, description=delegate.description)

    async def call(arguments: Mapping[str, Any]) -> str:
        task: str = shape.validate(arguments)["task"]
        question = run.job.question
        asked = Message.user(task) if question is None else question_of(question, task)
        answer = await run.call(delegate.agent, asked, retry=delegate.retry, by=by)
        return answer.text

    return Offer(schema=shape.schema, do=call, effect="write", bearable=_OF_AGENTS)


def _handoff(delegate: Delegate, hand_over: Callable[[Delegate], Awaitable[None]]) -> Offer:
    shape = Tool(_transfer, name=delegate.tool_name, description=delegate.description)

    async def transfer(_: Mapping[str, Any]) -> str:
        await hand_over(delegate)
        return json.dumps({"handed_over_to": delegate.agent})

    return Offer(
        schema=shape.schema,
        do=transfer,
        effect="write",
        bearable=_OF_AGENTS,
        handoff=delegate.agent,
    )


def _task(task: str) -> None:
    """Shape of a delegation.

    Args:
        task: All that the specialist must know: it sees nothing else of the conversation.
    """


def _transfer(reason: str = "") -> None:
    """Shape of a handoff.

    Args:
        reason: Why the conversation is handed over.
    """
