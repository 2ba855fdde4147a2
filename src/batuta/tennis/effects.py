"""What the club's tools have done: a booking is the record of its own effect."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from batuta.core.effect import EffectRecord
from batuta.errors import StoreBusy
from batuta.tennis.bookings import Booking, TennisClub
from batuta.tennis.errors import BookingsBusy


@dataclass(frozen=True, slots=True)
class BookingEffects:
    """The ``EffectLookup`` of ``book``: row and key were written in one transaction."""

    desk: TennisClub

    async def find_effect(self, key: str, principal_id: str) -> EffectRecord | None:
        """See ``EffectLookup.find_effect``."""
        try:
            found = await self.desk.store.find(principal_id, key)
        except BookingsBusy as error:
            raise _unknown(error) from error
        return None if found is None else self._effect(key, found)

    async def probe(self) -> None:
        """See that the club's bookings can be read and written.

        Raises:
            StoreBusy: Not now.
            StoreUnusable: They are gone, damaged or full.
        """
        try:
            await self.desk.store.probe()
        except BookingsBusy as error:
            raise _unknown(error) from error

    def _effect(self, key: str, booking: Booking) -> EffectRecord:
        return EffectRecord(
            key=key,
            principal_id=booking.member_id,
            tool="book",
            result=told_booking(booking.at(self.desk.club.zone)),
            done_at=booking.booked_at.astimezone(dt.UTC).isoformat(),
        )


def told_booking(booking: Booking) -> dict[str, Any]:
    """Keep what a member wants to read: local times, no internals."""
    return {
        "booking_id": booking.booking_id,
        "slot_id": booking.slot_id,
        "court": booking.court,
        "date": booking.date.isoformat(),
        "start": f"{booking.start:%H:%M}",
        "end": f"{booking.end:%H:%M}",
        "status": booking.status,
    }


def _unknown(error: BookingsBusy) -> StoreBusy:
    return StoreBusy("The bookings database", error.waited_s)
