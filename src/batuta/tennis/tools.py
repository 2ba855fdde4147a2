"""The club's two functions as tools."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator

from batuta.core.tool import Tool, ToolContext
from batuta.errors import ToolFailed, ToolRetry
from batuta.tennis.bookings import Booking, TennisClub
from batuta.tennis.effects import told_booking
from batuta.tennis.errors import BadRequest, BookingsBusy, KeyReused, SlotTaken, TennisError
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
        if "explanation" in found:
            found["note"] = found.pop("explanation")
        return found

    async def book(context: ToolContext, slot_id: str) -> dict[str, Any]:
        """Book one open court slot for the member who asks, and give the confirmation.

        Args:
            slot_id: The slot_id of an open slot, exactly as check_availability gave it.
        """
        try:
            booking = await _booked(desk, slot_id, context)
        except BookingsBusy as error:
            raise ToolFailed("book", f"{error}") from error
        except SlotTaken as error:
            raise ToolRetry("book", _YOURS if error.by_you else _TAKEN, ("slot_id",)) from error
        except TennisError as error:
            raise ToolRetry("book", f"{error}", ("slot_id",)) from error
        return told_booking(booking)

    # No argument is part of its key: see _booked.
    return Tool(check_availability), Tool(book, effect="write")


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
_TAKEN = "That court is taken by now. Another one is needed."
_UNBOOKABLE_DAY = ("past", "too_far", "closed_day")
