"""Picks the clock: the machine's own, or one that stands where it is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from batuta.core.clock import Clock, FixedClock, SystemClock, zone_of
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from batuta.settings import Settings


def clock_of(settings: Settings, time_zone: str = "UTC") -> Clock:
    """Give the clock: the machine's own, or one that stands where the settings say.

    Raises:
        ConfigError: They say no ISO time.
    """
    return SystemClock() if not settings.now else clock_at(settings.now, time_zone)


def clock_at(moment: str, time_zone: str) -> Clock:
    """Make a clock that stands at an ISO time; without an offset it is local to the zone.

    Raises:
        ConfigError: It is no ISO time.
    """
    try:
        when = datetime.fromisoformat(moment)
    except ValueError as error:
        raise ConfigError(
            f"{moment!r} is no ISO time", "Write it as 2026-03-01T09:00, with or without an offset."
        ) from error
    return FixedClock(when if when.tzinfo else when.replace(tzinfo=zone_of(time_zone)))
