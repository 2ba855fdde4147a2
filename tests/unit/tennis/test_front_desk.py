"""The front desk: facts by code, bookings by a model, one conversation."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from batuta.core.clock import FixedClock
from batuta.core.record import RunRecord
from batuta.settings import read_settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club, Hours
from batuta.tennis.front_desk import asks_for_facts, say_facts

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "text",
    [
        "What are your opening hours?",
        "when do you close",
        "How many courts do you have?",
        "how long is a slot, and what time zone is that?",
        "How far ahead can I book?",
        "What time do you open?",
    ],
)
def test_questions_about_the_club_are_facts(text: str) -> None:
    assert asks_for_facts(text)


@pytest.mark.parametrize(
    "text",
    [
        "Book a court tomorrow at 3pm",
        "Which courts are open tomorrow at 3pm?",
        "When do you open on Sunday? Book me the first slot",
        "How many courts are free tonight?",
        "How many courts do you have at 15:00?",
        "the second one",
        "hello",
        "yes",
    ],
)
def test_whatever_may_be_about_a_slot_is_a_booking(text: str) -> None:
    assert not asks_for_facts(text)


def test_the_facts_are_those_of_the_club() -> None:
    assert say_facts(Club()) == (
        "Tennis Club has 4 courts: A, B, C, D. Opening hours: every day 07:00-22:00, time zone "
        "Europe/London. A slot lasts 60 minutes and can be booked up to 365 days ahead."
    )
    week = (*(Hours(480, 1320),) * 5, Hours(540, 1020), None)
    said = say_facts(Club(courts=("1",), hours=week, horizon_days=None))
    assert "Monday to Friday 08:00-22:00, Saturday 09:00-17:00, Sunday closed" in said
    assert "any day ahead" in said


def routes(record: RunRecord) -> list[str]:
    return [e.name for e in record.events if e.kind == "agent" and e.phase == "start"]


async def test_it_answers_facts_without_a_model_and_books_in_the_same_conversation(
    tmp_path: Path,
) -> None:
    store = SqliteBookings(tmp_path / "bookings.db")
    app = tennis_app(TennisClub(Club(), store))
    options = {"settings": read_settings(), "clock": FixedClock(NOW), "model": "offline:rules"}
    async with app.assistant("front-desk", **options) as assistant:
        facts = (await assistant.chat("How many courts do you have?")).raised()
        offered = (await assistant.chat("A court tomorrow at 3pm?", facts.session_id)).raised()
        booked = (await assistant.chat("the first one", facts.session_id)).raised()
        again = (await assistant.chat("When do you close?", facts.session_id)).raised()
    assert routes(facts) == ["front_desk", "reception", "club_facts"]
    assert facts.model_calls == again.model_calls == 0
    assert "4 courts" in facts.text
    assert "Court A" in offered.text
    assert routes(booked) == ["front_desk", "reception", "booking_desk"]
    assert [b.member_id for b in await store.bookings()] == ["local"]
    await store.aclose()
