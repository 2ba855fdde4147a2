"""A choice that says both what is wanted and what is not, and the ends of a list."""

from __future__ import annotations

from datetime import datetime

import pytest

from batuta.offline.contrast import corrected, without_refused
from batuta.offline.options import ListedOption, end_picked
from batuta.offline.premises import Premises
from batuta.offline.turn import Scene, read_turn
from batuta.offline.when import read_when
from tests.unit.offline.talks import play

NOW = datetime(2026, 3, 2, 9)  # noqa: DTZ001 - the club's own time
COURTS = [ListedOption(f"Court {c}, 16:00 to 17:00", start="16:00") for c in "ABC"]
HOURS = [ListedOption(f"Court A, {h}:00 to {h + 1}:00", start=f"{h}:00") for h in (16, 10, 18)]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("don't book the first one, book the second", "book the second"),
        ("book the second, not the first one", "book the second"),
        ("Book court B, please do not book court A", "Book court B"),
        ("not A, B please", "B please"),
    ],
)
def test_what_is_refused_goes_where_something_else_is_asked_for(said: str, kept: str) -> None:
    assert without_refused(said, ["court"], COURTS) == kept


@pytest.mark.parametrize(
    "said",
    [
        "not A, B",
        "not A",
        "don't book B, book the second",
        "don't book A, take your time",
        "don't book court A, don't book court B",
        "not A, not B, C please",
    ],
)
def test_what_asks_for_nothing_else_for_certain_stays_whole(said: str) -> None:
    assert without_refused(said, ["court"], COURTS) == said


def test_an_ordinal_is_compared_with_a_letter_only_where_a_list_is_there() -> None:
    said = "don't book the first one, book court B"
    assert without_refused(said, ["court"], []) == said


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("court A, no, court C", "court C"),
        ("A - actually C", "C"),
        ("A or rather C", "C"),
        ("court A... no, make that court C", "court C"),
        ("the first one, no sorry, the last one", "the last one"),
        ("court C, no, court C", "court C, no, court C"),
        ("court A, no thanks", "court A, no thanks"),
        ("A, no, Z", "A, no, Z"),
        ("no, C", "no, C"),
    ],
)
def test_a_pick_that_is_taken_back_at_once_is_none(said: str, kept: str) -> None:
    assert corrected(said, ["court"], COURTS) == kept


@pytest.mark.parametrize(
    ("said", "place"),
    [("the earliest", "2"), ("earliest you have", "2"), ("the latest please", "3")],
)
def test_the_ends_of_a_list_go_by_the_hour(said: str, place: str) -> None:
    assert end_picked(said, HOURS) == place
    assert end_picked(said, COURTS) == "1"


def test_the_latest_of_a_list_that_goes_on_is_not_known() -> None:
    assert end_picked("the latest", HOURS, cut=True) is None
    assert end_picked("the earliest", HOURS, cut=True) == "2"
    assert end_picked("not the earliest", HOURS) is None


def test_a_place_in_the_list_with_another_day_picks_nothing() -> None:
    last = "1. Court A, 16:00 to 17:00\n2. Court B, 16:00 to 17:00\nWhich one would you like?"
    scene = Scene(Premises(NOW), last)
    on_table = Scene(Premises(NOW), last, table=type(scene.table)(datetime(2026, 3, 3).date()))  # noqa: DTZ001
    assert read_turn("the second one tomorrow", on_table).choice == "2"
    assert read_turn("the second one on Friday", on_table).choice is None


async def test_the_other_court_is_booked_at_once() -> None:
    booked, answers = await play("Book court B tomorrow at 4pm, please do not book court A")
    assert booked == ["2024-05-16T16:00/B"], answers


def test_a_purpose_that_repeats_asks_for_one_time_of_it() -> None:
    assert read_when("a court on Friday at 6pm for our weekly doubles", NOW).problem is None
    assert read_when("a court weekly at 6pm", NOW).problem == "recurring"
    assert read_when("Fridays at 6pm for our weekly doubles", NOW).problem == "recurring"
    assert read_when("Friday at 6pm for our weekly slot", NOW).problem == "recurring"
