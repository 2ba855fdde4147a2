"""The layer that tries again."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from batuta.core.layers import Doing, OpT, Proceed
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.retry import Retry
from batuta.core.run import AskOp, CallOp, Op, UseOp
from batuta.errors import BatutaError, ModelError, ModelRateLimited, ToolRetry

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.trace import Where


class RetryLayer:
    """Tries again after a retryable error, within the run's time.

    A tool is tried again only where it reads. An agent is not called again for its model's error:
    that was tried to the end inside.
    """

    def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> Doing[ModelReply]:
        """Ask again after a timeout or a rate limit."""
        if op.retry is None or op.retry.attempts == 1:
            return proceed(op)
        return _again(op, op.retry, proceed)

    def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Doing[Any]:
        """Use a reading tool again after a retryable failure that is not the arguments' fault."""
        if op.retry is None or op.retry.attempts == 1 or op.tool.effect == WRITE:
            return proceed(op)
        return _again(op, op.retry, proceed)

    def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Doing[Message]:
        """Call an agent again where the caller asked for it."""
        if op.retry is None or op.retry.attempts == 1:
            return proceed(op)
        return _again(op, op.retry, proceed)


async def _again(op: OpT, retry: Retry, proceed: Proceed[OpT]) -> Any:
    """Try until it works; the retry event tells listeners which span's text so far is void."""
    job = op.run.job
    for attempt in range(1, retry.attempts + 1):
        try:
            return await proceed(op)
        except BatutaError as error:
            if attempt == retry.attempts or not _may_help(op, error):
                raise
            wait_s = _pause_s(retry, attempt, error, place=f"{job.run_id}|{op.span}")
            left_s = inf if job.deadline is None else job.deadline - job.clock.monotonic()
            if wait_s >= left_s:
                raise
            where: Where = (f"{op.span}.retry{attempt}", op.run.path, op.name, "code")
            data = {"of": op.span, "attempt": attempt + 1, "wait_s": wait_s}
            job.trace.add("retry", "point", where, data=data, error=redacted_text(error))
            await job.clock.sleep(wait_s)
    raise AssertionError("unreachable: the loop returns or raises")


def _may_help(op: Op, error: BatutaError) -> bool:
    tried = isinstance(error, ModelError) and isinstance(op, CallOp)
    return error.retryable and not tried and not isinstance(error, ToolRetry)


def _pause_s(retry: Retry, attempt: int, error: BatutaError, *, place: str) -> float:
    """Give the pause before the next try; without end where the provider asks for too long a one.

    Args:
        place: The run and the step, of which the chance in it is made.
    """
    asked = error.retry_after_s if isinstance(error, ModelRateLimited) else None
    if asked is not None and asked > retry.most_s:
        return inf
    pause = max(min(retry.most_s, retry.wait_s * 2 ** (attempt - 1)), asked or 0.0)
    if not retry.jitter:
        return pause
    from random import Random

    drawn = Random(f"{place}|{attempt}").random()  # noqa: S311 - no secret
    return pause * (1 + retry.jitter * drawn)
