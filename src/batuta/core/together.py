"""Several things at once, with results in order and cancellation that is real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

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
                value = await item
            else:
                async with gate:
                    value = await item
        except BatutaError as error:
            if on_error == "fail_fast" or isinstance(error, ReplayMismatch):
                raise
            return Outcome[Any](error=error)
        return value if on_error == "fail_fast" else Outcome[Any](value)

    tasks: list[asyncio.Task[Any]] = []
    await _all_of(work, one, tasks)
    return [task.result() for task in tasks]


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
    gate = nullcontext() if limit is None else asyncio.Semaphore(limit)
    tasks: list[asyncio.Task[T | None]] = []
    ended: list[T] = []
    over = False

    async def one(item: Awaitable[T]) -> T | None:
        nonlocal over
        async with gate:
            value = await item
        if over:  # it took no notice of being cancelled
            return None
        ended.append(value)
        over = enough(ended)
        if over:
            for task in tasks:
                if task is not asyncio.current_task():
                    task.cancel()
        return value

    await _all_of(work, one, tasks)
    return [None if task.cancelled() else task.result() for task in tasks]


async def _all_of(
    work: Sequence[Awaitable[Any]],
    one: Callable[[Awaitable[Any]], Coroutine[Any, Any, Any]],
    tasks: list[asyncio.Task[Any]],
) -> None:
    """Fill ``tasks`` with one for each and wait for all; raise the first error as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks.extend(group.create_task(one(item)) for item in work)
    except BaseExceptionGroup as failed:
        first = _first(failed, tasks)
        raise first from first.__cause__
    finally:
        for item in work:
            _discard(item)


def _first(failed: BaseExceptionGroup[Any], tasks: Sequence[asyncio.Task[Any]]) -> BaseException:
    """Pick one error of several: that of the first in the order given."""
    for task in tasks:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            return error
    return failed.exceptions[0]


def _discard(item: Awaitable[Any]) -> None:
    """Close a coroutine that was never started, as after a cancelled sibling."""
    if asyncio.iscoroutine(item):
        item.close()
