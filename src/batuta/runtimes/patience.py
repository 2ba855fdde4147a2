"""Awaiting work that may ignore that it was cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
GRACE_S = 0.5


async def apart(work: Coroutine[Any, Any, T]) -> T:
    """Await work in a task of its own, and leave it behind where it ignores its cancellation.

    The caller's cancellation is passed on; after ``GRACE_S`` the caller goes on all the same.
    """
    task = asyncio.ensure_future(work)
    try:
        await _settled(task, None)
    except asyncio.CancelledError:
        task.cancel()
        task.add_done_callback(_forget)
        await _settled(task, GRACE_S)
        raise
    return task.result()


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
    timer = None if seconds is None else loop.call_later(seconds, wake)
    try:
        await waiter
    finally:
        task.remove_done_callback(wake)
        if timer is not None:
            timer.cancel()


def _forget(task: asyncio.Future[Any]) -> None:
    """Take the outcome of a task that was given up, so that nobody complains of it."""
    if not task.cancelled():
        task.exception()


def is_cancelled() -> bool:
    """Tell whether the present task was asked to end, not only something that it waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
