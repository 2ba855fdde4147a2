"""A tool at work: its own exceptions end here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import exit_attempted, is_cancelled
from batuta.core.iteration import is_lazy
from batuta.core.principal import WRITE
from batuta.core.redaction import redacted_text
from batuta.core.slots import maker_of
from batuta.core.tool_context import ToolContext
from batuta.errors import BatutaError, EffectUnknown, ToolFailed, sole
from batuta.runtimes.local.time_limits import timely_use

if TYPE_CHECKING:
    from batuta.core.run import UseOp

_context = maker_of(ToolContext)


async def invoked(op: UseOp) -> Any:
    """Let a tool work.

    Raises:
        ToolFailed: It raised an exception of its own, or took longer than one try may;
            ``EffectUnknown`` where it writes.
    """
    job, tool = op.run.job, op.tool
    failed = EffectUnknown if tool.effect == WRITE else ToolFailed
    try:
        limit_s = None if op.retry is None else op.retry.timeout_s
        if tool.is_bare and limit_s is None:
            made = await tool.function(**op.arguments)
            if not is_lazy(made):
                return made
            return await tool.given(made, job.threads, job.principal.id)
        key = job.idempotency_key(op)
        context = _context(job.principal, job.clock, key, job.run_id, job.session.id, job.time_zone)
        work = tool.called(op.arguments, context, job.threads)
        return await (work if limit_s is None else timely_use(op, work))
    except BatutaError:
        raise
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise failed(tool.name, "was cancelled by its own doing") from error
    except Exception as error:  # the boundary: a tool's own exception ends here
        own = sole(error)
        if isinstance(own, BatutaError):
            raise own from own.__cause__
        raise failed(tool.name, redacted_text(error)) from error
    except (SystemExit, KeyboardInterrupt, BaseExceptionGroup) as error:
        attempted = exit_attempted(error)
        raise failed(tool.name, redacted_text(attempted)) from attempted
