"""A write that has begun goes on to its end, whatever becomes of whoever waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batuta.core.cancellation import WRITE_GRACE_S, left_alone, settled, task_of
from batuta.core.redaction import redacted_text
from batuta.core.result import result_data
from batuta.errors import AccessDenied, BatutaError, EffectUnknown, ToolFailed, ToolRetry
from batuta.runtimes.local.invocation import invoked

if TYPE_CHECKING:
    from batuta.core.effect import EffectLog, LoggedEffect
    from batuta.core.run import UseOp


async def written(op: UseOp) -> Any:
    """Do a write in a task of its own; where the use of it is cut, wait for its end first.

    A disconnect or a limit ends the use; what was done is then known all the same: ``op.write``.
    """
    job = op.run.job
    work = _done(op) if op.run.job.effects is None else _noted(op, op.run.job.effects)
    op.write = task = task_of(work, asyncio.get_running_loop())
    if task.done():
        return task.result()
    writes: set[asyncio.Future[Any]] = job.writes or set()
    job.writes = writes
    writes.add(task)
    task.add_done_callback(writes.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await settled({task}, WRITE_GRACE_S)
        left_alone(task)
        raise


async def _noted(op: UseOp, log: EffectLog) -> Any:
    """Do a write, and note before it that it begins and after it how it ended."""
    from batuta.core.effect import LoggedEffect

    job = op.run.job
    effect = LoggedEffect(
        key=job.idempotency_key(op),
        principal_id=job.principal.id,
        request=job.idempotency_prefix,
        session_id=job.session.id,
        run_id=job.run_id,
        tool=op.tool.name,
        arguments=result_data(op.arguments),
        begun_at=job.clock.now().isoformat(),
    )
    earlier = await log.begin(effect)
    if earlier is not None:
        return earlier.result
    try:
        result = await _done(op)
    except (ToolFailed, ToolRetry, AccessDenied) as error:
        if not isinstance(error, EffectUnknown):
            await _note(op, log, replace(effect, status="failed"))
        raise
    await _note(op, log, replace(effect, status="done", result=result_data(result)))
    return result


async def _done(op: UseOp) -> Any:
    """Do a write; of one that ended in an error of nobody's making, look up whether it was done."""
    try:
        return await invoked(op)
    except EffectUnknown as error:
        lookup = None if op.tool.outcome is None else op.tool.outcome.lookup
        if lookup is None:
            raise
        try:
            job = op.run.job
            found = await lookup.find_effect(job.idempotency_key(op), job.principal.id)
        except BatutaError:
            raise error from None
        if found is None:
            raise ToolFailed(op.tool.name, error.plain) from error.__cause__
        return found.result


async def _note(op: UseOp, log: EffectLog, effect: LoggedEffect) -> None:
    """Note how a write ended; what is done is not undone where that cannot be noted."""
    try:
        await log.end(effect)
    except BatutaError as error:
        where = (f"{op.span}.note", op.run.path, "outcome not noted", "code")
        op.run.job.trace.add("warning", "point", where, error=redacted_text(error))
