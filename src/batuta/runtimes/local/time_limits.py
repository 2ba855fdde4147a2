"""The longest that one try may take: of a model, a tool or an agent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from batuta.core.cancellation import begun, ended
from batuta.errors import DeadlineExceeded, EffectUnknown, ModelTimeout, Portable, ToolFailed
from batuta.parts.effects import tell_done

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, UseOp

T = TypeVar("T")


def limit_of(op: AskOp | UseOp | CallOp) -> float | None:
    """Give the seconds that one try may take; None for as long as the run has."""
    return None if op.retry is None else op.retry.timeout_s


async def timely_reply(op: AskOp, work: Awaitable[ModelReply]) -> ModelReply:
    """Await a model's reply.

    Raises:
        ModelTimeout: It took longer than one try may.
    """
    try:
        return await _timely(work, limit_of(op))
    except _OutOfTimeError as error:
        late = ModelTimeout(op.model.name, error.limit_s)
        late.spent = error.spent
        raise late from error


async def timely_use(op: UseOp, work: Coroutine[Any, Any, Any]) -> Any:
    """Await a tool, leaving it alone where it ignores its limit.

    Raises:
        ToolFailed: It took longer than one try may; another may help.
        EffectUnknown: It did, and writes.
    """
    try:
        return await _timely(ended(begun(work), None, work), limit_of(op))
    except _OutOfTimeError as error:
        said = f"did not finish within {error.limit_s:g} s"
        if op.tool.effect == "write":
            raise EffectUnknown(op.tool.name, said) from error
        late = ToolFailed(op.tool.name, said)
        late.retryable = True
        raise late from error


async def timely_call(op: CallOp, work: Awaitable[Message]) -> Message:
    """Await an agent.

    Raises:
        DeadlineExceeded: It took longer than one try may; it says what was done by then.
    """
    try:
        return await _timely(work, limit_of(op))
    except _OutOfTimeError as error:
        late = DeadlineExceeded(op.name, error.limit_s)
        late.retryable = True
        tell_done(late, op.run.job.trace.inside(op.span), op.span)
        raise late from error


class _OutOfTimeError(Portable, Exception):
    """A try took longer than it may.

    Args:
        spent: What a model had used by then.
    """

    def __init__(self, limit_s: float, spent: tuple[Any, ...]) -> None:
        super().__init__(f"more than {limit_s:g} s")
        self.limit_s, self.spent = limit_s, spent


async def _timely(work: Awaitable[T], limit_s: float | None) -> T:
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if limit_s is None or not limit.expired():  # its own, which means what it means there
            raise
        raise _OutOfTimeError(limit_s, getattr(error.__cause__, "spent", ())) from error
