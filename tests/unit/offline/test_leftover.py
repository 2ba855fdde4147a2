"""A yes takes what the last reply put plainly, and nothing while words of the user's are unread."""

from __future__ import annotations

import pytest

from batuta.offline.leftover import is_noise
from batuta.offline.options import ListedOption
from batuta.offline.preference import preferred, settled_name
from tests.unit.offline.talks import play

OFFER = "is a court free tomorrow at 3pm?"
COURTS = [ListedOption(f"Court {c}, 16:00 to 17:00", start="16:00") for c in "ABCD"]


@pytest.mark.parametrize(
    "said",
    [
        "I'd need two of them",
        "but is it lit?",
        "the floor of A is broken",
        "my friend wants B",
        "who else is playing?",
    ],
)
@pytest.mark.parametrize("agreed", ["yes", "ok", "right"])
async def test_a_yes_takes_nothing_after_words_that_were_not_read(said: str, agreed: str) -> None:
    booked, answers = await play(OFFER, said, agreed)
    assert booked == []
    assert answers[1].endswith("Which one would you like?")


async def test_what_is_left_open_can_still_be_named() -> None:
    booked, _ = await play(OFFER, "but is it lit?", "yes", "court B")
    assert booked == ["2024-05-16T15:00/B"]


@pytest.mark.parametrize("said", ["how much is it?", "great, thanks"])
async def test_an_offer_put_once_more_says_what_a_yes_would_do(said: str) -> None:
    booked, answers = await play(OFFER, said, "yes")
    question = "Shall I book Court A, 15:00 to 16:00 on Thursday 16 May, or would you like another?"
    assert answers[1].endswith(question)
    assert booked == ["2024-05-16T15:00/A"]


@pytest.mark.parametrize(
    ("said", "wish"),
    {
        "A is not good, B please": "Court B, please",
        "C is no use to me, D please": "Court D, please",
        "rather D than A": "Court D, please",
        "anything but A, B say": "Court B, please",
        "instead of A, C please": "Court C, please",
        "the other one, B": "B",
        "not A, B": "Is Court B free?",
        "not A, B please": "Court B, please",
        "I can't decide between A and B": "I can't decide between A and B",
        "any but A and B": "any but A and B",
        "A was good last time, B please": "A was good last time, B please",
    }.items(),
)
def test_a_contrast_is_the_wish_for_the_one_that_is_preferred(said: str, wish: str) -> None:
    assert preferred(said, ["court"], COURTS) == wish


def test_a_name_taken_back_gives_way_to_the_other() -> None:
    assert settled_name("Book court A at 4pm, no, court B") == "Book court B at 4pm"
    assert settled_name("Book court A at 4pm, no hurry") == "Book court A at 4pm, no hurry"


async def test_hours_and_days_are_carried_from_what_was_wished_for() -> None:
    booked, _ = await play(OFFER, "the following day then", "yes")
    assert booked == ["2024-05-17T15:00/A"]
    booked, _ = await play(OFFER, "the next hour then", "yes")
    assert booked == ["2024-05-16T16:00/A"]


def test_noise_is_what_bears_on_nothing() -> None:
    assert is_noise("hm, let me see")
    assert not is_noise("two of them")


async def test_days_are_counted_from_the_one_on_the_table() -> None:
    booked, _ = await play(OFFER, "and two days later?", "yes")
    assert booked == ["2024-05-18T15:00/A"]
