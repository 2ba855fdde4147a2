"""The layer that lets nothing begin after the end, and leaves alone who ignores a limit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batuta.errors import DeadlineExceeded
from batuta.parts.effects import tell_done

if TYPE_CHECKING:
    from batuta.core.layers import Doing, Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, Op, StepOp, UseOp


class DeadlineLayer:
    """Nothing starts after the run has ended or its time is up; a call can have its own limit."""

    def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> Doing[ModelReply]:
        """Check, then ask."""
        _still_on(op)
        return proceed(op)

    def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Doing[Any]:
        """Check, then use."""
        _still_on(op)
        return proceed(op)

    def step(self, op: StepOp, proceed: Proceed[StepOp]) -> Doing[Any]:
        """Check, then do."""
        _still_on(op)
        return proceed(op)

    def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Doing[Message]:
        """Check, then call, leaving an agent alone that ignores its limit."""
        _still_on(op)
        return proceed(op) if op.timeout_s is None else _limited(op, op.timeout_s, proceed)


async def _limited(op: CallOp, timeout_s: float, proceed: Proceed[CallOp]) -> Message:
    try:
        async with asyncio.timeout(timeout_s):
            return await proceed(op)
    except TimeoutError as error:
        late = DeadlineExceeded(op.name, timeout_s)
        tell_done(late, op.run.job.trace.inside(op.span), op.span)
        raise late from error


def _still_on(op: Op) -> None:
    job = op.run.job
    if job.ended:
        raise DeadlineExceeded(f"{op.name} (the run has ended: {job.ended})", 0.0)
    if op.run.ended:
        raise DeadlineExceeded(f"{op.name} (its agent was given up, or has answered)", 0.0)
    if job.deadline is not None and job.clock.monotonic() >= job.deadline:
        raise job.account.out_of_time(job.trace.elapsed_s())
