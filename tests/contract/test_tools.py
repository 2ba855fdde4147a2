"""Tools of every kind keep the contract."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable

import pytest

from batuta.core.clock import FixedClock
from batuta.core.principal import Principal
from batuta.core.tool import tool
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.tools import tennis_tools
from tests.contract.tool import ToolCase, ToolContract

TIME = FixedClock(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC))


@tool
def count(word: str, times: int = 1) -> dict[str, int]:
    """Count the letters of a word.

    Args:
        word: Any word.
        times: How often it is written.
    """
    return {"letters": len(word) * times}


@tool(effect="write", key=("text",))
async def note(text: str, who: Principal) -> str:
    """Write a note under the caller's name.

    Args:
        text: What to write.
    """
    return f"{who.id}: {text}"


def _count(_: TennisClub) -> ToolCase:
    return ToolCase(tool=count, good={"word": "court"}, bad={"word": "court", "times": "often"})


def _note(_: TennisClub) -> ToolCase:
    return ToolCase(tool=note, good={"text": "hi"}, bad={"text": None})


def _check(desk: TennisClub) -> ToolCase:
    bad = {"date": "30 February"}
    check, _ = tennis_tools(desk)
    return ToolCase(tool=check, good={"date": "2026-03-03", "time": "14:00"}, bad=bad, time=TIME)


def _book(desk: TennisClub) -> ToolCase:
    _, book = tennis_tools(desk)
    return ToolCase(
        tool=book, good={"slot_id": "2026-03-03T14:00/A"}, bad={"slot_id": 14}, time=TIME
    )


class TestTools(ToolContract):
    @pytest.fixture(params=[_count, _note, _check, _book], ids=["sync", "async", "check", "book"])
    async def case(self, request: pytest.FixtureRequest) -> AsyncIterator[ToolCase]:
        factory: Callable[[TennisClub], ToolCase] = request.param
        store = SqliteBookings(":memory:")
        yield factory(TennisClub(Club(), store))
        await store.aclose()
