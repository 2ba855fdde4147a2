from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from batuta.core.effect import EffectRecord
from batuta.errors import StoreBusy
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.effects import BookingEffects

NOW = dt.datetime(2019, 7, 1, 12, 30, tzinfo=dt.UTC)
SLOT = "2019-07-02T14:00/A"


async def test_an_effect_tells_what_the_tool_gave_and_to_its_principal_alone() -> None:
    async with SqliteBookings(":memory:") as store:
        desk = TennisClub(Club(), store)
        made = await desk.book(SLOT, "ana", key="run.1", now=NOW)
        effects = BookingEffects(desk)
        known = EffectRecord(
            key="run.1",
            principal_id="ana",
            tool="book",
            result={
                "booking_id": made.booking_id,
                "slot_id": SLOT,
                "court": "A",
                "date": "2019-07-02",
                "start": "14:00",
                "end": "15:00",
                "status": "confirmed",
            },
            done_at="2019-07-01T12:30:00+00:00",
        )
        assert await effects.find_effect("run.1", "ana") == known
        assert await effects.find_effect("run.1", "bob") is None
        assert await effects.find_effect("run.2", "ana") is None


async def test_what_cannot_be_known_now_is_no_nothing(tmp_path: Path) -> None:
    path = tmp_path / "tennis.db"
    async with SqliteBookings(path):
        pass
    store = SqliteBookings(path, busy_timeout_s=0.01)
    effects = BookingEffects(TennisClub(Club(), store))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            await effects.find_effect("k", "ana")
    await store.aclose()
