"""Threads for plain ``def`` tools, so that nothing else waits for one that is slow."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any

from batuta.core.places import Places
from batuta.core.threads import has_threads

_IDLE_S = 5.0


@dataclass(slots=True, eq=False)
class _Call:
    """One call of a plain function.

    Args:
        done: Of the loop that waits for it.
        begun: A thread has it, or is about to.
    """

    work: Callable[[], Any]
    principal_id: str
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[Any]
    context: Context = field(default_factory=copy_context)
    begun: bool = False
    given_up: bool = False

    def do(self) -> None:
        """Do the work here and now, and tell the loop; one that has closed is told nothing."""
        result, error = None, None
        try:
            result = self.context.run(self.work)
        except BaseException as raised:  # the boundary: whoever awaits it gets it
            error = raised
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_settle, self.done, result, error)


class ToolThreads:
    """So many threads for tools, each principal's calls in a share of them.

    A call that is given up goes on to its end, as no thread can be stopped, and counts until then.
    The threads are daemons: neither the loop's end nor the interpreter's waits for them.

    Args:
        share: Part of the threads that others leave which one principal may keep busy.
    """

    def __init__(self, limit: int = 32, share: float = 1.0) -> None:
        self._places = Places[_Call](limit, share)
        self._lock = threading.Lock()
        self._calls: set[_Call] = set()
        self._handed: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._idle = 0

    @property
    def limit(self) -> int:
        """Most calls at once."""
        return self._places.limit

    @property
    def running(self) -> int:
        """How many calls are on, those included that were given up."""
        return len(self._calls)

    @property
    def given_up(self) -> int:
        """How many calls are on that nobody waits for any more."""
        with self._lock:
            return sum(call.given_up for call in self._calls)

    async def run(self, work: Callable[[], Any], principal_id: str) -> Any:
        """Do work in a thread, with the caller's context variables."""
        loop = asyncio.get_running_loop()
        call = _Call(work, principal_id, loop, loop.create_future())
        with self._lock:
            if self._places.take(principal_id):
                self._begin(call)
            else:
                self._places.wait(principal_id, call)
        try:
            return await call.done
        except asyncio.CancelledError:
            with self._lock:
                call.given_up = True
                if not call.begun:
                    self._places.leave(principal_id, call)
            raise

    def _begin(self, call: _Call) -> None:
        """Hand a call that has its place to a thread that has nothing to do, or to a new one."""
        call.begun = True
        self._calls.add(call)
        self._handed.put(call)
        if not has_threads():
            call.loop.call_soon(self._served_one)  # between two steps of the loop
        elif self._idle:
            self._idle -= 1
        else:
            threading.Thread(target=self._serve, name="batuta-tool", daemon=True).start()

    def _serve(self) -> None:
        while self._served_one():
            pass

    def _served_one(self) -> bool:
        """Do a call, and begin those that may now; False where none came for a while."""
        call = self._next()
        if call is None:
            return False
        call.do()
        with self._lock:
            self._calls.discard(call)
            self._places.give_back(call.principal_id)
            self._idle += 1  # this thread
            while (waiting := self._places.turn()) is not None:
                self._begin(waiting)
        return True

    def _next(self) -> _Call | None:
        with suppress(queue.Empty):
            return self._handed.get(timeout=_IDLE_S)
        with self._lock:
            if self._idle:
                self._idle -= 1
                return None
        return self._handed.get()  # it was counted on just now


def _settle(done: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)
