"""The club's two functions as tools."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from batuta.core.effect import WriteOutcome
from batuta.core.tool import Tool
from batuta.core.tool_context import ToolContext
from batuta.errors import EffectUnknown, ToolFailed, ToolRetry
from batuta.tennis.bookings import Booking, TennisClub
from batuta.tennis.effects import BookingEffects, told_booking
from batuta.tennis.errors import (
    BadRequest,
    BookingsBusy,
    BookingsUnreachable,
    KeyReused,
    SlotTaken,
    TennisError,
)
from batuta.tennis.slots import read_date, read_time

T = TypeVar("T", dt.date, dt.time)


def _day(value: object) -> dt.date:
    return _read(value, dt.date, read_date)


def _start(value: object) -> dt.time:
    return _read(value, dt.time, read_time)


def _read(value: object, kind: type[T], read: Callable[[str], T]) -> T:
    if isinstance(value, kind):
        return value
    if not isinstance(value, str):
        raise ValueError(f"Give it as text, not as {type(value).__name__}.")  # noqa: TRY004 - pydantic's
    try:
        return read(value)
    except BadRequest as error:
        raise ValueError(str(error)) from error


# In one form only: pydantic alone would take 20190302 for seconds since 1970.
Day = Annotated[dt.date, BeforeValidator(_day)]
Start = Annotated[dt.time, BeforeValidator(_start)]


def tennis_tools(desk: TennisClub) -> tuple[Tool, Tool]:
    """Make ``check_availability`` and ``book`` for a club's front desk."""

    async def check_availability(
        context: ToolContext, date: Day, time: Start | None = None
    ) -> dict[str, Any]:
        """Check which tennis courts are open on a date, or at one time of it.

        Args:
            date: Day to play, as YYYY-MM-DD.
            time: Start time, as HH:MM in 24 hours; leave it out for the whole day.
        """
        found = (await desk.available(date, time, now=context.clock.now())).to_json()
        if found.get("reason") in _UNBOOKABLE_DAY and not found["nearest"]:
            at_fault = ("date", "time") if found["reason"] == "past" else ("date",)
            raise ToolRetry("check_availability", found["explanation"], at_fault)
        yours = [
            told_booking(booking)
            for booking in await _held_by(desk, context)
            if booking.date == date and time in (None, booking.time)
        ]
        return _told(found, yours)

    async def book(context: ToolContext, slot_id: str) -> dict[str, Any]:
        """Book one open court slot for the member who asks, and give the confirmation.

        Args:
            slot_id: The slot_id of an open slot, exactly as check_availability gave it.
        """
        try:
            booking = await _booked(desk, slot_id, context)
        except BookingsUnreachable as error:
            raise EffectUnknown("book", "The bookings database cannot be reached") from error
        except BookingsBusy as error:
            raise ToolFailed("book", _BUSY) from error
        except SlotTaken as error:
            said = await _held_slot(desk, slot_id, context) if error.by_you else _TAKEN
            raise ToolRetry("book", said, ("slot_id",)) from error
        except TennisError as error:
            raise ToolRetry("book", f"{error}", ("slot_id",)) from error
        return told_booking(booking)

    # No argument is part of its key: see _booked.
    outcome = WriteOutcome(
        lookup=BookingEffects(desk), verb="booked", said=say_slot, answer=say_confirmed
    )
    return Tool(check_availability), Tool(book, effect="write", outcome=outcome)


def say_slot(booking: Mapping[str, Any]) -> str:
    """Say which slot a confirmation is of."""
    when = say_day(dt.date.fromisoformat(booking["date"]))
    slot = f"Court {booking['court']} on {when}, {booking['start']} to {booking['end']}"
    return f"{slot} ({booking['booking_id']})"


def say_confirmed(booking: Mapping[str, Any]) -> str:
    """Say that a slot is booked, and how it is found again."""
    slot, _, booking_id = say_slot(booking).rpartition(" (")
    return f"{slot} is confirmed. Your booking id is {booking_id.rstrip(')')}."


def say_day(day: dt.date) -> str:
    """Say a day as people do.

    >>> say_day(dt.date(2026, 3, 2))
    'Monday 2 March 2026'
    """
    return f"{day:%A} {day.day} {day:%B %Y}"


def _told(found: dict[str, Any], yours: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Add what the member who asks holds then, and say in a note what there is to say."""
    said = [_yours(held) for held in yours]
    if yours:
        found["yours"] = {held["booking_id"]: say_slot(held) for held in yours}
    if "explanation" in found:
        said.append(found.pop("explanation"))
    return {**found, "note": " ".join(said)} if said else found


async def _held_by(desk: TennisClub, context: ToolContext) -> Sequence[Booking]:
    return await desk.upcoming(context.principal.id, now=context.clock.now())


async def _held_slot(desk: TennisClub, slot_id: str, context: ToolContext) -> str:
    """Say that the slot is the member's own, by which booking."""
    held = await _held_by(desk, context)
    mine = [_yours(told_booking(booking)) for booking in held if booking.slot_id == slot_id]
    return f"{mine[0]} There is nothing more to do." if mine else _YOURS


def _yours(booking: Mapping[str, Any]) -> str:
    slot, _, booking_id = say_slot(booking).rpartition(" (")
    return f"{slot} is booked for you already: booking {booking_id.rstrip(')')}."


async def _booked(desk: TennisClub, slot_id: str, context: ToolContext) -> Booking:
    """Book, or give what an earlier try of the same request has booked at this very point.

    The try that was lost has taken its slot, so the next one finds another open and asks for that.
    """
    who, key, now = context.principal.id, context.idempotency_key, context.clock.now()
    try:
        return await desk.book(slot_id, who, key=key, now=now)
    except KeyReused as error:
        return await desk.book(error.booked_slot_id, who, key=key, now=now)


_YOURS = "That court is booked for you already: there is nothing more to do."
_BUSY = "The bookings database is busy, and nothing was written. Try again in a moment."
_TAKEN = "That court is taken by now. Another one is needed."
_UNBOOKABLE_DAY = ("past", "too_far", "closed_day")
