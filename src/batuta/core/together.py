"""Several things at once, with results in order and cancellation that is real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Generic, Literal, TypeVar

from batuta.core.cancellation import cancelled_all, contained
from batuta.errors import BatutaError, ReplayMismatch

T = TypeVar("T")
OnError = Literal["fail_fast", "partial"]


@dataclass(frozen=True)  # no slots: with them, Python 3.11 cannot make an Outcome[int](…)
class Outcome(Generic[T]):
    """The result of one of several: a value, or the error that it ended with."""

    value: T | None = None
    error: BatutaError | None = None

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.error is None


async def together(
    work: Sequence[Awaitable[Any]], *, on_error: OnError = "fail_fast", limit: int | None = None
) -> list[Any]:
    """Await all of ``work``; see ``Run.together``."""
    if limit is not None and limit < 1:
        for item in work:
            _discard(item)
        raise ValueError("limit must be 1 or more, or None for no limit.")
    gate = asyncio.Semaphore(limit) if limit is not None else None

    async def one(item: Awaitable[Any]) -> Any:
        try:
            if gate is None:
                value = await contained(item)
            else:
                async with gate:
                    value = await contained(item)
        except BatutaError as error:
            if on_error == "fail_fast" or isinstance(error, ReplayMismatch):
                raise
            return Outcome[Any](error=error)
        return value if on_error == "fail_fast" else Outcome[Any](value)

    return [task.result() for task in await _all_of(work, one, _Group(len(work)))]


async def until(
    work: Sequence[Awaitable[T]],
    enough: Callable[[Sequence[T]], bool],
    *,
    limit: int | None = None,
) -> list[T | None]:
    """Await ``work`` until there is enough; the rest is cancelled, or never begun, and is None.

    Args:
        enough: Asked after each that ends, with the results so far, first to last.
        limit: Most of them at the same time.
    """
    gate = None if limit is None else asyncio.Semaphore(limit)
    group = _Group(len(work))
    ended: list[T] = []

    async def one(item: Awaitable[T]) -> T | None:
        value = await (contained(item) if gate is None else _within(gate, item))
        if group.over.done():  # it took no notice of being cancelled
            return None
        ended.append(value)
        if enough(ended):
            group.stop()
        return value

    tasks = await _all_of(work, one, group)
    made = [task.result() if task.done() and not task.cancelled() else None for task in tasks]
    return made + [None] * (len(work) - len(made))


async def _within(gate: asyncio.Semaphore, item: Awaitable[T]) -> T:
    async with gate:
        return await contained(item)


async def _all_of(
    work: Sequence[Awaitable[Any]],
    one: Callable[[Awaitable[Any]], Coroutine[Any, Any, Any]],
    group: _Group,
) -> list[asyncio.Task[Any]]:
    """Make a task of each and wait until the group is over; raise the first error as itself.

    Those that are still at work then are cancelled, and left behind where they take no notice.
    """
    tasks = group.tasks
    try:
        for item in work:
            if group.over.done():  # by those that ended as they began
                break
            task = group.loop.create_task(one(item))
            tasks.append(task)
            task.add_done_callback(group.ended)
        await group.over
    finally:
        await cancelled_all([task for task in tasks if not task.done()])
        for item, task in zip_longest(work, tasks):
            if task is None or task.done():
                _discard(item)
    for task in tasks:  # one error of several: that of the first in the order given
        error = None if task.cancelled() or not task.done() else task.exception()
        if error is not None:
            raise error from error.__cause__
    return tasks


class _Group:
    """Tasks that go on together until all have ended, one has failed, or nobody needs the rest."""

    def __init__(self, number: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = self.loop.create_future()
        self.tasks: list[asyncio.Task[Any]] = []
        self._left = number
        if not number:
            self.over.set_result(None)

    def ended(self, task: asyncio.Task[Any]) -> None:
        """Count one that has ended."""
        self._left -= 1
        failed = not task.cancelled() and task.exception() is not None
        if failed or not self._left:
            self.stop()

    def stop(self) -> None:
        """End the group, before anybody more begins."""
        if self.over.done():
            return
        self.over.set_result(None)
        present = asyncio.current_task()
        for task in self.tasks if self._left else ():
            if task is not present:
                task.cancel()


def _discard(item: Awaitable[Any]) -> None:
    """Close a coroutine that was never started, as after a cancelled sibling."""
    if asyncio.iscoroutine(item):
        item.close()
