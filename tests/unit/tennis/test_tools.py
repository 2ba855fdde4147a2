"""The club's tools, called again after an answer was lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from batuta.core.clock import FixedClock
from batuta.core.principal import Principal
from batuta.core.tool import Tool
from batuta.core.tool_context import ToolContext
from batuta.errors import ToolRetry
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.tools import say_slot, tennis_tools

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


async def test_a_slot_of_ones_own_is_told_as_that_by_the_search_and_by_the_error(
    desk: TennisClub,
) -> None:
    check, book = tennis_tools(desk)
    made = await book.invoke({"slot_id": A}, at(book, "4", A))
    day = dt.date.fromisoformat(made["date"])
    asked = {"date": day, "time": dt.time.fromisoformat(made["start"])}
    mine = await check.invoke(asked, at(book, "5", A))
    assert mine["yours"] == {made["booking_id"]: say_slot(made)}
    assert "is booked for you already: booking " + made["booking_id"] in mine["note"]
    anothers = await check.invoke(asked, at(book, "5", A, Principal("bob", "Bob")))
    assert "yours" not in anothers
    with pytest.raises(ToolRetry, match=f"booked for you already: booking {made['booking_id']}"):
        await book.invoke({"slot_id": A}, at(book, "6", A))


def test_a_booking_is_said_in_one_line_and_as_an_answer(desk: TennisClub) -> None:
    _, book = tennis_tools(desk)
    facts = {
        "booking_id": "BK-1", "court": "A", "date": "2026-03-02", "start": "15:00", "end": "16:00",
    }  # fmt: skip
    when = "Court A on Monday 2 March 2026, 15:00 to 16:00"
    assert book.outcome is not None
    assert book.outcome.line(facts) == f"booked {when} (BK-1)"
    assert book.outcome.sentence(facts) == f"{when} is confirmed. Your booking id is BK-1."
