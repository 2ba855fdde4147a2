"""Texts brought into the one wording that the rules know: what was, bare names, usual lengths."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from batuta.offline.contrast import refused_by_name, refuses_one
from batuta.offline.labels import with_noun
from batuta.offline.lengths import lasts, usual_minutes, without_usual_length
from batuta.offline.options import ListedOption, excluded
from batuta.offline.own_verbs import with_known_verb
from batuta.offline.past import without_past
from batuta.offline.spelling import mended
from batuta.offline.when import read_when
from batuta.offline.when_feasts import holiday
from tests.unit.offline.talks import play

OFFER = "Is a court free tomorrow at 4pm?"
MONDAY = datetime(2026, 3, 2, 6)  # noqa: DTZ001 - the club's own time
COURTS = [ListedOption(f"Court {c}, 16:00 to 17:00", start="16:00") for c in "ABC"]
NURSES = [
    ListedOption(f"{at} with {n}", start=at) for at, n in (("09:00", "Kim"), ("11:00", "Lee"))
]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("I booked a court last week. Book B tomorrow", "Book B tomorrow"),
        ("We lost on Sunday and need practice. Could you book one?", "Could you book one?"),
        ("I haven't played in weeks. Book B", "Book B"),
        ("It rained yesterday, so book B", "so book B"),
    ],
)
def test_what_was_is_left_out_before_a_request(said: str, kept: str) -> None:
    assert without_past(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        "I booked a court last week.",
        "I booked a court last week, book B",
        "Anna said it yesterday. Book B",
        "I got this from Tom. Book B",
        "I changed my mind yesterday. Book B",
        "I loved B. Book it again",
        "We lost on Sunday and want court C. Book a court",
        "I didn't want a court. Book B",
        "My boss wrote a letter yesterday. Book B",
    ],
)
def test_what_bears_on_the_request_stays(said: str) -> None:
    assert without_past(said) == said


@pytest.mark.parametrize(
    ("said", "named"),
    {
        "Book B tomorrow": "Book slot B tomorrow",
        "can you get me c on friday": "can you get me slot c on friday",
        "B tomorrow at 3pm": "slot B tomorrow at 3pm",
        "Need D at 4pm": "Need slot D at 4pm",
        "Book A and B tomorrow": "Book slot A and B tomorrow",
        "book a court": "book a court",
        "I want a tomorrow": "I want a tomorrow",
        "B please": "B please",
    }.items(),
)
def test_a_name_of_one_letter_gets_a_noun(said: str, named: str) -> None:
    assert with_noun(said) == named


@pytest.mark.parametrize(
    ("said", "left"),
    {
        "Book a court at 4pm for one hour": "Book a court at 4pm",
        "Book a court for 60 minutes at 4pm": "Book a court at 4pm",
        "One court, one hour, at 4pm": "One court, at 4pm",
        "Book a one hour slot": "Book a slot",
        "for an hour and a half": "for an hour and a half",
        "for two hours": "for two hours",
        "for 90 minutes": "for 90 minutes",
        "in an hour": "in an hour",
        "in a quarter of an hour": "in a quarter of an hour",
        "for an hour later": "for an hour later",
    }.items(),
)
def test_only_the_usual_length_is_left_out(said: str, left: str) -> None:
    assert " ".join(without_usual_length(said, 60).split()) == left
    assert without_usual_length(said, 0) == said


def test_how_long_it_lasts_is_read_from_the_instructions() -> None:
    assert usual_minutes("You book courts. A slot lasts 45 minutes.") == 45
    assert usual_minutes("You book courts.") == 0
    assert lasts(time(16), time(17), 60)
    assert not lasts(time(16), time(18), 60)
    assert not lasts(time(16), time(16), 0)


@pytest.mark.parametrize(
    ("said", "written"),
    {
        "don't book the first one": "not A",
        "not the second": "not B",
        "not that one": "not A",
        "not A": "not A",
        "book the first one": "book the first one",
    }.items(),
)
def test_what_is_refused_is_called_by_its_name(said: str, written: str) -> None:
    assert refused_by_name(said, COURTS, proposed=True) == written
    assert refused_by_name(said, (), proposed=True) == said


def test_what_has_no_short_name_is_refused_as_it_was_said() -> None:
    assert refused_by_name("not the first one", NURSES, proposed=True) == "not the first one"
    assert refuses_one("not the first one")
    assert not refuses_one("no thanks")


@pytest.mark.parametrize(
    ("plain", "out"),
    {"not a and not b": "not A, B", "neither a nor b": "not A, B", "not c": "not C"}.items(),
)
def test_several_are_ruled_out_at_once(plain: str, out: str) -> None:
    assert excluded(plain) == out


@pytest.mark.parametrize("refusal", ["not A", "not that one", "don't book the first one"])
async def test_what_is_left_stays_open_and_keeps_its_order(refusal: str) -> None:
    booked, answers = await play(OFFER, refusal, "the first one")
    assert "Court A" not in answers[-2]
    assert booked == ["2024-05-16T16:00/B"]


@pytest.mark.parametrize("asked", ["what about B?", "is B free too?", "and court B?"])
async def test_a_yes_takes_what_was_asked_about(asked: str) -> None:
    booked, answers = await play(OFFER, asked, "yes")
    assert "Court A" not in answers[-2]
    assert booked == ["2024-05-16T16:00/B"]


async def test_a_part_of_the_day_leaves_the_hour_that_lies_in_it() -> None:
    booked, answers = await play("a court tomorrow", "4", "in the afternoon", "yes")
    assert booked == ["2024-05-16T16:00/A"], answers


async def test_an_hour_after_a_no_is_wished_for_instead() -> None:
    booked, answers = await play(OFFER, "no, 5", "yes")
    assert booked == ["2024-05-16T17:00/A"], answers


async def test_what_is_named_alone_is_what_is_booked() -> None:
    for said in ("Book B tomorrow at 3pm", "I booked A last week. Book me B tomorrow at 3pm"):
        booked, answers = await play(said)
        assert booked == ["2024-05-16T15:00/B"], answers
    booked, _ = await play("slot B", "tomorrow", "3pm", "yes")
    assert booked == ["2024-05-16T15:00/B"]


async def test_first_is_no_day_where_nothing_dates_it() -> None:
    booked, _ = await play(OFFER, "book whichever is first")
    assert booked == ["2024-05-16T16:00/A"]
    assert read_when("on second thought no", MONDAY).date is None
    assert read_when("May first", MONDAY).date == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("said", "known"),
    {
        "Can you collect a parcel?": "Can you book a parcel?",
        "please pick up my parcel": "please book my parcel",
        "Vaccinate me against flu": "book me for flu",
        "Can you paint a parcel?": "Can you paint a parcel?",
        "Did you collect a parcel?": "Did you collect a parcel?",
        "Play some jazz": "Play some jazz",
        "Don't collect a parcel": "Don't collect a parcel",
    }.items(),
)
def test_a_verb_counts_where_the_app_has_its_noun(said: str, known: str) -> None:
    domain = {"collection", "pickup", "vaccination", "parcel", "play"}
    assert with_known_verb(said, domain) == known


@pytest.mark.parametrize(
    ("said", "day"),
    {
        "not this Saturday, the one after": "2026-03-14",
        "not this Friday but the next": "2026-03-13",
        "not next Friday but the one after": "2026-03-20",
        "not Friday, next Thursday": "2026-03-12",
        "Wednesday, not this week but next": "2026-03-11",
        "the Saturday after this one": "2026-03-14",
        "not tomorrow but the day after": "2026-03-04",
        "same day next week": "2026-03-09",
        "wensdy": "2026-03-04",
        "wednesdays booking": "2026-03-04",
        "Bonfire Night": "2026-11-05",
    }.items(),
)
def test_a_day_is_told_by_what_it_is_not(said: str, day: str) -> None:
    assert read_when(said, MONDAY).date == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("said", "clock"),
    {
        "an hour from 3pm": ("15:00", None),
        "one hour starting at 6pm": ("18:00", None),
        "this time tomorrow": ("06:00", None),
        "not after 11am": (None, "11:00"),
        "nothing past 9pm": (None, "21:00"),
    }.items(),
)
def test_an_hour_is_told_by_its_length_or_its_end(
    said: str, clock: tuple[str | None, str | None]
) -> None:
    when = read_when(said, MONDAY)
    assert tuple(t and f"{t:%H:%M}" for t in (when.time, when.end)) == clock


def test_letters_left_out_of_a_weekday_are_put_in() -> None:
    said = "wensdy thrsdy satdy fridy study wendy sturdy"
    days = "wednesday thursday saturday friday study wendy sturdy"
    assert [mended(word) for word in said.split()] == days.split()


def test_a_holiday_of_parts_of_a_country_counts_where_its_name_is_of_one_day() -> None:
    assert holiday("late summer bank holiday", MONDAY.date(), region="GB") == date(2026, 8, 31)
    assert holiday("summer bank holiday", MONDAY.date(), region="GB") is None  # two days bear it
    assert holiday("midwinter bank holiday", MONDAY.date(), region="GB") is None
