"""Bookings in a SQLite file, safe between threads, processes and crashes."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import Layout
from batuta.tennis.bookings import Booking, Status, new_booking, same_slot
from batuta.tennis.errors import BookingNotFound, BookingsBusy, SlotTaken, TooManyBookings
from batuta.tennis.slots import Slot

_SCHEMA = (
    """CREATE TABLE bookings (
        booking_id TEXT PRIMARY KEY,
        slot_id    TEXT NOT NULL,
        court      TEXT NOT NULL,
        day        TEXT NOT NULL,
        start_utc  TEXT NOT NULL,
        end_utc    TEXT NOT NULL,
        member_id  TEXT NOT NULL,
        key        TEXT NOT NULL,
        status     TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled')),
        booked_at  TEXT NOT NULL,
        UNIQUE (member_id, key)
    )""",
    "CREATE UNIQUE INDEX one_booking_per_slot ON bookings (slot_id) WHERE status = 'confirmed'",
    "CREATE INDEX bookings_of_day ON bookings (day)",
    "CREATE INDEX bookings_of_member ON bookings (member_id, start_utc)",
)
LAYOUT = Layout(
    what="Bookings database",
    application=0x42544E53,  # "BTNS"
    version=1,
    schema=_SCHEMA,
    busy=lambda _, waited_s: BookingsBusy(waited_s),
)
_COLUMNS = "booking_id, slot_id, court, day, start_utc, end_utc, member_id, status, booked_at"


class SqliteBookings(SqliteStore):
    """A ``BookingStore`` in one file, made with its folder at the first use.

    A confirmed booking is on the disk before ``book`` returns.

    Args:
        path: The file; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for other processes' writes before ``BookingsBusy``.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 10.0) -> None:
        super().__init__(path, LAYOUT, busy_timeout_s)

    async def book(
        self,
        slot: Slot,
        member_id: str,
        *,
        key: str,
        now: dt.datetime,
        max_upcoming: int | None = None,
    ) -> Booking:
        """See ``BookingStore.book``."""
        made = new_booking(slot, member_id, key=key, now=now)

        def write(db: sqlite3.Connection) -> Booking:
            earlier = _select(db, "member_id = ? AND key = ?", member_id, key)
            if earlier:
                return same_slot(earlier[0], slot, key)
            holder = _select(db, "slot_id = ? AND status = 'confirmed'", slot.slot_id)
            if holder:
                raise SlotTaken(slot.slot_id, by_you=holder[0].member_id == member_id)
            if max_upcoming is not None:
                _check_limit(db, made, max_upcoming)
            _insert(db, made, key)
            return made

        return await self.file.write(write)

    async def taken(self, day: dt.date) -> frozenset[str]:
        """See ``BookingStore.taken``."""
        sql = "SELECT slot_id FROM bookings WHERE day = ? AND status = 'confirmed'"
        rows = await self.file.read(lambda db: db.execute(sql, (day.isoformat(),)).fetchall())
        return frozenset(row[0] for row in rows)

    async def find(self, member_id: str, key: str) -> Booking | None:
        """See ``BookingStore.find``."""
        found = await self.file.read(
            lambda db: _select(db, "member_id = ? AND key = ?", member_id, key)
        )
        return found[0] if found else None

    async def bookings(
        self, *, member_id: str | None = None, day: dt.date | None = None
    ) -> tuple[Booking, ...]:
        """See ``BookingStore.bookings``."""
        asked = {"member_id": member_id, "day": None if day is None else day.isoformat()}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "TRUE"
        return await self.file.read(lambda db: _select(db, where, *given.values()))

    async def cancel(self, booking_id: str, member_id: str) -> Booking:
        """See ``BookingStore.cancel``."""
        sql = "UPDATE bookings SET status = 'cancelled' WHERE booking_id = ? AND member_id = ?"

        def write(db: sqlite3.Connection) -> tuple[Booking, ...]:
            db.execute(sql, (booking_id, member_id))
            return _select(db, "booking_id = ? AND member_id = ?", booking_id, member_id)

        found = await self.file.write(write)
        if not found:
            raise BookingNotFound(booking_id)
        return found[0]

    async def clear(self) -> None:
        """See ``BookingStore.clear``."""
        await self.file.write(lambda db: db.execute("DELETE FROM bookings") and None)


def _check_limit(db: sqlite3.Connection, made: Booking, limit: int) -> None:
    sql = (
        "SELECT COUNT(*) FROM bookings "
        "WHERE member_id = ? AND status = 'confirmed' AND start_utc > ?"
    )
    now = made.booked_at.isoformat(timespec="seconds")
    upcoming = db.execute(sql, (made.member_id, now)).fetchone()[0]
    if upcoming >= limit:
        raise TooManyBookings(limit, upcoming)


def _insert(db: sqlite3.Connection, made: Booking, key: str) -> None:
    values = (
        made.booking_id,
        made.slot_id,
        made.court,
        made.date.isoformat(),
        made.start.isoformat(timespec="seconds"),
        made.end.isoformat(timespec="seconds"),
        made.member_id,
        made.status,
        made.booked_at.isoformat(timespec="microseconds"),
        key,
    )
    sql = (
        "INSERT INTO bookings (booking_id, slot_id, court, day, start_utc, end_utc, member_id, "
        "status, booked_at, key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    )
    db.execute(sql, values)


def _select(db: sqlite3.Connection, where: str, *values: str) -> tuple[Booking, ...]:
    order = "start_utc, court, booked_at, booking_id"
    sql = f"SELECT {_COLUMNS} FROM bookings WHERE {where} ORDER BY {order}"  # noqa: S608  all ours
    return tuple(_booking(row) for row in db.execute(sql, values))


def _booking(row: Sequence[Any]) -> Booking:
    booking_id, slot_id, court, day, start, end, member_id, status, booked_at = row
    return Booking(
        booking_id,
        slot_id,
        court,
        dt.date.fromisoformat(day),
        dt.datetime.fromisoformat(start),
        dt.datetime.fromisoformat(end),
        member_id,
        cast("Status", status),
        dt.datetime.fromisoformat(booked_at),
    )
