from __future__ import annotations

import asyncio
import datetime as dt
import gc
import os
import sqlite3
import sys
import threading
from asyncio.subprocess import PIPE, Process
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from batuta.errors import ConfigError, StoreUnusable
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.errors import BookingsBusy, SlotTaken
from batuta.tennis.slots import find_slot

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
SLOT = find_slot(Club(), "2019-03-02T14:00/A")
# Waits for a line, then tries the slot many times at once; prints the booking ids it got.
RACER = """
import asyncio, datetime as dt, sys
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.errors import SlotTaken
from batuta.tennis.slots import find_slot

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)

async def attempt(store, member):
    try:
        made = await store.book(SLOT, member, key="k", now=NOW)
    except SlotTaken:
        return
    print(made.booking_id)

async def main():
    stores = [SqliteBookings(sys.argv[1], busy_timeout_s=60) for _ in range(3)]
    async with asyncio.TaskGroup() as group:
        for number in range(24):
            group.create_task(attempt(stores[number % 3], f"{sys.argv[2]}-{number}"))
    for store in stores:
        await store.aclose()

SLOT = find_slot(Club(), "2019-03-02T14:00/A")
print("ready", flush=True)
sys.stdin.readline()
asyncio.run(main())
"""


async def racer(path: Path, name: str) -> Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", RACER, str(path), name, stdin=PIPE, stdout=PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def test_processes_that_race_for_a_new_file_and_one_slot_make_one_booking(
    tmp_path: Path,
) -> None:
    path = tmp_path / "new" / "bookings.db"
    racers = [await racer(path, f"p{number}") for number in range(5)]
    ended = await asyncio.gather(*(process.communicate(b"go\n") for process in racers))
    assert [process.returncode for process in racers] == [0] * 5
    won = b"".join(out for out, _ in ended).decode().split()
    async with SqliteBookings(path) as store:
        assert won == [booking.booking_id for booking in await store.bookings()]
    assert len(won) == 1


@pytest.mark.parametrize("shared", [True, False], ids=["one store", "a store each"])
def test_a_hundred_threads_make_one_booking(tmp_path: Path, *, shared: bool) -> None:
    path = tmp_path / "bookings.db"
    together = threading.Barrier(25)
    common = SqliteBookings(path, busy_timeout_s=60)

    async def attempt(name: str, store: SqliteBookings) -> bool:
        try:
            await store.book(SLOT, name, key="k", now=NOW)
        except SlotTaken:
            return False
        return True

    async def attempts(name: str) -> int:
        store = common if shared else SqliteBookings(path, busy_timeout_s=60)
        won = [await attempt(f"{name}-{turn}", store) for turn in range(4)]
        if not shared:
            await store.aclose()
        return sum(won)

    def work(number: int) -> int:
        together.wait()
        return asyncio.run(attempts(str(number)))

    with ThreadPoolExecutor(25) as pool:
        assert sum(pool.map(work, range(25))) == 1
    asyncio.run(common.aclose())


async def test_bookings_are_there_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "bookings.db"
    async with SqliteBookings(path) as store:
        made = await store.book(SLOT, "ana", key="k", now=NOW)
    async with SqliteBookings(str(path)) as again:
        assert await again.bookings() == (made,)


async def test_the_file_is_safe_against_power_loss(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    async with SqliteBookings(path) as store:
        work = store.file.read  # nothing public shows the settings
        modes = ("journal_mode", "synchronous")
        found = await work(lambda db: [db.execute(f"PRAGMA {mode}").fetchone() for mode in modes])
        assert found == [("wal",), (2,)]  # 2 is FULL


async def test_closing_leaves_one_file_and_no_open_connection(tmp_path: Path) -> None:
    store = SqliteBookings(tmp_path / "bookings.db")
    await store.book(SLOT, "ana", key="k", now=NOW)
    await store.aclose()
    await store.aclose()
    assert os.listdir(tmp_path) == ["bookings.db"]  # noqa: PTH208  the loop has nothing else to do
    with pytest.raises(RuntimeError):
        await store.bookings()
    gc.collect()  # a forgotten connection would warn here, and warnings fail tests


async def test_an_unused_store_touches_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bookings.db"
    store = SqliteBookings(path)
    await store.aclose()
    assert not path.parent.exists()


async def test_a_locked_file_is_busy_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    async with SqliteBookings(path, busy_timeout_s=0.05) as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(BookingsBusy) as caught:
                await store.book(SLOT, "ana", key="k", now=NOW)
            assert caught.value.retryable
            assert await store.taken(SLOT.date) == set()  # readers are not kept waiting
            other.execute("ROLLBACK")
        assert (await store.book(SLOT, "ana", key="k", now=NOW)).status == "confirmed"


async def test_a_file_locked_at_opening_is_busy_and_opens_later(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    async with SqliteBookings(path):
        pass
    store = SqliteBookings(path, busy_timeout_s=0.05)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BookingsBusy):
            await store.bookings()
        other.execute("ROLLBACK")
    assert await store.bookings() == ()
    await store.aclose()


async def test_a_cancelled_caller_leaves_the_store_usable(tmp_path: Path) -> None:
    async with SqliteBookings(tmp_path / "bookings.db") as store:
        tasks = [asyncio.create_task(store.book(SLOT, "ana", key="k", now=NOW)) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        made = await store.book(SLOT, "ana", key="k", now=NOW)
        assert await store.bookings() == (made,)


async def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    async with SqliteBookings(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    store = SqliteBookings(path)
    with pytest.raises(ConfigError, match=r"schema 99, newer than 1.*Update batuta"):
        await store.bookings()
    await store.aclose()
    assert path.read_bytes() == before


async def test_another_programs_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE bookings (id TEXT)")
    before = path.read_bytes()
    with pytest.raises(ConfigError, match="not a bookings database"):
        async with SqliteBookings(path):
            pass
    assert path.read_bytes() == before


async def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database " * 100, encoding="utf-8")
    for path in (text, tmp_path, text / "bookings.db"):
        store = SqliteBookings(path)
        with pytest.raises((ConfigError, StoreUnusable), match=f"File: {path}"):
            await store.bookings()
        await store.aclose()


async def test_a_failed_write_leaves_no_transaction_open(tmp_path: Path) -> None:
    async with SqliteBookings(tmp_path / "bookings.db") as store:
        with pytest.raises(UnicodeEncodeError):
            await store.book(SLOT, "\ud800", key="k", now=NOW)
        assert (await store.book(SLOT, "ana", key="k", now=NOW)).status == "confirmed"


async def test_the_file_itself_refuses_a_second_booking_of_a_slot(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    async with SqliteBookings(path) as store:
        await store.book(SLOT, "ana", key="k", now=NOW)
    with closing(sqlite3.connect(path)) as db:
        copy = (
            "INSERT INTO bookings SELECT 'x', slot_id, court, day, start_utc, end_utc, ?, 'z', "
            "status, booked_at FROM bookings"
        )
        with pytest.raises(sqlite3.IntegrityError, match="slot_id"):
            db.execute(copy, ("bob",))
