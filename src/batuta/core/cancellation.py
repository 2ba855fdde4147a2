"""Awaiting work that may ignore that it was cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_S = 0.5
WRITE_GRACE_S = 10.0
"""Longest time that whoever is cut waits for a write that has begun."""


async def shielded(work: Coroutine[Any, Any, T], writes: Collection[asyncio.Future[Any]] = ()) -> T:
    """Await work in a task of its own, and leave it behind where it ignores its cancellation.

    The caller's cancellation is passed on; after ``GRACE_S`` the caller goes on all the same,
    unless a write is on, which it waits for.

    Args:
        writes: Those that are on at any time.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    ended: asyncio.Future[None] = loop.create_future()
    task.add_done_callback(partial(_wake, ended))
    try:
        await ended
    except asyncio.CancelledError:
        task.cancel()
        left_alone(task)
        if writes:
            await settled(writes, WRITE_GRACE_S)
        await asyncio.wait({task}, timeout=GRACE_S)
        raise
    return task.result()


async def settled(work: Collection[asyncio.Future[Any]], timeout_s: float) -> None:
    """Wait until work has ended, whoever asks meanwhile that the waiting ends."""
    loop = asyncio.get_running_loop()
    end = loop.time() + timeout_s
    while (on := {one for one in work if not one.done()}) and (left_s := end - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait(on, timeout=left_s)


async def to_end(work: Coroutine[Any, Any, T]) -> T:
    """Await short work that must be done, such as keeping a record, also where this is cut."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await settled({task}, WRITE_GRACE_S)
        left_alone(task)
        raise


def left_alone(task: asyncio.Future[Any]) -> None:
    """Take the outcome of work that nobody waits for any more, so that nobody complains of it."""
    task.add_done_callback(_forget)


def _wake(settled: asyncio.Future[None], _: object) -> None:
    if not settled.done():
        settled.set_result(None)


def _forget(task: asyncio.Future[Any]) -> None:
    """Take the outcome of a task that was given up, so that nobody complains of it."""
    if not task.cancelled():
        task.exception()


def is_cancelled() -> bool:
    """Tell whether the present task was asked to end, not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
