"""The port for time: the only place that reads a clock or sleeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol


class Clock(Protocol):
    """What the time is, how much has passed, and waiting."""

    def now(self) -> datetime:
        """Give the wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds since some fixed moment; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Give the wall-clock time in UTC."""
        return _source()

    monotonic = staticmethod(time.monotonic)
    """Give the machine's monotonic seconds."""

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)


class FixedClock(SystemClock):
    """A wall clock that stands at one moment, while seconds pass as always.

    Args:
        moment: Aware time at which ``now`` stands.
    """

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError("FixedClock needs an aware datetime: give it a tzinfo.")
        self._moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Give the moment."""
        return self._moment


class ManualClock:
    """A clock that moves only when told to; sleeping moves it at once. For tests."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment.astimezone(UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        """Give the start moved on by all that was advanced."""
        return self._moment + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        """Give the seconds advanced so far."""
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        """Advance instead of waiting, and let others run."""
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move the time on."""
        self._seconds += seconds


def zone_of(name: str) -> tzinfo:
    """Give the time zone of that name; UTC needs no list of zones.

    Raises:
        ZoneInfoNotFoundError: There is none.
    """
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


def machine_time() -> datetime:
    """Give the time of this machine, in UTC: for what other machines compare with their own."""
    return datetime.now(UTC)


def machine_ns() -> int:
    """Give the same in nanoseconds since 1970."""
    return time.time_ns()


def process_cpu_s() -> float:
    """Give the seconds of CPU that this process has used."""
    return time.process_time()


_source: Callable[[], datetime] = machine_time


def set_source(source: Callable[[], datetime] | None) -> None:
    """Replace what every SystemClock reads, for tests under another time; None restores it."""
    global _source
    _source = source or machine_time
