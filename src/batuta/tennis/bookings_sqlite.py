"""Bookings in a SQLite file, safe between threads, processes and crashes."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from batuta.errors import ConfigError
from batuta.tennis.bookings import Booking, Status, new_booking, same_slot
from batuta.tennis.errors import BookingNotFound, SlotTaken, StoreBusy, TooManyBookings
from batuta.tennis.slots import Slot

_T = TypeVar("_T")
_VERSION = 1
_APPLICATION = 0x42544E53  # "BTNS" in the file's header: tells ours from another program's file
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
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
_COLUMNS = "booking_id, slot_id, court, day, start_utc, end_utc, member_id, status, booked_at"
_WAL_TRIES = 100


class SqliteBookings:
    """A ``BookingStore`` in one file, made with its folder at the first use.

    One thread of its own holds the one connection, so a slow disk never blocks the event loop.
    A confirmed booking is on the disk before ``book`` returns (WAL, synchronous=FULL).

    Args:
        path: The file; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for other processes' writes before ``StoreBusy``.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 10.0) -> None:
        self.path, self.busy_timeout_s = str(path), busy_timeout_s
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-bookings")

    async def __aenter__(self) -> Self:
        """Open the file now rather than at the first use."""
        await self._do(lambda _: None)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the file."""
        await self.aclose()

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
            with _transaction(db):
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

        return await self._do(write)

    async def taken(self, day: dt.date) -> frozenset[str]:
        """See ``BookingStore.taken``."""
        sql = "SELECT slot_id FROM bookings WHERE day = ? AND status = 'confirmed'"
        rows = await self._do(lambda db: db.execute(sql, (day.isoformat(),)).fetchall())
        return frozenset(row[0] for row in rows)

    async def find(self, member_id: str, key: str) -> Booking | None:
        """See ``BookingStore.find``."""
        found = await self._do(lambda db: _select(db, "member_id = ? AND key = ?", member_id, key))
        return found[0] if found else None

    async def bookings(
        self, *, member_id: str | None = None, day: dt.date | None = None
    ) -> tuple[Booking, ...]:
        """See ``BookingStore.bookings``."""
        asked = {"member_id": member_id, "day": None if day is None else day.isoformat()}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given) or "TRUE"
        return await self._do(lambda db: _select(db, where, *given.values()))

    async def cancel(self, booking_id: str, member_id: str) -> Booking:
        """See ``BookingStore.cancel``."""
        sql = "UPDATE bookings SET status = 'cancelled' WHERE booking_id = ? AND member_id = ?"

        def write(db: sqlite3.Connection) -> tuple[Booking, ...]:
            with _transaction(db):
                db.execute(sql, (booking_id, member_id))
                return _select(db, "booking_id = ? AND member_id = ?", booking_id, member_id)

        found = await self._do(write)
        if not found:
            raise BookingNotFound(booking_id)
        return found[0]

    async def clear(self) -> None:
        """See ``BookingStore.clear``."""

        def write(db: sqlite3.Connection) -> None:
            with _transaction(db):
                db.execute("DELETE FROM bookings")

        await self._do(write)

    async def aclose(self) -> None:
        """See ``BookingStore.aclose``: waits for work that has begun; again does nothing."""
        with suppress(RuntimeError):  # shut down before
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)

    def _work(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            if self._connection is None:
                self._connection = _connect(self.path, self.busy_timeout_s)
            return work(self._connection)
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                raise StoreBusy(self.busy_timeout_s) from error
            raise


def _connect(path: str, busy_timeout_s: float) -> sqlite3.Connection:
    mend = "Point to a file that can be written, in a folder that can be made."
    db: sqlite3.Connection | None = None
    try:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None)
        _prepare(db, path)
    except BaseException as error:
        if db is not None:
            db.close()
        if isinstance(error, OSError | sqlite3.Error) and not _is_busy(error):
            raise ConfigError(f"Bookings database {path}: {error}", mend) from error
        raise
    return db


def _prepare(db: sqlite3.Connection, path: str) -> None:
    with _transaction(db):
        version = db.execute("PRAGMA user_version").fetchone()[0]
        application = db.execute("PRAGMA application_id").fetchone()[0]
        if not application and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in _SCHEMA:
                db.execute(statement)
        elif application != _APPLICATION:
            mend = "Point to another file; this one belongs to another program."
            raise ConfigError(f"{path} is not a bookings database", mend)
        elif version > _VERSION:
            what = f"Bookings database {path} has schema {version}, newer than {_VERSION}"
            raise ConfigError(what, "Update batuta, or point to another file.")
    _use_wal(db)
    # FULL: a commit is on the disk when it returns; NORMAL loses the last ones with the power.
    db.execute("PRAGMA synchronous = FULL")
    # macOS's plain fsync leaves data in the drive's cache; elsewhere this does nothing.
    db.execute("PRAGMA fullfsync = ON")


def _use_wal(db: sqlite3.Connection) -> None:
    # Changing the mode of a file that others use fails without waiting (SQLite avoids a deadlock
    # so); an empty transaction waits for its turn, then the mode is changed already or can be.
    for left in reversed(range(_WAL_TRIES)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not left or not _is_busy(error):
                raise
            with _transaction(db):
                pass
        else:
            return


@contextmanager
def _transaction(db: sqlite3.Connection) -> Generator[None]:
    # IMMEDIATE takes the write lock first, so nothing that was read can change before the write.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


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


def _booking(row: tuple[Any, ...]) -> Booking:
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
