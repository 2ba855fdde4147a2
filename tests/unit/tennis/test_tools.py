"""The club's tools, called again after an answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from batuta.core.clock import FixedClock
from batuta.core.principal import Principal
from batuta.core.tool import Tool, ToolContext
from batuta.errors import ToolRetry
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.tools import tennis_tools

ANA = Principal("ana", "Ana")
TIME = FixedClock(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC))
A, B = "2026-03-03T14:00/A", "2026-03-03T14:00/B"


@pytest.fixture
async def desk() -> AsyncIterator[TennisClub]:
    async with SqliteBookings(":memory:") as store:
        yield TennisClub(Club(), store)


def at(book: Tool, place: str, slot_id: str, who: Principal = ANA) -> ToolContext:
    """Give the context of a call at a place of a request."""
    key = book.idempotency_key(f"the request|{place}", {"slot_id": slot_id})
    return ToolContext(who, TIME, key, "run", "session", "UTC")


async def test_a_request_that_comes_again_and_finds_its_own_slot_taken_books_no_other(
    desk: TennisClub,
) -> None:
    _, book = tennis_tools(desk)
    first = await book.invoke({"slot_id": A}, at(book, "4", A))
    again = await book.invoke({"slot_id": B}, at(book, "4", B))
    assert again == first
    assert [b.slot_id for b in await desk.store.bookings()] == [A]


async def test_another_place_in_the_request_books_another_slot(desk: TennisClub) -> None:
    _, book = tennis_tools(desk)
    for place, slot_id in (("4", A), ("5", B)):
        made = await book.invoke({"slot_id": slot_id}, at(book, place, slot_id))
        assert made["slot_id"] == slot_id
    assert sorted(b.slot_id for b in await desk.store.bookings()) == [A, B]


async def test_anothers_slot_is_refused_at_any_place(desk: TennisClub) -> None:
    _, book = tennis_tools(desk)
    await book.invoke({"slot_id": A}, at(book, "4", A, Principal("bob", "Bob")))
    with pytest.raises(ToolRetry, match="taken by now"):
        await book.invoke({"slot_id": A}, at(book, "4", A))
