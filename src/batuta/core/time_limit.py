"""A limit on how long work may take, whose timer is set only where the work waits."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar, cast

from batuta.core.cancellation import context_of

T = TypeVar("T")


class TimeLimit:
    """What ``asyncio.timeout`` is, for work that mostly ends without a wait.

    Args:
        seconds: From now; None for no limit.
    """

    __slots__ = ("_cancels", "_loop", "_passed", "_task", "_timer", "_when")

    def __init__(self, seconds: float | None) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._when = None if seconds is None else loop.time() + seconds
        self._task: asyncio.Task[Any] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._passed = False
        self._cancels = 0

    def reschedule(self, when: float | None) -> None:
        """Move the end, in the event loop's time; None takes it away."""
        self._when = when
        if self._task is not None and not self._passed:
            self._stop()
            self._set()

    async def kept(self, work: Coroutine[Any, Any, T]) -> T:
        """Await work.

        Raises:
            TimeoutError: It took longer.
        """
        try:
            awaited = work.send(None)
        except StopIteration as done:
            return done.value
        self._task = task = asyncio.current_task()
        self._cancels = 0 if task is None else task.cancelling()
        self._set()
        try:
            return await _Begun(work, awaited)
        except asyncio.CancelledError as error:
            if self._passed and task is not None and task.cancelling() <= self._cancels + 1:
                raise TimeoutError from error
            raise
        finally:
            self._stop()
            self._task = None
            if self._passed and task is not None:
                task.uncancel()

    def _set(self) -> None:
        if self._when is not None:
            context = context_of(self._task)
            self._timer = self._loop.call_at(self._when, self._end, context=context)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer, self._passed = None, True
        if self._task is not None:
            self._task.cancel()


class _Begun(Generic[T]):
    """A coroutine that was begun, and is awaited from there on.

    Args:
        awaited: What it waits for.
    """

    __slots__ = ("_awaited", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], awaited: Any) -> None:
        self._work, self._awaited = work, awaited

    def __await__(self) -> Generator[Any, Any, T]:
        return cast("Generator[Any, Any, T]", self)

    def __iter__(self) -> _Begun[T]:
        return self

    def __next__(self) -> Any:
        awaited, self._awaited = self._awaited, None
        return self._work.send(None) if awaited is None else awaited

    def throw(self, error: BaseException) -> Any:
        """Let the work be told of an error, and give what it waits for then."""
        return self._work.throw(error)

    def close(self) -> None:
        """End the work where it is."""
        self._work.close()
