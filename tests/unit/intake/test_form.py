"""What comes next in an intake is decided by code alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.errors import ConfigError
from batuta.intake.form import Act, Found, Option, Progress, Say, Search, listed, pick
from tests.unit.control.ferry import Harbour

INTAKE = Harbour().intake()
A, B, C = (Option(f"id-{n}", f"Court {n}, {h}:00") for n, h in (("A", 9), ("B", 14), ("C", 14)))
OFFER = [A, B, C]


def read(**said: Any) -> Any:
    return INTAKE.extraction(**{"action": "request", **said})


def offered(**more: Any) -> Progress:
    return Progress({"day": "monday", "seats": 2}, list(OFFER), **more)


def test_the_form_has_the_fields_an_action_and_a_choice_all_optional() -> None:
    schema = INTAKE.extraction.model_json_schema()
    assert list(schema["properties"]) == [
        "day",
        "seats",
        "action",
        "choice",
        "doubt",
        "unread",
        "further",
    ]
    assert schema["properties"]["day"]["description"] == "The day."
    assert "required" not in schema


def test_a_question_for_what_is_no_field_is_refused() -> None:
    from dataclasses import replace

    with pytest.raises(ConfigError, match="captain"):
        replace(INTAKE, questions={"captain": "Who sails?"})


def test_what_is_missing_is_asked_for_in_order() -> None:
    progress = Progress()
    assert INTAKE.advance(progress, read()) == Say("Which day?", "day missing")
    assert INTAKE.advance(progress, read(day="monday")) == Say("How many seats?", "seats missing")
    assert INTAKE.advance(progress, read(seats=2)) == Search()
    assert progress.values == {"day": "monday", "seats": 2}


@pytest.mark.parametrize(
    ("choice", "option"),
    [("2", B), ("last", C), ("Court B", B), ("b", B), ("any", A), ("id-C", C), ("the 9:00 one", A)],
)
def test_one_choice_is_taken(choice: str, option: Option) -> None:
    assert INTAKE.advance(offered(), read(action="choose", choice=choice)) == Act(option)


def test_a_choice_of_several_narrows_the_offer() -> None:
    progress = offered()
    following = INTAKE.advance(progress, read(action="choose", choice="14:00"))
    assert isinstance(following, Say)
    assert progress.offered == [B, C]
    assert INTAKE.advance(progress, read(action="choose", choice="2")) == Act(C)


@pytest.mark.parametrize("choice", ["9", "0", "-1", "Court Z", "the one", "9" * 5000, ""])
def test_a_choice_of_nothing_offers_again(choice: str) -> None:
    progress = offered()
    following = INTAKE.advance(progress, read(action="choose", choice=choice))
    assert isinstance(following, Say)
    assert progress.offered == OFFER


def test_yes_takes_the_first_of_exact_offers_and_asks_which_of_others() -> None:
    assert INTAKE.advance(offered(), read(action="confirm")) == Act(A)
    following = INTAKE.advance(offered(exact=False), read(action="confirm"))
    assert isinstance(following, Say)
    alone = Progress({"day": "monday", "seats": 2}, [B], exact=False)
    assert INTAKE.advance(alone, read(action="confirm")) == Act(B)


@pytest.mark.parametrize(
    "said", [{"action": "other", "doubt": "unclear", "unread": "lit"}, {"action": "recall"}]
)
def test_a_yes_takes_nothing_after_words_that_were_not_read(said: dict[str, Any]) -> None:
    progress = offered()
    INTAKE.advance(progress, read(**said))
    following = INTAKE.advance(Progress.from_json(progress.to_json()), read(action="confirm"))
    assert isinstance(following, Say)
    assert following.why == "yes to several"


def test_thanks_leave_an_offer_as_it_was() -> None:
    progress = offered()
    INTAKE.advance(progress, read(action="other"))
    assert INTAKE.advance(progress, read(action="confirm")) == Act(A)


@pytest.mark.parametrize("action", ["check", "reject"])
def test_asking_about_an_option_or_refusing_one_does_not_take_it(action: str) -> None:
    for more in ({}, {"seats": 3}):
        following = INTAKE.advance(offered(), read(action=action, choice="Court B", **more))
        assert isinstance(following, Say) or following == Search("")


def test_a_choice_beside_details_that_are_known_is_of_what_was_offered() -> None:
    progress = Progress({"day": "monday", "seats": 2}, [B, C])
    said = read(action="choose", choice="2", day="monday", seats=2)
    assert INTAKE.advance(progress, said) == Act(C)


def test_a_new_detail_searches_again_with_what_was_known() -> None:
    progress = offered()
    assert INTAKE.advance(progress, read(seats=3)) == Search()
    assert (progress.values, progress.offered) == ({"day": "monday", "seats": 3}, [])


def test_no_forgets_the_offer_and_keeps_what_is_known() -> None:
    progress = offered()
    assert INTAKE.advance(progress, read(action="reject")).why == "rejected"  # type: ignore[union-attr]
    assert (progress.values, progress.offered) == ({"day": "monday", "seats": 2}, [])


@pytest.mark.parametrize(("action", "why"), [("restart", "started over"), ("cancel", "given up")])
def test_starting_over_and_giving_up_forget_everything(action: str, why: str) -> None:
    progress = offered()
    following = INTAKE.advance(progress, read(action=action, day="friday"))
    assert isinstance(following, Say)
    assert (following.why, progress) == (why, Progress())


def test_looking_needs_only_what_the_search_needs() -> None:
    progress = Progress()
    following = INTAKE.advance(progress, read(action="check", day="monday"))
    assert following == Say("How many seats?", "seats missing")


def test_words_that_mean_nothing_get_help() -> None:
    assert INTAKE.advance(Progress(), read(action="other")).text == "I sell ferry tickets."  # type: ignore[union-attr]
    half = Progress({"day": "monday"})
    following = INTAKE.advance(half, read(action="other"))
    assert following == Say("I sell ferry tickets. How many seats?", "not understood")


def test_an_offer_is_kept_as_it_was_said() -> None:
    progress = Progress()
    text = INTAKE.offering(progress, Found((A, B), exact=False, note="The nearest:"))
    assert text.splitlines() == [
        "The nearest:", "1. Court A, 9:00", "2. Court B, 14:00",
        "Which sailing?",
    ]  # fmt: skip
    assert (progress.offered, progress.exact) == ([A, B], False)
    assert INTAKE.offering(progress, Found((), note="All full.")) == "All full."
    assert progress.offered == []


def test_a_long_list_says_how_many_more_there_are() -> None:
    lines = listed([Option(str(n), str(n)) for n in range(20)], "?").splitlines()
    assert (len(lines), lines[-2]) == (19, "… and 4 more")


def test_progress_survives_being_written_down() -> None:
    progress = offered(exact=False, turns=3)
    assert Progress.from_json(progress.to_json()) == progress
    assert Progress.from_json({}) == Progress()


OPTIONS = st.lists(st.builds(Option, st.text(max_size=6), st.text(max_size=12)), max_size=5)


@given(st.text(), OPTIONS)
def test_a_pick_is_always_of_the_options(choice: str, options: list[Option]) -> None:
    assert all(picked in options for picked in pick(choice, options))


EXTRACTIONS = st.fixed_dictionaries(
    {"action": st.sampled_from(
        ["request", "check", "choose", "confirm", "reject", "restart", "cancel", "other"]
    )},
    optional={
        "choice": st.none() | st.text(max_size=8) | st.sampled_from(
            ["1", "2", "9", "last", "any", "first", "Court B", "court", "14:00", "9" * 5000]
        ),
        "day": st.none() | st.sampled_from(["monday", "friday", "noday"]),
        "seats": st.none() | st.integers(-1, 6),
    },
)  # fmt: skip
FOUND = st.builds(
    Found,
    st.lists(st.sampled_from(OFFER), unique=True).map(tuple),
    st.booleans(),
    st.text(max_size=3),
)


@given(st.lists(st.tuples(EXTRACTIONS, FOUND), max_size=12))
def test_no_sequence_raises_or_acts_without_being_told(turns: list[tuple[Any, Found]]) -> None:
    progress = Progress()
    for said, found in turns:
        shown = list(progress.offered)
        following = INTAKE.advance(progress, INTAKE.extraction(**said))
        if isinstance(following, Act):
            told = bool(said.get("choice")) or said["action"] == "confirm"
            assert told
            assert said["action"] not in ("check", "reject", "restart", "cancel")
            assert following.option in shown
            progress.clear()
        elif isinstance(following, Search):
            assert not INTAKE.missing(progress) or said["action"] == "check"
            INTAKE.offering(progress, found)
        else:
            assert following.text
        assert Progress.from_json(progress.to_json()) == progress


@pytest.mark.parametrize(
    ("doubt", "told"),
    {
        "negation": "All right. Nothing has been booked or done.",
        "language": "I only know English, I am sorry. Nothing has been booked or done.",
    }.items(),
)
def test_what_is_refused_or_unread_changes_nothing(doubt: str, told: str) -> None:
    progress = offered()
    assert INTAKE.advance(progress, read(day="friday", doubt=doubt)) == Say(told, doubt)
    assert progress.values["day"] == "monday"


def test_a_doubt_keeps_a_search_from_being_acted_upon() -> None:
    progress = Progress()
    found = INTAKE.advance(
        progress, read(day="friday", seats=1, choice="B", doubt="unclear", unread="squash")
    )
    assert isinstance(found, Search)
    assert (found.wish, found.eager) == ("", False)
    assert found.caution == 'Nothing has been booked or done. I did not take in "squash".'


def test_a_yes_with_a_doubt_takes_nothing_and_keeps_the_offer() -> None:
    progress = offered()
    answer = INTAKE.advance(progress, read(action="confirm", doubt="condition"))
    assert isinstance(answer, Say)
    assert progress.offered == OFFER


def test_what_is_ruled_out_is_never_taken_by_itself() -> None:
    assert pick("not A", OFFER) == [B, C]
    progress = Progress({"day": "monday", "seats": 2}, [A, B])
    answer = INTAKE.advance(progress, read(action="choose", choice="not A"))
    assert isinstance(answer, Say)
    assert progress.offered == [B]


def test_what_was_done_is_told_and_a_change_is_not_made() -> None:
    progress = offered(done=["Booked A."])
    told = INTAKE.advance(progress, read(action="recall"))
    assert isinstance(told, Say)
    assert "- Booked A." in told.text
    assert isinstance(INTAKE.advance(progress, read(action="change", day="friday")), Say)
    assert progress.values["day"] == "monday"
