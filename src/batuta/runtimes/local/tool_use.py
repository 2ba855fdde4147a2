"""One use of a tool: with what is bound, in its time, its own exceptions ending here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import is_cancelled
from batuta.core.redaction import redacted_text
from batuta.core.tool_context import ToolContext
from batuta.errors import BatutaError, EffectUnknown, ToolFailed, sole
from batuta.runtimes.local.time_limits import limit_of, timely_use
from batuta.runtimes.local.writes import written

if TYPE_CHECKING:
    from batuta.core.run import UseOp


async def used(op: UseOp) -> Any:
    """Do one use of a tool, whose arguments are valid, with what is bound.

    Raises:
        ToolFailed: It raised something of its own, or took longer than one try may.
        EffectUnknown: It did, and writes.
    """
    job = op.run.job
    key = job.idempotency_key(op)
    context = ToolContext(job.principal, job.clock, key, job.run_id, job.session.id, job.time_zone)
    if not key:
        return await _invoked(op, context)
    return await written(op, key, lambda: _invoked(op, context))


async def _invoked(op: UseOp, context: ToolContext) -> Any:
    """Let a tool work; its own exceptions end here."""
    failed = EffectUnknown if context.idempotency_key else ToolFailed
    try:
        work = op.tool.invoke(op.arguments, context, op.run.job.threads)
        return await (work if limit_of(op) is None else timely_use(op, work))
    except BatutaError:
        raise
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise failed(op.tool.name, "was cancelled by its own doing") from error
    except Exception as error:  # the boundary: a tool's own exception ends here
        own = sole(error)
        if isinstance(own, BatutaError):
            raise own from own.__cause__
        raise failed(op.tool.name, redacted_text(error)) from error
