"""A door's own limits: requests of one principal over time, wrong keys, and runs at once."""

from __future__ import annotations

import logging
import math
from ipaddress import IPv6Address, ip_address

from batuta.core.clock import Clock
from batuta.core.places import Places
from batuta.errors import LimitReached

_LOG = logging.getLogger(__name__)
_HOST_BITS = 64
_ROUNDING = 1e-6
_MINUTE_S = 60.0
_MOST_BUCKETS = 10_000


class Rate:
    """Lets each principal make so many requests a minute: a bucket that fills evenly.

    Args:
        per_minute: Size of the bucket, and what flows into it in a minute; 0 for no limit.
        what: Is limited, as the error says.
    """

    def __init__(self, per_minute: int, clock: Clock, *, what: str = "requests per minute") -> None:
        self._size, self._what = per_minute, what
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, principal_id: str) -> None:
        """Count one request.

        Raises:
            LimitReached: The bucket is empty.
        """
        if self._size <= 0:
            return
        now = self._clock.monotonic()
        left = self._left_of(principal_id, now)
        if left < 1 - _ROUNDING:
            wait_s = math.ceil((1 - left) * _MINUTE_S / self._size)
            raise LimitReached(self._what, limit=self._size, retry_after_s=max(1, wait_s))
        if len(self._left) >= _MOST_BUCKETS:
            self._forget_full(now)
        self._left[principal_id] = (max(left - 1, 0.0), now)

    def _left_of(self, principal_id: str, now: float) -> float:
        left, at = self._left.get(principal_id, (float(self._size), now))
        return min(float(self._size), left + (now - at) * self._size / _MINUTE_S)

    def _forget_full(self, now: float) -> None:
        full = [who for who in self._left if self._left_of(who, now) >= self._size]
        for who in full or [*self._left][: _MOST_BUCKETS // 10]:
            del self._left[who]


class WrongKeys:
    """Counts wrong API keys by the address that they come from, and logs where they do.

    A right key is let in from such an address all the same: others may be behind it too.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._rate = Rate(per_minute, clock, what="wrong API keys per minute")
        self._told = Rate(1, clock)

    def take(self, address: str) -> None:
        """Count one wrong key.

        Args:
            address: Of the client; the machines of one IPv6 network count as one.

        Raises:
            LimitReached: Too many came from there.
        """
        place = _network(address)
        try:
            self._rate.take(place)
        except LimitReached as error:
            self._tell(place, f"{error.limit} wrong API keys in a minute; more get status 429")
            raise
        self._tell(place, "a wrong API key")

    def _tell(self, place: str, what: str) -> None:
        """Log it, each kind of news once a minute for each address."""
        try:
            self._told.take(f"{place} {what}")
        except LimitReached:
            return
        _LOG.warning("From %s came %s", place, what)


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return "an address that is not known"
    if not isinstance(known, IPv6Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    first = int(known) >> _HOST_BITS << _HOST_BITS
    return f"{IPv6Address(first)}/{_HOST_BITS}"


class RunSlots:
    """Lets so many runs be on at once, each principal's in a share of them.

    Args:
        share: Part of the places that others leave which one principal's runs may take.
    """

    def __init__(self, most: int, share: float) -> None:
        self._places = Places[None](most, share)

    def take(self, principal_id: str) -> None:
        """Take one.

        Raises:
            LimitReached: All are taken, or all that this one may have.
        """
        if self._places.take(principal_id):
            return
        limit, what = self._places.limit, "runs at once"
        if self._places.taken < limit:
            limit, what = self._places.most(principal_id), "runs at once for one caller now"
        raise LimitReached(what, limit=limit, retry_after_s=1)

    def give_back(self, principal_id: str) -> None:
        """Give one back."""
        self._places.give_back(principal_id)
