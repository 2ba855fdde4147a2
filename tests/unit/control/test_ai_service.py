"""Style A: the model only reads; code asks, offers, takes choices and buys."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.principal import READ, Principal
from batuta.errors import ModelTimeout, ToolFailed, ToolRetry
from tests.unit.control.ferry import Harbour, Passenger, said
from tests.unit.core.rig import SleepyClock

MONDAY = said(day="monday", seats=2)


async def test_it_asks_for_what_is_missing_offers_and_buys_the_second_one() -> None:
    p = Passenger("a", said(), said(day="monday"), said(seats=2), said("choose", "2"))
    assert await p.says("a ticket please") == "Which day?"
    assert await p.says("monday") == "How many seats?"
    offer = await p.says("two")
    assert "2. Sea Gull 14:00" in offer
    assert offer.endswith("Which sailing?")
    assert p.sold == []
    assert await p.says("the second one") == "Ticket T1 for Sea Gull 14:00."
    assert p.sold == ["Sea Gull 14:00"]


async def test_only_the_words_are_the_models_all_else_is_decided_by_code() -> None:
    p = Passenger("a", MONDAY, said("choose", "Heron"))
    await p.says()
    await p.says()
    by = {e.kind: e.by for e in p.record.events}
    assert by == {"agent": "code", "model": "code", "tool": "code", "decision": "code"} | {
        "agent": "user"
    }
    assert p.decisions() == [("done", "code")]
    assert all(not r.tools and r.output is not None for r in p.model.requests)


async def test_a_wish_that_one_option_meets_is_done_at_once() -> None:
    p = Passenger("a", said(day="monday", seats=1, choice="Heron"))
    assert await p.says() == "Ticket T1 for Heron 14:00."


async def test_a_wish_that_several_meet_offers_those() -> None:
    p = Passenger("a", said(day="monday", seats=1, choice="Sea Gull"), said("choose", "2"))
    assert "Heron" not in await p.says()
    await p.says()
    assert p.sold == ["Sea Gull 14:00"]


@pytest.mark.parametrize("action", ["check", "reject"])
async def test_a_question_about_one_sailing_buys_nothing(action: str) -> None:
    asks = said(action, "Heron", day="monday", seats=1)
    p = Passenger("a", asks, said(action, "Heron"))
    await p.says()
    await p.says()
    assert p.sold == []


async def test_a_correction_searches_anew() -> None:
    p = Passenger("a", MONDAY, said(day="tuesday"), said("confirm"))
    await p.says()
    assert "Heron 09:00" in await p.says("make it tuesday")
    assert await p.says("yes") == "Ticket T1 for Heron 09:00."


@pytest.mark.parametrize(
    ("action", "answer"), [("restart", "Let us start over. Which day?"), ("cancel", "All right, ")]
)
async def test_starting_over_and_never_mind_forget_the_offer(action: str, answer: str) -> None:
    p = Passenger("a", MONDAY, said(action), said("choose", "1"))
    await p.says()
    assert (await p.says()).startswith(answer)
    await p.says("the first one")
    assert p.sold == []


async def test_a_sailing_taken_between_offer_and_choice_is_said_with_what_is_left() -> None:
    p = Passenger("a", MONDAY, said("choose", "Heron"), said("choose", "1"))
    await p.says()
    p.harbour.free["monday"].remove("Heron 14:00")
    answer = await p.says()
    assert answer.startswith("Heron 14:00 is full.")
    assert "Sea Gull 14:00" in answer
    assert p.sold == []
    await p.says()
    assert p.sold == ["Sea Gull 09:00"]


async def test_nothing_found_is_said_and_another_day_can_follow() -> None:
    p = Passenger("a", said(day="friday", seats=1), said(day="tuesday"), said("confirm"))
    assert await p.says() == "Nothing exact."
    await p.says()
    await p.says()
    assert p.sold == ["Heron 09:00"]


async def test_the_nearest_is_offered_but_never_bought_by_a_wish() -> None:
    p = Passenger("a", said(day="monday", seats=5, choice="Heron"))
    assert (await p.says()).startswith("Nothing exact.")
    assert p.sold == []


async def test_a_value_that_the_tool_refuses_is_asked_for_again() -> None:
    p = Passenger("a", said(day="someday", seats=1), said(day="tuesday"), said("confirm"))
    assert await p.says() == "There is no ferry on someday. Which day?"
    await p.says()
    await p.says()
    assert p.sold == ["Heron 09:00"]


@pytest.mark.parametrize("nonsense", ["", "I am a teapot", '{"action": "dance"}'])
async def test_nonsense_from_the_model_asks_again_and_loses_nothing(nonsense: str) -> None:
    p = Passenger("a", MONDAY, nonsense, nonsense, said("choose", "1"))
    await p.says()
    assert await p.says() == "I did not understand that. I sell ferry tickets."
    assert p.sold == []
    await p.says()
    assert p.sold == ["Sea Gull 09:00"]


async def test_a_broken_search_is_a_clear_error_and_the_conversation_is_as_before() -> None:
    p = Passenger("a", said(day="monday"), said(seats=2), said(seats=2))
    await p.says()
    p.harbour.broken = OSError("no database")
    assert await p.says() == "error: tool_failed"
    p.harbour.broken = None
    assert "1. " in await p.says()


@pytest.mark.parametrize(
    "error", [ToolFailed("buy", "No more tickets."), ToolRetry("buy", "No more tickets.")]
)
async def test_a_purchase_that_fails_says_why(error: Exception) -> None:
    p = Passenger("a", MONDAY, said("confirm"))
    await p.says()
    p.harbour.broken = error
    answer = await p.says()
    assert "No more tickets." in answer or answer == "error: tool_failed"
    assert p.sold == []


async def test_who_may_not_buy_buys_nothing() -> None:
    reader = Principal("rita", permissions=frozenset({READ}))
    p = Passenger("a", MONDAY, said("confirm"))
    assert "1. " in await p.says(principal=reader)
    assert "rita may not use buy" in await p.says(principal=reader)
    assert p.sold == []


async def test_a_model_that_fails_is_a_clear_error() -> None:
    p = Passenger("a", *[ModelTimeout("m", 1)] * 3, clock=SleepyClock())
    assert await p.says() == "error: model_timeout"
    assert p.record.model_calls == 3


READINGS = st.builds(
    said,
    st.sampled_from(
        ["request", "check", "choose", "confirm", "reject", "restart", "cancel", "other"]
    ),
    st.sampled_from([None, "1", "2", "9", "last", "any", "Heron", "Sea Gull", "x"]),
    day=st.sampled_from([None, "monday", "tuesday", "friday", "someday"]),
    seats=st.sampled_from([None, 1, 5]),
)


@given(st.lists(READINGS, min_size=1, max_size=8))
def test_no_conversation_breaks_or_buys_without_being_told(readings: list[Any]) -> None:
    async def whole() -> None:
        p = Passenger("a", *readings, harbour=Harbour())
        for reading in readings:
            before = len(p.sold)
            answer = await p.says()
            assert answer
            assert not answer.startswith("error")
            if len(p.sold) > before:
                told = reading.output
                assert told["choice"] or told["action"] == "confirm"
                assert told["action"] not in ("check", "reject", "cancel", "restart")
                assert answer.startswith("Ticket")

    asyncio.run(whole())


@pytest.mark.parametrize("words", ["Heron 14:00", "heron 14:00.", " HERON  14:00 "])
async def test_the_exact_label_of_an_option_is_that_option(words: str) -> None:
    p = Passenger("a", MONDAY)
    await p.says("two for monday")
    assert await p.says(words) == "Ticket T1 for Heron 14:00."
    assert len(p.model.requests) == 1


async def test_it_is_in_a_workflow_too() -> None:
    p = Passenger("b", said("check", day="monday", seats=2), "Bought.")
    assert "3. Heron 14:00" in await p.says("what is there for two on monday?")
    assert await p.says("Heron 14:00") == "Ticket T1 for Heron 14:00."
    assert p.sold == ["Heron 14:00"]
