"""A number of places that callers share: who may take one, and whose turn it is."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Generic, TypeVar

from batuta.core.principal import LOCAL

_Waiter = TypeVar("_Waiter")
_ROUNDING = 1e-9


class Places(Generic[_Waiter]):
    """So many places, of which one caller may hold a part of what the others leave.

    So there is room for another caller, whatever one does. A place that comes back goes to the
    waiting caller who holds the fewest; of two that hold as many, to the one served longer ago.

    Args:
        share: That part, up to 1, which keeps nothing for others. It is one place at least. The
            local user stands for everybody at this machine, and may hold all.

    Source: the dynamic thresholds of Choudhury and Hahne, IEEE/ACM Transactions on Networking 6(2),
    1998, for buffers that several senders share.
    """

    def __init__(self, limit: int, share: float = 1.0) -> None:
        if limit < 1:
            raise ValueError(f"A limit must be 1 or more, not {limit}.")
        if not 0 < share <= 1:
            raise ValueError(f"A caller's share must be more than 0 and at most 1, not {share:g}.")
        self.limit, self._share = limit, share
        self.taken = 0
        self._held: dict[str, int] = {}
        self._waiting: dict[str, OrderedDict[_Waiter, None]] = {}

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def held(self, caller: str) -> int:
        """Tell how many places a caller holds."""
        return self._held.get(caller, 0)

    def most(self, caller: str) -> int:
        """Tell how many places a caller may hold now."""
        if self._share == 1 or caller == LOCAL.id:
            return self.limit
        left = self.limit - self.taken + self.held(caller)
        return max(1, int(self._share * left + _ROUNDING))

    def take(self, caller: str) -> bool:
        """Take a place, where there is one that the caller may hold."""
        held = self._held.get(caller, 0)
        if self.taken >= self.limit or (self._share != 1 and held >= self.most(caller)):
            return False
        self.taken += 1
        self._held[caller] = held + 1
        return True

    def give_back(self, caller: str) -> None:
        """Give a place back; ``turn`` then says whose it is."""
        self.taken -= 1
        left = self._held[caller] - 1
        if left:
            self._held[caller] = left
        else:
            del self._held[caller]

    def wait(self, caller: str, waiter: _Waiter) -> None:
        """Stand in line, after the caller's others."""
        self._waiting.setdefault(caller, OrderedDict())[waiter] = None

    def leave(self, caller: str, waiter: _Waiter) -> None:
        """Stand in line no more; whoever does not is left alone."""
        line = self._waiting.get(caller)
        if line is not None:
            line.pop(waiter, None)
            if not line:
                del self._waiting[caller]

    def turn(self) -> _Waiter | None:
        """Take a place for the next in line who may have one; None where nobody may."""
        if self.taken >= self.limit or not self._waiting:
            return None
        callers = [caller for caller in self._waiting if self.held(caller) < self.most(caller)]
        if not callers:
            return None
        caller = min(callers, key=self.held)
        self.taken += 1
        self._held[caller] = self.held(caller) + 1
        return self._next_of(caller)

    def next_in_line(self) -> _Waiter | None:
        """Let the next in line go without a place of theirs; None where nobody waits."""
        return self._next_of(min(self._waiting, key=self.held)) if self._waiting else None

    def _next_of(self, caller: str) -> _Waiter:
        line = self._waiting.pop(caller)
        waiter, _ = line.popitem(last=False)
        if line:
            self._waiting[caller] = line  # at the end: it was served just now
        return waiter


class Turns:
    """Places that are waited for, on one event loop.

    Args:
        share: As ``Places`` takes it.
    """

    def __init__(self, limit: int, share: float = 1.0) -> None:
        self._places = Places[tuple[str, asyncio.Future[None]]](limit, share)

    async def take(self, caller: str) -> None:
        """Wait for a place; one that is given up is nobody's."""
        if self._places.take(caller):
            return
        turn = caller, asyncio.get_running_loop().create_future()
        self._places.wait(caller, turn)
        try:
            await turn[1]
        except asyncio.CancelledError:
            if turn[1].cancelled():
                self._places.leave(caller, turn)
            else:
                self.give_back(caller)
            raise

    def give_back(self, caller: str) -> None:
        """Give a place back, to whose turn it is."""
        self._places.give_back(caller)
        while (turn := self._places.turn()) is not None:
            whose, mine = turn
            if mine.done():  # it was given up just now
                self._places.give_back(whose)
            else:
                mine.set_result(None)
