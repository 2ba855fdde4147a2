"""The layer that tries again."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from batuta.core.layers import Doing, Proceed
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.retry import Retry
from batuta.core.run import AskOp, CallOp, UseOp
from batuta.errors import BatutaError, ModelError, ModelRateLimited, ModelUnavailable, ToolRetry

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.model import ModelReply
    from batuta.core.trace import Where

TriedT = TypeVar("TriedT", AskOp, UseOp, CallOp)


class RetryLayer:
    """Tries again after a retryable error, within the run's time.

    A tool is tried again only where it reads. An agent is not called again for its model's error:
    that was tried to the end inside.
    """

    def ask(self, op: AskOp, proceed: Proceed[AskOp]) -> Doing[ModelReply]:
        """Ask again after a timeout or a rate limit."""
        return again(op, proceed) if is_retried(op) else proceed(op)

    def use(self, op: UseOp, proceed: Proceed[UseOp]) -> Doing[Any]:
        """Use a reading tool again after a retryable failure that is not the arguments' fault."""
        return again(op, proceed) if is_retried(op) else proceed(op)

    def call(self, op: CallOp, proceed: Proceed[CallOp]) -> Doing[Message]:
        """Call an agent again where the caller asked for it."""
        return again(op, proceed) if is_retried(op) else proceed(op)


def is_retried(op: TriedT) -> bool:
    """Tell whether something may be tried more than once."""
    return op.retry is not None and op.retry.attempts > 1


async def again(op: TriedT, proceed: Proceed[TriedT]) -> Any:
    """Try until it works, or until trying again cannot help."""
    attempt = 1
    while True:
        try:
            return await proceed(op)
        except BatutaError as error:
            wait_s = pause_s(op, attempt, error)
            if wait_s is None:
                raise
        await op.run.job.clock.sleep(wait_s)
        attempt += 1


def pause_s(op: TriedT, attempt: int, error: BatutaError) -> float | None:
    """Give the pause before the next try, and record it; None where nothing more is tried.

    The event tells listeners which span's text so far is void.

    Args:
        attempt: The number of the try that ended with the error.
    """
    retry, job = op.retry, op.run.job
    if retry is None or attempt >= retry.attempts or not _may_help(op, error):
        return None
    wait_s = _wait_s(retry, attempt, error, place=f"{job.run_id}|{op.span}")
    left_s = inf if job.deadline is None else job.deadline - job.clock.monotonic()
    if wait_s >= left_s:
        return None
    where: Where = (f"{op.span}.retry{attempt}", op.run.path, op.name, "code")
    data = {"of": op.span, "attempt": attempt + 1, "wait_s": wait_s}
    job.trace.add("retry", "point", where, data=data, error=redacted_text(error))
    return wait_s


def _may_help(op: TriedT, error: BatutaError) -> bool:
    if isinstance(error, ToolRetry):
        return False
    if not error.retryable and not (op.retry is not None and op.retry.covers(error)):
        return False
    if isinstance(op, UseOp):
        return op.tool.effect != WRITE
    return not (isinstance(error, ModelError) and isinstance(op, CallOp))


def _wait_s(retry: Retry, attempt: int, error: BatutaError, *, place: str) -> float:
    """Give the pause before the next try; without end where the provider asks for too long a one.

    Args:
        place: The run and the step, of which the chance in it is made.
    """
    told = isinstance(error, ModelRateLimited | ModelUnavailable)
    asked = error.retry_after_s if told else None
    if asked is not None and asked > retry.most_s:
        return inf
    pause = max(min(retry.most_s, retry.wait_s * 2 ** (attempt - 1)), asked or 0.0)
    if not retry.jitter:
        return pause
    from random import Random

    drawn = Random(f"{place}|{attempt}").random()  # noqa: S311 - no secret
    return pause * (1 + retry.jitter * drawn)
