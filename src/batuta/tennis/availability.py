"""What is open: at the time asked for, and near it when nothing is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from batuta.tennis.club import Club
from batuta.tennis.slots import Slot, minutes_of, open_slots, slots_at, slots_on

NEAREST = 4

Reason = Literal["past", "too_far", "closed_day", "closed_hours", "off_grid", "all_taken"]
_SAID: dict[Reason, str] = {
    "past": "{when} is past: at the club it is {now:%Y-%m-%d %H:%M}.",
    "too_far": "{date} is too far ahead: bookings are open until {last_day}.",
    "closed_day": "The club is closed on {date:%A} {date}.",
    "closed_hours": "{when} is outside the opening hours, {hours}.",
    "off_grid": "No slot starts at {when}: the club opens {hours}, in slots of {minutes} minutes.",
    "all_taken": "Every court is taken on {when}.",
}


@dataclass(frozen=True, slots=True)
class Availability:
    """The answer to "what is open?".

    Args:
        date: The local day asked for.
        time: The local start time asked for; None asks for the whole day.
        open: What is open then, by start, then in the order of the courts.
        reason: Why nothing is open then; None where something is.
        explanation: The reason as a sentence; empty without one.
        nearest: Open slots of the same day, nearest in time first, where ``time`` has none.
    """

    date: dt.date
    time: dt.time | None
    open: tuple[Slot, ...]
    reason: Reason | None = None
    explanation: str = ""
    nearest: tuple[Slot, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; reason and nearest only where nothing is open."""
        made: dict[str, Any] = {
            "date": self.date.isoformat(),
            "time": None if self.time is None else f"{self.time:%H:%M}",
            "open": [slot.to_json() for slot in self.open],
        }
        if self.reason is not None:
            made |= {
                "reason": self.reason,
                "explanation": self.explanation,
                "nearest": [slot.to_json() for slot in self.nearest],
            }
        return made


def check(
    club: Club,
    day: dt.date,
    time: dt.time | None = None,
    *,
    now: dt.datetime,
    taken: Collection[str],
) -> Availability:
    """Work out what is open on a day, or at one time of it.

    Args:
        time: Local start time; None asks for the whole day.
        taken: Slot ids of that day with a confirmed booking.
    """
    last_day = club.last_day(now)
    bookable = last_day is None or day <= last_day
    wanted = open_slots(club, day, time, now=now, taken=taken) if bookable else ()
    if wanted:
        return Availability(day, time, wanted)
    reason = _reason(club, day, time, now=now) if bookable else "too_far"
    said = _SAID[reason].format(
        date=day,
        when=f"{day}" if time is None else f"{day} {time:%H:%M}",
        now=club.local(now),
        hours=club.hours_on(day),
        minutes=club.slot_minutes,
        last_day=last_day,
    )
    near: tuple[Slot, ...] = ()
    if bookable and time is not None:
        near = nearest(club, open_slots(club, day, now=now, taken=taken), time)
    return Availability(day, time, (), reason, said, near)


def nearest(
    club: Club, slots: Sequence[Slot], time: dt.time, *, limit: int = NEAREST
) -> tuple[Slot, ...]:
    """Pick the slots nearest to a time of day, then in the order of the courts."""

    def distance(slot: Slot) -> tuple[int, int, dt.time]:
        apart = abs(minutes_of(slot.time) - minutes_of(time))
        return apart, club.courts.index(slot.court), slot.time

    return tuple(sorted(slots, key=distance)[:limit])


def _reason(club: Club, day: dt.date, time: dt.time | None, *, now: dt.datetime) -> Reason:
    local = club.local(now)
    offered = slots_on(club, day) if time is None else slots_at(club, day, time)
    utc = local.astimezone(dt.UTC)
    if day < local.date() or (offered and all(slot.start <= utc for slot in offered)):
        return "past"
    hours = club.hours_on(day)
    if hours is None or (time is None and not offered):
        return "closed_day"
    if time is not None and not offered:
        within = hours.opens_min <= minutes_of(time) < hours.closes_min
        return "off_grid" if within else "closed_hours"
    return "all_taken"
