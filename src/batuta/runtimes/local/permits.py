"""How many agents work at once, without a nested call ever waiting for its own caller."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Permit:
    """The right to work: one of the limit's, or lent by somebody who waits meanwhile.

    Args:
        outside: Calls to agents elsewhere that its holder waits for.
    """

    lender: Permit | None = None
    lent: bool = False
    outside: int = 0


class Permits:
    """A limit on agents at work.

    An agent that calls others is waiting, so it lends its own right to one of them at a time: every
    tree of calls can always go on, even under a limit of one. One that waits for an agent elsewhere
    lends it to whoever comes: that agent may call back, and others' runs may wait for each other
    over two places. When its answer is there, it goes on at once, whoever has its right.
    """

    def __init__(self, limit: int) -> None:
        if limit < 1:
            raise ValueError("max_concurrent_calls must be 1 or more.")
        self._free = limit
        self._waiting: deque[tuple[asyncio.Future[Permit], Permit | None]] = deque()
        self._outside: dict[Permit, None] = {}

    async def acquire(self, caller: Permit | None) -> Permit:
        """Wait for the right to work."""
        permit = self._take(caller)
        if permit is not None:
            return permit
        waiter: asyncio.Future[Permit] = asyncio.get_running_loop().create_future()
        self._waiting.append((waiter, caller))
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.release(waiter.result())
            raise

    def release(self, permit: Permit) -> None:
        """Give the right back and wake whoever can go on now."""
        if permit.lender is not None:
            permit.lender.lent = False
        else:
            self._free += 1
        if self._waiting:
            self._wake()

    @contextmanager
    def elsewhere(self, caller: Permit | None) -> Generator[None]:
        """Mark the caller as waiting for an agent that works elsewhere."""
        if caller is None:
            yield
            return
        caller.outside += 1
        self._outside[caller] = None
        if self._waiting:
            self._wake()
        try:
            yield
        finally:
            caller.outside -= 1
            if not caller.outside:
                del self._outside[caller]

    def _take(self, caller: Permit | None) -> Permit | None:
        if self._free > 0:
            self._free -= 1
            return Permit()
        if caller is None or caller.lent:
            caller = next((permit for permit in self._outside if not permit.lent), None)
        if caller is None:
            return None
        caller.lent = True
        return Permit(caller)

    def _wake(self) -> None:
        still: deque[tuple[asyncio.Future[Permit], Permit | None]] = deque()
        while self._waiting:
            waiter, caller = self._waiting.popleft()
            if waiter.done():
                continue
            permit = self._take(caller)
            if permit is None:
                still.append((waiter, caller))
            else:
                waiter.set_result(permit)
                if self._free == 0:
                    break
        still.extend(self._waiting)
        self._waiting = still
