"""Bookings, the protocol of what keeps them, and the club's front desk."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from batuta.tennis.availability import Availability, check
from batuta.tennis.club import Club
from batuta.tennis.errors import KeyReused, SlotPast, TooFarAhead
from batuta.tennis.slots import Slot, find_slot, parse_slot_id

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LETTERS = 10

Status = Literal["confirmed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Booking:
    """One slot held by one member.

    Args:
        date: The club's local day.
        start: Aware; UTC from a store, the club's time zone from ``TennisClub``. So are ``end``
            and ``booked_at``.
    """

    booking_id: str
    slot_id: str
    court: str
    date: dt.date
    start: dt.datetime
    end: dt.datetime
    member_id: str
    status: Status
    booked_at: dt.datetime

    @property
    def time(self) -> dt.time:
        """The local start time."""
        return parse_slot_id(self.slot_id)[1]

    def at(self, zone: dt.tzinfo) -> Booking:
        """Copy with the same instants told in another time zone."""
        return replace(
            self,
            start=self.start.astimezone(zone),
            end=self.end.astimezone(zone),
            booked_at=self.booked_at.astimezone(zone),
        )

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data; instants are ISO 8601 with their offset."""
        return {
            "booking_id": self.booking_id,
            "slot_id": self.slot_id,
            "court": self.court,
            "date": self.date.isoformat(),
            "time": f"{self.time:%H:%M}",
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "member_id": self.member_id,
            "status": self.status,
            "booked_at": self.booked_at.isoformat(),
        }


def new_booking(slot: Slot, member_id: str, *, key: str, now: dt.datetime) -> Booking:
    """Make the booking that a store should write; times in UTC.

    The id is a hash of member, key and slot (50 bits), so that a retry makes the same one.

    Raises:
        ValueError: Member or key is empty, or ``now`` has no time zone.
    """
    if not member_id or not key:
        msg = "member_id and key must not be empty"
        raise ValueError(msg)
    if now.tzinfo is None:
        msg = f"now must have a time zone, got {now!r}"
        raise ValueError(msg)
    made = Booking(
        booking_id=_booking_id(member_id, key, slot.slot_id),
        slot_id=slot.slot_id,
        court=slot.court,
        date=slot.date,
        start=slot.start,
        end=slot.end,
        member_id=member_id,
        status="confirmed",
        booked_at=now,
    )
    return made.at(dt.UTC)


def _booking_id(*facts: str) -> str:
    number = int.from_bytes(hashlib.sha256(json.dumps(facts).encode()).digest())
    letters = "".join(_ALPHABET[number >> (5 * i) & 31] for i in range(_ID_LETTERS))
    return f"BK-{letters[:5]}-{letters[5:]}"


class BookingStore(Protocol):
    """What keeps bookings. Every write is conditional: no race can book a slot twice."""

    async def book(
        self,
        slot: Slot,
        member_id: str,
        *,
        key: str,
        now: dt.datetime,
        max_upcoming: int | None = None,
    ) -> Booking:
        """Write a booking in one step, or give the one that this key made before.

        Args:
            key: Idempotency key, unique for a member. Its booking is returned as it is now, which
                may be cancelled.
            max_upcoming: How many bookings with a start after ``now`` a member may hold.

        Raises:
            KeyReused: The key made a booking of another slot.
            SlotTaken: Somebody has the slot, or this member by another key.
            TooManyBookings: The member has ``max_upcoming`` already.
            StoreBusy: Nothing was written; retry with the same key.
        """
        ...

    async def taken(self, day: dt.date) -> frozenset[str]:
        """Give the ids of the slots with a confirmed booking."""
        ...

    async def find(self, member_id: str, key: str) -> Booking | None:
        """Find what an idempotency key of a member has booked."""
        ...

    async def bookings(
        self, *, member_id: str | None = None, day: dt.date | None = None
    ) -> tuple[Booking, ...]:
        """List bookings, cancelled ones included, by start, court and time of booking."""
        ...

    async def cancel(self, booking_id: str, member_id: str) -> Booking:
        """Cancel a member's booking, which frees its slot; again changes nothing.

        Raises:
            BookingNotFound: The member has no such booking.
        """
        ...

    async def clear(self) -> None:
        """Forget every booking."""
        ...

    async def probe(self) -> None:
        """Read and write, really, and change nothing that anybody sees."""
        ...

    async def aclose(self) -> None:
        """Release what the store holds; it cannot be used afterwards."""
        ...


class TennisClub:
    """The front desk: what is open, and booking it under the club's rules.

    Args:
        store: Keeps the bookings; the caller closes it.
    """

    def __init__(self, club: Club, store: BookingStore) -> None:
        self.club, self.store = club, store

    async def available(
        self, day: dt.date, time: dt.time | None = None, *, now: dt.datetime
    ) -> Availability:
        """Say which slots are open on a day, or at one time of it.

        Args:
            time: Local start time; None asks for the whole day.
        """
        return check(self.club, day, time, now=now, taken=await self.store.taken(day))

    async def book(self, slot_id: str, member_id: str, *, key: str, now: dt.datetime) -> Booking:
        """Book a slot. The same key again gives the same booking, even when the slot is past.

        Args:
            key: Idempotency key, unique for a member.

        Raises:
            SlotNotFound: No such slot.
            ClubClosed: Outside the opening hours.
            SlotPast: It has begun.
            TooFarAhead: Beyond the horizon.
            SlotTaken: Somebody has it, or this member by another key.
            TooManyBookings: The member has as many as the club allows.
            KeyReused: The key booked another slot.
            StoreBusy: Nothing was written; retry with the same key.
        """
        slot = find_slot(self.club, slot_id)
        earlier = await self.store.find(member_id, key)
        if earlier is not None:
            return same_slot(earlier, slot, key).at(self.club.zone)
        local = self.club.local(now)
        if slot.start.astimezone(dt.UTC) <= now:
            raise SlotPast(slot.slot_id, local)
        last_day = self.club.last_day(now)
        if last_day is not None and slot.date > last_day:
            raise TooFarAhead(slot.date, last_day)
        made = await self.store.book(
            slot, member_id, key=key, now=now, max_upcoming=self.club.max_upcoming
        )
        return made.at(self.club.zone)

    async def upcoming(self, member_id: str, *, now: dt.datetime) -> tuple[Booking, ...]:
        """List a member's confirmed bookings that have not ended, by start."""
        local = self.club.local(now).astimezone(dt.UTC)
        found = await self.store.bookings(member_id=member_id)
        return tuple(
            booking.at(self.club.zone)
            for booking in found
            if booking.status == "confirmed" and booking.end > local
        )


def same_slot(earlier: Booking, slot: Slot, key: str) -> Booking:
    """Give the booking that the key made before, if it was of this slot.

    Raises:
        KeyReused: It was of another.
    """
    if earlier.slot_id != slot.slot_id:
        raise KeyReused(key, slot.slot_id, earlier.slot_id)
    return earlier
