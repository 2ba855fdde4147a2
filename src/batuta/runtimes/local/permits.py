"""How many agents work at once, without a nested call ever waiting for its own caller."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from batuta.core.places import Places
from batuta.core.slots import maker_of
from batuta.errors import LimitReached

_COME_BACK_S = 1.0


@dataclass(slots=True, eq=False)
class Permit:
    """The right to work: one of the limit's, or lent by somebody who waits meanwhile.

    Args:
        principal_id: Whose run it is.
        outside: Calls to agents elsewhere that its holder waits for.
        claims: Its holder's own calls that wait for it, and some that wait no more.
    """

    principal_id: str
    lender: Permit | None = None
    lent: bool = False
    outside: int = 0
    claims: deque[_Claim] | None = None


_permit = maker_of(Permit)


@dataclass(slots=True, eq=False)
class _Claim:
    """Somebody who waits for the right to work."""

    principal_id: str
    granted: asyncio.Future[Permit] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Permits:
    """A limit on agents at work, shared fairly between those whose runs they are.

    An agent that calls others is waiting, so it lends its own right to one of them at a time: every
    tree of calls can always go on, even under a limit of one, and a chain of calls takes one place.
    One that waits for an agent elsewhere lends it to whoever comes: that agent may call back, and
    others' runs may wait for each other over two places. When its answer is there, it goes on at
    once, whoever has its right.

    Args:
        share: Part of the places that others leave which one principal may hold.
    """

    def __init__(self, limit: int, share: float = 1.0) -> None:
        if limit < 1:
            raise ValueError("max_concurrent_calls must be 1 or more.")
        self.places = Places[_Claim](limit, share)
        self._outside: dict[Permit, None] = {}

    def at_once(self, principal_id: str, caller: Permit | None = None) -> Permit | None:
        """Give the right to work, where that needs no wait.

        Args:
            caller: The right of whoever calls; None where nobody does here.
        """
        if caller is not None and not caller.lent:
            caller.lent = True
            return _permit(principal_id, caller)
        if self.places.take(principal_id):
            return _permit(principal_id)
        waiting = next((permit for permit in self._outside if not permit.lent), None)
        return None if waiting is None else _lent_by(waiting, principal_id)

    async def enter(self, principal_id: str, wait_s: float | None = None) -> Permit:
        """Wait for the right to begin a run.

        Args:
            wait_s: Longest wait; None for as long as it takes.

        Raises:
            LimitReached: It took longer.
        """
        permit = self.at_once(principal_id)
        if permit is not None:
            return permit
        try:
            async with asyncio.timeout(wait_s):
                return await self._in_line(principal_id, None)
        except TimeoutError as error:
            raise LimitReached(
                "agents at work", limit=self.places.limit, retry_after_s=_COME_BACK_S
            ) from error

    async def acquire(self, principal_id: str, caller: Permit | None = None) -> Permit:
        """Wait for the right to work.

        Args:
            caller: The right of whoever calls; None where nobody does here.
        """
        permit = self.at_once(principal_id, caller)
        return permit if permit is not None else await self._in_line(principal_id, caller)

    def release(self, permit: Permit) -> None:
        """Give the right back and wake whoever can go on now."""
        lender = permit.lender
        if lender is not None:
            lender.lent = False
            if lender.claims or lender.outside:
                self._lend(lender)
            return
        self.places.give_back(permit.principal_id)
        while (claim := self.places.turn()) is not None:
            if claim.granted.done():  # it was given up just now
                self.places.give_back(claim.principal_id)
            else:
                claim.granted.set_result(Permit(claim.principal_id))

    @contextmanager
    def elsewhere(self, caller: Permit | None) -> Generator[None]:
        """Mark the caller as waiting for an agent that works elsewhere."""
        if caller is None:
            yield
            return
        caller.outside += 1
        self._outside[caller] = None
        if not caller.lent:
            self._lend(caller)
        try:
            yield
        finally:
            caller.outside -= 1
            if not caller.outside:
                del self._outside[caller]

    def _lend(self, lender: Permit) -> None:
        """Lend an unused right to one of its holder's own calls, or meanwhile to anybody's."""
        claim = _waiting(lender)
        if claim is not None:
            self.places.leave(claim.principal_id, claim)
        while claim is None and lender.outside and (next_one := self.places.next_in_line()):
            claim = None if next_one.granted.done() else next_one
        if claim is not None:
            claim.granted.set_result(_lent_by(lender, claim.principal_id))

    async def _in_line(self, principal_id: str, caller: Permit | None) -> Permit:
        claim = _Claim(principal_id)
        self.places.wait(principal_id, claim)
        if caller is not None:
            caller.claims = caller.claims or deque()
            caller.claims.append(claim)
        try:
            return await claim.granted
        except asyncio.CancelledError:
            if claim.granted.done() and not claim.granted.cancelled():
                self.release(claim.granted.result())
            else:
                self.places.leave(principal_id, claim)
            raise


def _lent_by(lender: Permit, principal_id: str) -> Permit:
    lender.lent = True
    return _permit(principal_id, lender)


def _waiting(lender: Permit) -> _Claim | None:
    """Give the first of a holder's own calls that still waits, forgetting those that do not."""
    while lender.claims:
        claim = lender.claims.popleft()
        if not claim.granted.done():
            return claim
    return None
