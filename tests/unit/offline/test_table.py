"""What is on the table: days carried over turns, hours picked, things ruled out, several wishes."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from batuta.offline.carried import OnTable, placed
from batuta.offline.language import is_foreign
from batuta.offline.options import ListedOption, excluded, hour_picked
from batuta.offline.premises import Premises
from batuta.offline.spelling import mended
from batuta.offline.turn import Scene
from batuta.offline.wishes import wishes_in
from tests.unit.offline.talks import Club, play

FRIDAY = OnTable(day=date(2024, 5, 17))
EVENING = [ListedOption(f"Court A, {h}:00", start=f"{h}:00") for h in range(17, 22)]
NOW = datetime(2024, 5, 15, 9)  # noqa: DTZ001 - the club's own time


@pytest.mark.parametrize(
    ("text", "written"),
    {
        "and the day after?": "and on 2024-05-18?",
        "what about the week after": "what at on 2024-05-24",
        "a week later please": "on 2024-05-24 please",
        "the day before": "on 2024-05-16",
        "same day at 5pm": "on 2024-05-17 at 5pm",
        "the day after tomorrow": "the day after tomorrow",
        "next tuesday": "next tuesday",
    }.items(),
)
def test_a_day_is_named_by_the_one_on_the_table(text: str, written: str) -> None:
    assert placed(text.replace("about", "at"), FRIDAY) == written


def test_a_weekday_falls_in_the_week_that_was_named() -> None:
    assert placed("tuesday at 3", OnTable(week=date(2024, 5, 20))) == "2024-05-21 at 3"
    assert placed("next tuesday", OnTable(week=date(2024, 5, 20))) == "next tuesday"


async def test_a_week_is_kept_until_its_day_is_said() -> None:
    booked, answers = await play("can I get a court next week?", "tuesday at 3pm", "yes")
    assert answers[0] == "I need one exact day for that. Which date do you mean?"
    assert booked == ["2024-05-21T15:00/A"]


async def test_the_day_after_an_offer_is_reckoned_from_it() -> None:
    booked, _ = await play("is a court free on friday at 3pm?", "and the day after?", "yes")
    assert booked == ["2024-05-18T15:00/A"]


@pytest.mark.parametrize(
    ("said", "choice"),
    {"8": "4", "the 7 one": "3", "at 9": "5", "8pm please": "4", "6": "2"}.items(),
)
def test_an_hour_is_read_in_the_half_of_the_day_that_is_offered(said: str, choice: str) -> None:
    picked = hour_picked(said, EVENING)
    assert picked is not None
    assert picked.choice == choice


def test_a_number_that_is_a_place_and_an_hour_is_neither() -> None:
    picked = hour_picked("5", EVENING)
    assert picked is not None
    assert (picked.choice, picked.time) == (None, None)
    assert hour_picked("number 5", EVENING) is None
    assert hour_picked("make it 8", EVENING) is None


async def test_an_open_number_is_asked_about() -> None:
    club = Club(taken={f"2024-05-16T{h:02}:00/B" for h in range(8, 20)})
    booked, answers = await play("what is free tomorrow from 2pm on?", "5", club=club)
    assert not booked
    assert answers[1].endswith("Do you mean number 5 of the list, or the hour?")


@pytest.mark.parametrize(
    ("text", "out"),
    {
        "any court but a tomorrow": "not A",
        "not court a or b": "not A, B",
        "except b please": "not B",
        "court a": None,
        "but a friend comes": None,
    }.items(),
)
def test_what_is_ruled_out_is_read(text: str, out: str | None) -> None:
    assert excluded(text) == out


async def test_a_court_that_is_ruled_out_is_never_taken() -> None:
    booked, _ = await play("book any court but A tomorrow at 3pm")
    assert booked == ["2024-05-16T15:00/B"]
    club = Club(taken={"2024-05-16T15:00/B"})
    booked, answers = await play("book a court tomorrow at 3pm, not court A", club=club)
    assert not booked
    assert "Anything else is not open" in answers[0]
    booked, answers = await play("is a court free tomorrow at 3pm?", "not A", "yes")
    assert booked == ["2024-05-16T15:00/B"]


async def test_two_wishes_in_one_message_are_done_one_after_the_other() -> None:
    booked, answers = await play(
        "Book a court tomorrow at 3pm and another on Friday at 10am", "what did I book?"
    )
    assert booked == ["2024-05-16T15:00/A", "2024-05-17T10:00/A"]
    assert answers[0].count("Done: ") == 2
    assert answers[1].splitlines()[0] == "This is what I have done here:"
    assert len(answers[1].splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "parts"),
    {
        "Book a court tomorrow at 3pm. Then book court B on Friday at 6pm.": 2,
        "Book a court tomorrow at 3pm and another at 5pm": 2,
        "Book a court tomorrow at 3pm and bring a friend": 1,
        "Book a court tomorrow at 3pm and don't book one on Friday at 6pm": 1,
        "Book a court and another on Friday at 6pm": 1,
    }.items(),
)
def test_only_whole_wishes_are_told_apart(text: str, parts: int) -> None:
    premises = Premises(NOW, nouns=frozenset({"court"}))
    assert len(wishes_in(text, Scene(premises))) == parts


@pytest.mark.parametrize(
    ("text", "foreign"),
    {
        "Ich möchte morgen um 16 Uhr einen Platz buchen": True,
        "Je voudrais réserver un court pour demain à 16 heures": True,
        "Quiero reservar una pista para mañana a las cuatro": True,
        "Vorrei prenotare un campo per domani": True,
        "明天下午四点订一个球场": True,
        "Book a court tomorrow at 4pm": False,
        "Court A": False,
        "Reserve a court on the 5th, por favor": False,
        "El Aleph": False,
        "": False,
    }.items(),
)
def test_another_language_is_noticed(text: str, foreign: bool) -> None:
    assert is_foreign(text) is foreign


async def test_another_language_is_told_that_english_is_needed() -> None:
    booked, answers = await play("Ich möchte morgen um 16 Uhr einen Platz buchen")
    assert not booked
    assert answers == ["I only know English, I am sorry. Nothing has been booked or done."]


@pytest.mark.parametrize(
    ("slip", "word"),
    {
        "evning": "evening",
        "aftrnoon": "afternoon",
        "cancle": "cancel",
        "satruday": "saturday",
        "mornings": "mornings",
        "reverse": "reverse",
        "market": "market",
    }.items(),
)
def test_a_slip_is_mended_and_a_word_is_kept(slip: str, word: str) -> None:
    assert mended(slip) == word


async def test_what_was_done_and_what_cannot_be_done_is_told() -> None:
    _, answers = await play(
        "Book a court tomorrow at 4pm",
        "how much is it?",
        "can you cancle my booking?",
        "change my booking to 5pm",
    )
    assert answers[1] == "I do not know that: my tools do not tell me."
    assert answers[2].startswith("I cannot cancel what is already done from here.")
    assert answers[3].startswith("I cannot change what is already done from here.")
    _, answers = await play("what did I book?")
    assert answers[0].startswith("Nothing has been booked or done in this conversation")
