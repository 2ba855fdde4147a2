"""A door's own limits: requests of one principal over time, and runs at once."""

from __future__ import annotations

import math

from batuta.core.clock import Clock
from batuta.errors import LimitReached

_ROUNDING = 1e-6
_MINUTE_S = 60.0
_MOST_BUCKETS = 10_000


class Rate:
    """Lets each principal make so many requests a minute: a bucket that fills evenly.

    Args:
        per_minute: Size of the bucket, and what flows into it in a minute; 0 for no limit.
    """

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._size = per_minute
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
            raise LimitReached(
                "requests per minute", limit=self._size, retry_after_s=max(1, wait_s)
            )
        if len(self._left) >= _MOST_BUCKETS:
            self._forget_full(now)
        self._left[principal_id] = (max(left - 1, 0.0), now)

    def _left_of(self, principal_id: str, now: float) -> float:
        left, at = self._left.get(principal_id, (float(self._size), now))
        return min(float(self._size), left + (now - at) * self._size / _MINUTE_S)

    def _forget_full(self, now: float) -> None:
        full = [who for who in self._left if self._left_of(who, now) >= self._size]
        for who in full:
            del self._left[who]


class RunSlots:
    """Lets so many runs be on at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    def take(self) -> None:
        """Take one.

        Raises:
            LimitReached: All are taken.
        """
        if self._taken >= self._most:
            raise LimitReached("runs at once", limit=self._most, retry_after_s=1)
        self._taken += 1

    def give_back(self) -> None:
        """Give one back."""
        self._taken -= 1
