"""Slots: computed from the club's settings, never stored.

A slot is named by its local start and court: ``2019-03-02T14:00/A``. Slots follow the wall clock
and last ``slot_minutes`` of real time. When clocks go forward, a slot is offered only where the
wall clock leaves room for all of it, so one that would start in the missing hour does not exist.
When clocks go back, an ambiguous start means the first of the two; the second is not offered.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from batuta.tennis.club import Club
from batuta.tennis.errors import BadRequest, ClubClosed, SlotNotFound

_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00(?:\.0+)?)?")
_ID = re.compile(rf"({_DATE.pattern})[Tt\s]\s*({_TIME.pattern})\s*/\s*([^/]+)")
_MINUTE = dt.timedelta(minutes=1)
_LONGEST_ID = 100
_QUOTES = ("'", '"', "`")
_DAYS_KEPT = 128


@dataclass(frozen=True, slots=True)
class Slot:
    """One court for one length of time.

    Args:
        date: The club's local day.
        start: Aware, in the club's time zone; so is ``end``.
    """

    slot_id: str
    court: str
    date: dt.date
    start: dt.datetime
    end: dt.datetime

    @property
    def time(self) -> dt.time:
        """The local start time."""
        return self.start.time()

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data, with local times as ``HH:MM``."""
        return {
            "slot_id": self.slot_id,
            "court": self.court,
            "date": self.date.isoformat(),
            "start": f"{self.start:%H:%M}",
            "end": f"{self.end:%H:%M}",
        }


def read_date(text: str) -> dt.date:
    """Read ``2019-03-02``.

    Raises:
        BadRequest: Not such a date.
    """
    try:
        if found := _DATE.fullmatch(text.strip()):
            return dt.date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise BadRequest("date", text, "a day that exists, as YYYY-MM-DD") from error
    raise BadRequest("date", text, "it as YYYY-MM-DD, such as 2019-03-02")


def read_time(text: str) -> dt.time:
    """Read ``14:00`` or ``14:00:00``, on the 24-hour clock.

    Raises:
        BadRequest: Not such a time.
    """
    try:
        if found := _TIME.fullmatch(text.strip()):
            return dt.time(int(found[1]), int(found[2]))
    except ValueError as error:
        raise BadRequest("time", text, "a time from 00:00 to 23:59") from error
    raise BadRequest("time", text, "it as HH:MM on the 24-hour clock, such as 14:00")


def format_slot_id(day: dt.date, time: dt.time, court: str) -> str:
    """Name a slot.

    >>> format_slot_id(dt.date(2019, 3, 2), dt.time(14), "A")
    '2019-03-02T14:00/A'
    """
    return f"{day.isoformat()}T{time:%H:%M}/{court}"


def parse_slot_id(text: str) -> tuple[dt.date, dt.time, str]:
    """Split a slot id, forgiving case, spaces, quotes and seconds; the court is not looked up.

    >>> parse_slot_id("2019-03-02 14:00:00/court a")
    (datetime.date(2019, 3, 2), datetime.time(14, 0), 'court a')

    Raises:
        SlotNotFound: It does not look like a slot id.
    """
    bare = text.strip()
    if bare[:1] in _QUOTES and bare[:1] == bare[-1:]:
        bare = bare[1:-1].strip()
    found = _ID.fullmatch(bare) if len(text) < _LONGEST_ID else None
    if found is None:
        raise SlotNotFound(text)
    try:
        return read_date(found[1]), read_time(found[5]), found[8].strip()
    except BadRequest as error:
        raise SlotNotFound(text, f"there is no such {error.field}") from error


def find_slot(club: Club, slot_id: str) -> Slot:
    """Find the slot that an id names, whether past, taken or free.

    Raises:
        SlotNotFound: No slot id, an unknown court, or not a time at which slots start.
        ClubClosed: Outside that day's opening hours.
    """
    day, time, name = parse_slot_id(slot_id)
    court = club.court_named(name)
    if court is None:
        detail = f"there is no court {name!r}, only {', '.join(club.courts)}"
        raise SlotNotFound(slot_id, detail, format_slot_id(day, time, club.courts[0]))
    for slot in slots_at(club, day, time):
        if slot.court == court:
            return slot
    hours = club.hours_on(day)
    if hours is None or not hours.opens_min <= minutes_of(time) < hours.closes_min:
        raise ClubClosed(day, time, None if hours is None else str(hours))
    raise SlotNotFound(slot_id, f"no slot starts at {time:%H:%M} on {day}")


def minutes_of(time: dt.time) -> int:
    """Count the whole minutes since midnight."""
    return time.hour * 60 + time.minute


@lru_cache(maxsize=_DAYS_KEPT)
def slots_on(club: Club, day: dt.date) -> tuple[Slot, ...]:
    """Give all slots of a day, by start, then in the order of the courts."""
    return tuple(slot for time in _starts(club, day) for slot in _courts_at(club, day, time))


@lru_cache(maxsize=8 * _DAYS_KEPT)
def slots_at(club: Club, day: dt.date, time: dt.time) -> tuple[Slot, ...]:
    """Give the slots that start at a local time, one for each court; none off the grid."""
    return tuple(slot for slot in slots_on(club, day) if slot.time == time)


def open_slots(
    club: Club,
    day: dt.date,
    time: dt.time | None = None,
    *,
    now: dt.datetime,
    taken: Collection[str],
) -> tuple[Slot, ...]:
    """Give the slots of a day, or of one time of it, that have not begun and are not taken.

    Args:
        time: Local start time; None asks for the whole day.
        taken: Slot ids with a confirmed booking.
    """
    local = club.local(now).astimezone(dt.UTC)
    offered = slots_on(club, day) if time is None else slots_at(club, day, time)
    return tuple(slot for slot in offered if slot.start > local and slot.slot_id not in taken)


def _courts_at(club: Club, day: dt.date, time: dt.time) -> tuple[Slot, ...]:
    start = dt.datetime.combine(day, time, club.zone)
    end = (start.astimezone(dt.UTC) + club.slot_minutes * _MINUTE).astimezone(club.zone)
    return tuple(
        Slot(format_slot_id(day, time, court), court, day, start, end) for court in club.courts
    )


def _starts(club: Club, day: dt.date) -> Iterator[dt.time]:
    hours = club.hours_on(day)
    if hours is None or not dt.MINYEAR < day.year < dt.MAXYEAR:  # no room to convert to UTC
        return
    for minute in range(hours.opens_min, hours.closes_min, club.slot_minutes):
        start = dt.time(*divmod(minute, 60))
        if _has_room(club, dt.datetime.combine(day, start, club.zone)):
            yield start


def _has_room(club: Club, start: dt.datetime) -> bool:
    # A wall-clock window over a gap is short of real time; fold=1 reads its last minute with the
    # offset after the change, which also lands before `start` where either end does not exist.
    last = (start + (club.slot_minutes - 1) * _MINUTE).replace(fold=1)
    real = last.astimezone(dt.UTC) + _MINUTE - start.astimezone(dt.UTC)
    return real >= club.slot_minutes * _MINUTE
