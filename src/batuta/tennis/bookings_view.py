"""The bookings as people read them, at the playground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from batuta.app import StoreTable
from batuta.tennis.bookings import TennisClub

COLUMNS = ("court", "date", "start", "end", "status", "member", "booking")


@dataclass(frozen=True, slots=True)
class BookingsView:
    """Shows what a club's store of bookings holds, cancelled ones included."""

    desk: TennisClub

    async def __call__(self, member_id: str | None) -> Sequence[StoreTable]:
        """Read the bookings of a member, or of all."""
        found = await self.desk.store.bookings(member_id=member_id)
        local = [booking.at(self.desk.club.zone) for booking in found]
        rows = [
            (
                each.court,
                each.date.isoformat(),
                f"{each.start:%H:%M}",
                f"{each.end:%H:%M}",
                each.status,
                each.member_id,
                each.booking_id,
            )
            for each in local
        ]
        return (StoreTable("bookings", COLUMNS, rows),)
