from __future__ import annotations

import datetime as dt
import re
from collections.abc import AsyncIterator

import pytest

from batuta.tennis.bookings import TennisClub, new_booking
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.errors import (
    ClubClosed,
    KeyReused,
    SlotNotFound,
    SlotPast,
    SlotTaken,
    TooFarAhead,
    TooManyBookings,
)
from batuta.tennis.slots import find_slot

NOW = dt.datetime(2019, 7, 1, 12, 30, tzinfo=dt.UTC)
SLOT = "2019-07-02T14:00/A"


@pytest.fixture
async def desk() -> AsyncIterator[TennisClub]:
    async with SqliteBookings(":memory:") as store:
        yield TennisClub(Club(horizon_days=7, max_upcoming=2), store)


async def test_a_booking_tells_the_clubs_time(desk: TennisClub) -> None:
    made = await desk.book("2019-07-02 14:00/court a", "ana", key="k", now=NOW)
    assert made.to_json() == {
        "booking_id": made.booking_id,
        "slot_id": SLOT,
        "court": "A",
        "date": "2019-07-02",
        "time": "14:00",
        "start": "2019-07-02T14:00:00+01:00",
        "end": "2019-07-02T15:00:00+01:00",
        "member_id": "ana",
        "status": "confirmed",
        "booked_at": "2019-07-01T13:30:00+01:00",
    }


async def test_what_is_booked_is_no_longer_available(desk: TennisClub) -> None:
    await desk.book(SLOT, "ana", key="k", now=NOW)
    found = await desk.available(dt.date(2019, 7, 2), dt.time(14), now=NOW)
    assert [slot.court for slot in found.open] == ["B", "C", "D"]
    with pytest.raises(SlotTaken):
        await desk.book(SLOT, "bob", key="k", now=NOW)


async def test_a_retry_gives_the_booking_even_when_the_slot_has_begun(desk: TennisClub) -> None:
    made = await desk.book(SLOT, "ana", key="k", now=NOW)
    later = NOW + dt.timedelta(days=3)
    assert await desk.book(SLOT, "ana", key="k", now=later) == made
    with pytest.raises(KeyReused):
        await desk.book("2019-07-02T15:00/A", "ana", key="k", now=later)


@pytest.mark.parametrize(
    ("slot_id", "error"),
    [
        ("the one at two", SlotNotFound),
        ("2019-07-02T23:00/A", ClubClosed),
        ("2019-07-01T13:00/A", SlotPast),
        ("2019-06-30T14:00/A", SlotPast),
        ("2019-07-09T14:00/A", TooFarAhead),
    ],
)
async def test_what_the_rules_forbid_is_not_booked(
    desk: TennisClub, slot_id: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await desk.book(slot_id, "ana", key="k", now=NOW)
    assert await desk.store.bookings() == ()


async def test_the_edges_of_what_can_be_booked(desk: TennisClub) -> None:
    soon = await desk.book("2019-07-01T14:00/A", "ana", key="1", now=NOW)
    last = await desk.book("2019-07-08T21:00/A", "ana", key="2", now=NOW)
    assert (soon.status, last.status) == ("confirmed", "confirmed")
    starts = dt.datetime(2019, 7, 1, 14, tzinfo=dt.UTC)
    with pytest.raises(SlotPast, match="2019-07-01 15:00"):
        await desk.book("2019-07-01T15:00/A", "bob", key="1", now=starts)


async def test_a_member_holds_no_more_than_the_club_allows(desk: TennisClub) -> None:
    for hour in (14, 15):
        await desk.book(f"2019-07-02T{hour}:00/A", "ana", key=str(hour), now=NOW)
    with pytest.raises(TooManyBookings):
        await desk.book("2019-07-02T16:00/A", "ana", key="16", now=NOW)
    await desk.book("2019-07-02T16:00/A", "bob", key="16", now=NOW)
    played = NOW + dt.timedelta(days=1, hours=1)
    await desk.book("2019-07-03T16:00/A", "ana", key="17", now=played)


async def test_upcoming_are_ones_own_that_are_not_over(desk: TennisClub) -> None:
    first = await desk.book("2019-07-01T14:00/A", "ana", key="1", now=NOW)
    second = await desk.book(SLOT, "ana", key="2", now=NOW)
    await desk.book("2019-07-02T14:00/B", "bob", key="1", now=NOW)
    playing = dt.datetime(2019, 7, 1, 13, 59, tzinfo=dt.UTC)
    assert await desk.upcoming("ana", now=playing) == (first, second)
    assert await desk.upcoming("ana", now=playing + dt.timedelta(minutes=1)) == (second,)
    await desk.store.cancel(second.booking_id, "ana")
    assert await desk.upcoming("ana", now=playing) == (first,)


def test_a_booking_id_is_readable_and_the_same_for_a_retry() -> None:
    slot = find_slot(Club(), SLOT)

    def booking_id(member: str, key: str) -> str:
        return new_booking(slot, member, key=key, now=NOW).booking_id

    assert re.fullmatch(r"BK-[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", booking_id("ana", "k"))
    assert booking_id("ana", "k") == booking_id("ana", "k")
    assert len({booking_id("ana", "k"), booking_id("an", "ak"), booking_id("ana", "k2")}) == 3


def test_a_booking_keeps_its_local_time_whatever_the_zone() -> None:
    made = new_booking(find_slot(Club(), SLOT), "ana", key="k", now=NOW)
    assert (made.start.hour, made.time) == (13, dt.time(14))
