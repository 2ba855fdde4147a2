"""What can go wrong at the club, in one tree that knows nothing of AI.

TennisError
├── BadRequest        a date or time that cannot be read
├── SlotNotFound      no slot of that id
├── SlotTaken         somebody else, or the member, has it already
├── SlotPast          it has begun
├── ClubClosed        the club is not open then
├── TooFarAhead       beyond the booking horizon
├── TooManyBookings   the member's limit of upcoming bookings
├── KeyReused         an idempotency key that came with another slot before
├── BookingNotFound   no booking of that id for this member
└── BookingsBusy         the database was locked for too long; retryable
    └── BookingsUnreachable  it does not answer, and what it wrote is not known

Each message is built from the fields and says what to do next.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar

_SHOWN = 60


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


class TennisError(Exception):
    """Root of the tree; ``retryable`` says whether the very same request can succeed later."""

    code: ClassVar[str] = "tennis_error"
    retryable: ClassVar[bool] = False

    def to_json(self) -> dict[str, Any]:
        """Give code, message and fields: ``{"error": …, "message": …, <field>: …}``."""
        made: dict[str, Any] = {"error": self.code, "message": str(self)}
        for name, value in vars(self).items():
            made[name] = value.isoformat() if isinstance(value, dt.date | dt.time) else value
        return made


@dataclass(eq=False)
class BadRequest(TennisError):
    """A value that cannot be read.

    Args:
        field: Which one, such as ``date``.
        expected: What it should look like.
    """

    code: ClassVar[str] = "bad_request"
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        return f"Cannot read {self.field} {_shown(self.value)}. Give {self.expected}."


@dataclass(eq=False)
class SlotNotFound(TennisError):
    """No slot has this id.

    Args:
        detail: What is wrong with it, such as ``there is no court E``.
        example: A well-formed id.
    """

    code: ClassVar[str] = "slot_not_found"
    slot_id: str
    detail: str = "it is not a slot id"
    example: str = "2019-03-02T14:00/A"

    def __str__(self) -> str:
        return (
            f"No slot {_shown(self.slot_id)}: {self.detail}. "
            f"A slot id looks like {self.example!r}. "
            "Call check_availability and use a slot_id from its answer."
        )


@dataclass(eq=False)
class SlotTaken(TennisError):
    """The slot has a confirmed booking.

    Args:
        by_you: The booking is the member's own.
    """

    code: ClassVar[str] = "slot_taken"
    slot_id: str
    by_you: bool = False

    def __str__(self) -> str:
        if self.by_you:
            return f"Slot {self.slot_id} is already booked by you. There is nothing more to do."
        return f"Slot {self.slot_id} is taken. Call check_availability and choose another one."


@dataclass(eq=False)
class SlotPast(TennisError):
    """The slot has begun or is over.

    Args:
        now: The club's local time.
    """

    code: ClassVar[str] = "slot_past"
    slot_id: str
    now: dt.datetime

    def __str__(self) -> str:
        now = f"{self.now:%Y-%m-%d %H:%M}"
        return f"Slot {self.slot_id} is past: at the club it is {now}. Choose a later one."


@dataclass(eq=False)
class ClubClosed(TennisError):
    """The club is not open then.

    Args:
        hours: That day's opening hours, such as ``07:00-22:00``; None when closed all day.
    """

    code: ClassVar[str] = "club_closed"
    date: dt.date
    time: dt.time
    hours: str | None

    def __str__(self) -> str:
        if self.hours is None:
            return f"The club is closed on {self.date:%A} {self.date}. Choose another day."
        return (
            f"No court can be booked on {self.date} at {self.time:%H:%M}: "
            f"the club is open {self.hours} that day. Choose a time within the opening hours."
        )


@dataclass(eq=False)
class TooFarAhead(TennisError):
    """The day lies beyond the booking horizon."""

    code: ClassVar[str] = "too_far_ahead"
    date: dt.date
    last_day: dt.date

    def __str__(self) -> str:
        return (
            f"{self.date} is too far ahead: bookings are open until {self.last_day}. "
            "Choose a day up to then."
        )


@dataclass(eq=False)
class TooManyBookings(TennisError):
    """The member has as many upcoming bookings as a member may."""

    code: ClassVar[str] = "too_many_bookings"
    limit: int
    upcoming: int

    def __str__(self) -> str:
        return (
            f"You have {self.upcoming} upcoming bookings and the limit is {self.limit}. "
            "Play or cancel one first."
        )


@dataclass(eq=False)
class KeyReused(TennisError):
    """The idempotency key stands for a booking of another slot."""

    code: ClassVar[str] = "key_reused"
    key: str
    slot_id: str
    booked_slot_id: str

    def __str__(self) -> str:
        return (
            f"Idempotency key {_shown(self.key)} was used to book {self.booked_slot_id}, "
            f"so it cannot book {self.slot_id}. Use a new key for another slot."
        )


@dataclass(eq=False)
class BookingNotFound(TennisError):
    """This member has no such booking; says nothing about other people's."""

    code: ClassVar[str] = "booking_not_found"
    booking_id: str

    def __str__(self) -> str:
        return f"You have no booking {_shown(self.booking_id)}. List your bookings for their ids."


@dataclass(eq=False)
class BookingsBusy(TennisError):
    """Others kept the bookings database locked; nothing was written."""

    code: ClassVar[str] = "store_busy"
    retryable: ClassVar[bool] = True
    waited_s: float

    def __str__(self) -> str:
        return (
            f"The bookings database was busy for {self.waited_s:g} s and nothing was written. "
            "Try again with the same key."
        )


@dataclass(eq=False)
class BookingsUnreachable(BookingsBusy):
    """The bookings database does not answer; what was asked may have been written or not."""

    code: ClassVar[str] = "store_unreachable"

    def __str__(self) -> str:
        return (
            "The bookings database cannot be reached, and whether it wrote the booking is not "
            "known. Try again with the same key."
        )
