"""The layer that lets nothing begin after the end, and leaves alone who ignores a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batuta.core.time_limit import TimeLimit
from batuta.errors import DeadlineExceeded
from batuta.parts.effects import tell_done

if TYPE_CHECKING:
    from batuta.core.layers import Proceed
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.run import AskOp, CallOp, Op, StepOp, UseOp


class DeadlineLayer:
    """Nothing starts after the run has ended or its time is up; a call can have its own limit."""

    async def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> ModelReply:
        """Check, then ask."""
        check_time(op)
        return await proceed(op)

    async def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Any:
        """Check, then use."""
        check_time(op)
        return await proceed(op)

    async def step(self, op: StepOp, proceed: Proceed[StepOp]) -> Any:
        """Check, then do."""
        check_time(op)
        return await proceed(op)

    async def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Message:
        """Check, then call, leaving an agent alone that ignores its limit."""
        check_time(op)
        if op.timeout_s is None:
            return await proceed(op)
        return await limited(op, op.timeout_s, proceed)


async def limited(op: CallOp, timeout_s: float, proceed: Proceed[CallOp]) -> Message:
    """Call within a limit of the call's own.

    Raises:
        DeadlineExceeded: It took longer; the error says what was done by then.
    """
    try:
        return await TimeLimit(timeout_s).kept(proceed(op))
    except TimeoutError as error:
        late = DeadlineExceeded(op.name, timeout_s)
        tell_done(late, op.run.job.trace.inside(op.span), op.span)
        raise late from error


def check_time(op: Op) -> None:
    """Let nothing begin after the end.

    Raises:
        DeadlineExceeded: The run has ended, or its agent's part in it.
        BudgetExceeded: The run's time is up.
    """
    job = op.run.job
    if job.ended:
        raise DeadlineExceeded(f"{op.name} (the run has ended: {job.ended})", 0.0)
    if op.run.ended:
        raise DeadlineExceeded(f"{op.name} (its agent was given up, or has answered)", 0.0)
    if job.deadline is not None and job.clock.monotonic() >= job.deadline:
        raise job.account.out_of_time(job.trace.elapsed_s())
