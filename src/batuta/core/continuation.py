"""A text that its limit cut off, gone on with by further calls of the same model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.errors import BudgetExceeded, ModelError

GO_ON = (
    "Your answer was cut off at the limit of output tokens. Go on exactly where it broke off, in "
    "the middle of a word if need be, and repeat nothing."
)
"""What the model is told that is to go on."""


async def continued(
    ask: Callable[[ModelRequest], Awaitable[ModelReply]], request: ModelRequest, most: int
) -> ModelReply:
    """Ask, and let a text that was cut off be gone on with.

    Neither calls nor data are gone on with: half of them cannot be told from the whole. Where the
    budget or the model refuses to go on, what there is remains, cut off as it is.

    Args:
        ask: Makes one call.
        most: Most calls after the first.

    Raises:
        ModelError: There is no usable reply at all.
        BudgetExceeded: Not even the first call is allowed.
    """
    reply = await ask(request)
    if request.output is not None:
        return reply
    for _ in range(most):
        if reply.stop_reason != "length" or reply.tool_calls:
            break
        talk = (*request.messages, reply.message(), Message.user(GO_ON))
        try:
            more = await ask(replace(request, messages=talk))
        except (BudgetExceeded, ModelError):
            break
        reply = _joined(reply, more)
    return reply


def _joined(one: ModelReply, more: ModelReply) -> ModelReply:
    """Put two replies together; the second says how it ended."""
    at = len(one.text)
    parts = tuple(replace(part, after_chars=part.after_chars + at) for part in more.parts)
    return replace(
        more,
        text=one.text + more.text,
        usage=one.usage + more.usage,
        usage_told=one.usage_told and more.usage_told,
        earlier=(*one.earlier, *more.earlier),
        inner=(*one.inner, *more.inner),
        parts=(*one.parts, *parts),
        stand_in=one.stand_in or more.stand_in,
    )
