"""Waiting for work that may ignore its time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_S = 0.5


async def within(seconds: float | None, work: Coroutine[Any, Any, T]) -> T:
    """Await work for at most so many seconds, then cancel it and leave it behind.

    Work that ignores its cancellation for ``GRACE_S`` is abandoned: the caller goes on all the
    same. None waits without limit.

    Raises:
        TimeoutError: The time was up.
    """
    task = asyncio.ensure_future(work)
    try:
        await _settled(task, seconds)
    except asyncio.CancelledError:
        task.cancel()
        await _settled(task, GRACE_S)
        _forget(task)
        raise
    if task.done():
        return task.result()
    task.cancel()
    await _settled(task, GRACE_S)
    _forget(task)
    raise TimeoutError


async def _settled(task: asyncio.Future[Any], seconds: float | None) -> None:
    """Wait until the task is done or the time is up, whichever is first."""
    if task.done():
        return
    loop = asyncio.get_running_loop()
    waiter: asyncio.Future[None] = loop.create_future()

    def wake(_: object = None) -> None:
        if not waiter.done():
            waiter.set_result(None)

    task.add_done_callback(wake)
    timer = None if seconds is None else loop.call_later(max(seconds, 0.0), wake)
    try:
        await waiter
    finally:
        task.remove_done_callback(wake)
        if timer is not None:
            timer.cancel()


def _forget(task: asyncio.Future[Any]) -> None:
    """Take the outcome of an abandoned task when it comes, so that nobody complains of it."""

    def take(done: asyncio.Future[Any]) -> None:
        if not done.cancelled():
            done.exception()

    task.add_done_callback(take)
