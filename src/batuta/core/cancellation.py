"""Awaiting work that may ignore that it was cancelled, or would end the process."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextlib import suppress
from contextvars import Context
from functools import partial
from typing import Any, Protocol, TypeVar

from batuta.errors import described

T = TypeVar("T")
GRACE_S = 0.5
WRITE_GRACE_S = 10.0
"""Longest time that whoever is cut waits for a write that has begun."""


class ExitAttempted(Exception):
    """Somebody's code would have ended the process, as ``sys.exit`` and argparse do."""


async def contained(work: Awaitable[T]) -> T:
    """Await work that ends no more than itself.

    asyncio lets ``SystemExit`` and ``KeyboardInterrupt`` out of whatever task they are raised in,
    and the event loop with everybody on it ends.

    Raises:
        ExitAttempted: The work raised one of them. A second Ctrl-C, which comes to a task that is
            cancelled already, is let through.
    """
    try:
        return await work
    except Exception:
        raise
    except (SystemExit, KeyboardInterrupt, BaseExceptionGroup) as error:
        raise exit_attempted(error) from error


def exit_attempted(error: BaseException) -> ExitAttempted:
    """Make ``contained``'s error of what would end the process, or of a group with it."""
    if not isinstance(error, SystemExit | KeyboardInterrupt):
        made = ExitAttempted(f"{described(error)} ends this call, not the process")
    elif isinstance(error, SystemExit):
        made = ExitAttempted(f"sys.exit({error.code!r}) ends this call, not the process")
    elif is_cancelled():
        raise error
    else:
        made = ExitAttempted("KeyboardInterrupt ends this call, not the process")
    made.__cause__ = error
    return made


def begun(work: Awaitable[T]) -> asyncio.Task[T]:
    """Begin work in a task of its own that ends no more than itself; ``ended`` awaits it."""
    return task_of(contained(work), asyncio.get_running_loop())


class Writing(Protocol):
    """Whatever writes may be done for.

    Args:
        writes: Those that are on now.
    """

    writes: set[asyncio.Future[Any]] | None


async def ended(task: asyncio.Task[T], whose: Writing | None, work: Awaitable[T]) -> T:
    """Await a task, and leave it behind where it ignores its cancellation.

    The caller's cancellation is passed on; after ``GRACE_S`` the caller goes on all the same,
    unless a write of the run is on, which it waits for.

    Args:
        whose: The run; None waits for no write.
        work: What the task does; closed where it was never begun.
    """
    if task.done():
        return task.result()
    over: asyncio.Future[None] = task.get_loop().create_future()
    task.add_done_callback(partial(_wake, over), context=context_of(task))
    try:
        await over
    except asyncio.CancelledError:
        task.cancel()
        left_alone(task)
        if whose is not None and whose.writes:
            await settled(whose.writes, WRITE_GRACE_S)
        await asyncio.wait({task}, timeout=GRACE_S)
        raise
    finally:
        if task.done() and task.cancelled() and asyncio.iscoroutine(work):
            work.close()
    return task.result()


def context_of(task: asyncio.Task[Any] | None) -> Context | None:
    """Give a task's own context, for what is called while it waits; None for a copy of the present.

    A copy is one more object that the garbage collector looks at while the task waits.
    """
    if sys.version_info < (3, 12) or task is None:
        return None
    return task.get_context()


async def cancelled_all(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait for their end, at most twice ``GRACE_S``.

    An agent among them that ignores it is left behind after once that long, so that the trace has
    its end; other work that does, after the second.
    """
    for task in tasks:
        if not task.cancelling():
            task.cancel()
        left_alone(task)
    if tasks:
        await asyncio.wait(tasks, timeout=2 * GRACE_S)


class Nesting(threading.local):
    """How many tasks of this thread are beginning, one inside the other."""

    depth = 0


_nesting = Nesting()


def task_of(work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> asyncio.Task[T]:
    """Begin work in a task of its own: at once where Python can, so that what never waits is done.

    One inside the other only so deep, as each stands on the stack of the one before.
    """
    nesting = _nesting
    depth = nesting.depth
    if depth >= _MOST_NESTED:
        return loop.create_task(work)
    nesting.depth = depth + 1
    try:
        return _at_once(work, loop=loop)
    finally:
        nesting.depth = depth


_at_once: Callable[..., asyncio.Task[Any]]
if sys.version_info >= (3, 12):
    _at_once, _MOST_NESTED = partial(asyncio.Task, eager_start=True), 16
else:
    _at_once, _MOST_NESTED = asyncio.Task, 0


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
