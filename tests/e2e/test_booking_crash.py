"""A server killed while booking loses nothing that it had confirmed."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE
from contextlib import closing
from pathlib import Path

import pytest

from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.slots import slots_on

pytestmark = pytest.mark.e2e

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
# Books slot after slot for ever, four at once, and prints each id once it is confirmed.
BOOKER = """
import asyncio, datetime as dt, itertools, sys
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.slots import slots_on

NOW = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
DAYS = (dt.date(2019, 3, 2) + dt.timedelta(days=n) for n in itertools.count())
SLOTS = itertools.chain.from_iterable(slots_on(Club(), day) for day in DAYS)

async def book(store):
    for slot in SLOTS:
        made = await store.book(slot, "ana", key=slot.slot_id, now=NOW)
        print(made.booking_id, flush=True)

async def main():
    store = SqliteBookings(sys.argv[1])
    await asyncio.gather(*(book(store) for _ in range(4)))

asyncio.run(main())
"""


async def confirmed_before_kill(path: Path, wanted: int, yields: int) -> set[str]:
    """Let a child book, kill it somewhere after that many bookings, and give what it printed."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", BOOKER, str(path), stdout=PIPE
    )
    assert child.stdout is not None
    printed = [await child.stdout.readline() for _ in range(wanted)]
    for _ in range(yields):  # somewhere inside the next write rather than just after a line
        await asyncio.sleep(0)
    child.kill()
    printed += (await child.stdout.read()).splitlines(keepends=True)
    assert await child.wait() == -signal.SIGKILL
    return {line.decode().strip() for line in printed if line.endswith(b"\n")}


async def test_nothing_confirmed_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "bookings.db"
    moment = random.Random()  # noqa: S311  any moment will do
    confirmed: set[str] = set()
    for _ in range(5):  # a killed file is opened and killed again; keys make the children go on
        confirmed |= await confirmed_before_kill(
            path, wanted=len(confirmed) + moment.randint(1, 40), yields=moment.randint(0, 400)
        )
        async with SqliteBookings(path) as store:
            kept = await store.bookings()
        assert confirmed <= {booking.booking_id for booking in kept}
        assert len({booking.slot_id for booking in kept}) == len(kept)
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    async with SqliteBookings(path) as store:
        slot = slots_on(Club(), dt.date(2018, 12, 24))[0]
        made = await store.book(slot, "bob", key="after", now=NOW)
        assert await store.taken(slot.date) == {made.slot_id}
