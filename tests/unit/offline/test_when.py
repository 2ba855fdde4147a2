"""Reading dates and times, seen from a Wednesday morning."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.offline.when import When, read_when

NOW = datetime.fromisoformat("2024-05-15T09:00")


def read(text: str) -> When:
    return read_when(text, NOW)


def said(text: str) -> str:
    """Say what was read as "date time from-to", with what is not there left out."""
    when = read(text)
    window = [f"{t:%H:%M}" if t else "" for t in (when.start, when.end)]
    clock = [f"{when.time:%H:%M}"] if when.time else []
    pieces = [when.date.isoformat()] if when.date else []
    return " ".join([*pieces, *clock, *(["-".join(window)] if any(window) else [])])


DAYS = {
    "today": "2024-05-15",
    "a court tomorow please": "2024-05-16",
    "day after tomorrow": "2024-05-17",
    "saturday": "2024-05-18",
    "wednesday": "2024-05-22",
    "this friday": "2024-05-17",
    "next friday": "2024-05-24",
    "friday next week": "2024-05-24",
    "the monday after next": "2024-05-27",
    "a week on saturday": "2024-05-25",
    "friday week": "2024-05-24",
    "saturday in two weeks": "2024-06-01",
    "in ten days": "2024-05-25",
    "three weeks from tomorrow": "2024-06-06",
    "two days before christmas": "2024-12-23",
    "the 20th": "2024-05-20",
    "the twenty-first": "2024-05-21",
    "the 3rd": "2024-06-03",
    "2nd of next month": "2024-06-02",
    "the 5th of the month": "2024-06-05",
    "saturday the 18th": "2024-05-18",
    "6/3": "2024-06-03",
    "18/7": "2024-07-18",
    "3 june": "2024-06-03",
    "june the third": "2024-06-03",
    "the first of june 2025": "2025-06-01",
    "2024-06-03": "2024-06-03",
    "june 3rd, 24": "2024-06-03",
    "29 feb": "2028-02-29",
    "second tuesday of june": "2024-06-11",
    "last friday of june": "2024-06-28",
    "new year's eve": "2024-12-31",
    "teusday": "2024-05-21",
    "not thursday but friday": "2024-05-17",
    "sunday instead of saturday": "2024-05-19",
}
TIMES = {
    "at 3": "15:00",
    "at 11": "11:00",
    "at seven": "07:00",
    "3pm": "15:00",
    "3 p.m.": "15:00",
    "at 9a": "09:00",
    "12am": "00:00",
    "noon": "12:00",
    "half past four": "16:30",
    "half six": "18:30",
    "a quarter to seven in the evening": "18:45",
    "ten past 9 am": "09:10",
    "five minutes to six": "17:55",
    "evening 6": "18:00",
    "afternoon 12": "12:00",
    "morning 11": "11:00",
    "9 at night": "21:00",
    "1 in the afternoon": "13:00",
    "five fifteen pm": "17:15",
    "19h30": "19:30",
    "at 1730": "17:30",
    "8.30pm": "20:30",
    "4ish": "16:00",
    "5 o'clock": "17:00",
    "by 14:00": "14:00",
    "change it from 4pm to 6pm": "18:00",
    "make it 4 instead": "16:00",
}
WINDOWS = {
    "from 5 to 6": "17:00-18:00",
    "10 to 11:30": "10:00-11:30",
    "11-1": "11:00-13:00",
    "between noon and two": "12:00-14:00",
    "9 until noon": "09:00-12:00",
    "4 - 5:30 pm": "16:00-17:30",
    "after 5": "17:00-",
    "no later than 4": "-16:00",
    "6pm or later": "18:00-",
    "after 5 but before 8": "17:00-20:00",
    "in the morning": "07:00-12:00",
    "early evening": "16:00-18:00",
    "from 4pm for two hours": "16:00-18:00",
}
BOTH = {
    "tomorrow at 3": "2024-05-16 15:00",
    "tonight at 8": "2024-05-15 20:00",
    "8 this evening": "2024-05-15 20:00",
    "friday at half past five in the afternoon": "2024-05-17 17:30",
    "on the 21st from 2 to 3": "2024-05-21 14:00-15:00",
    "june 5 at 5:30": "2024-06-05 17:30",
    "in an hour and a half": "2024-05-15 10:30",
    "10am on 20 june 2024": "2024-06-20 10:00",
    "tomorrow evening": "2024-05-16 17:00-22:00",
    "ten to six tomorrow evening": "2024-05-16 17:50",
    "friday at 5, or rather 6pm": "2024-05-17 18:00",
    "friday at 10am please, no sorry, i mean monday": "2024-05-20 10:00",
    "saturday instead of sunday at 10am": "2024-05-18 10:00",
    "20240612t1800": "2024-06-12 18:00",
    "thu 6/6/2024 4pm": "2024-06-06 16:00",
    "wed 5/6/2024 4pm": "2024-06-05 16:00",
    "the day following tomorrow at 5pm": "2024-05-17 17:00",
    "for the three of us on friday at 7pm": "2024-05-17 19:00",
    "on my behalf for friday, 5 pm": "2024-05-17 17:00",
    "4pm on friday the latest": "2024-05-17 -16:00",
}


@pytest.mark.parametrize(("text", "meant"), [*DAYS.items(), *TIMES.items()])
def test_a_day_or_a_time_is_read(text: str, meant: str) -> None:
    assert said(text) == meant


@pytest.mark.parametrize(("text", "meant"), [*WINDOWS.items(), *BOTH.items()])
def test_windows_and_both_together_are_read(text: str, meant: str) -> None:
    assert said(text) == meant


PROBLEMS = {
    "yesterday at 3": "past",
    "last friday": "past",
    "two days ago": "past",
    "today at 8 am": "past",
    "30 february": "impossible",
    "31st of june": "impossible",
    "every tuesday at 5": "recurring",
    "mondays": "recurring",
    "twice a week": "recurring",
    "monday 21 may": "conflict",
    "tomorrow, 20 june": "conflict",
    "8am in the evening": "conflict",
    "at 4 or 5pm": "several",
    "monday or tuesday": "several",
    "this weekend": "vague",
    "sometime next week": "vague",
}


@pytest.mark.parametrize(("text", "problem"), PROBLEMS.items())
def test_what_cannot_be_acted_upon_is_named(text: str, problem: str) -> None:
    assert read(text).problem == problem


@pytest.mark.parametrize(
    "text",
    [
        "a court for 4 people",
        "the second one",
        "option 2",
        "may I come by?",
        "the sun is out",
        "book it for 2",
        "court 3 please",
    ],
)
def test_numbers_and_words_of_other_meaning_are_left_alone(text: str) -> None:
    assert not read(text).said


def test_a_bare_number_answers_the_question_asked_before() -> None:
    assert read_when("3", NOW, expected="time").time == time(15)
    assert read_when("21", NOW, expected="date").date == date(2024, 5, 21)


def test_a_year_guessed_far_ahead_is_not_sure() -> None:
    assert not read("may 14").sure
    assert read("may 16").sure


@pytest.mark.parametrize(
    "text",
    [
        "3 weeks after " * 900,
        "in 99999999999 days",
        "9999999999 hours from now",
        "12" * 5000,
        "5 to " * 900,
    ],
)
def test_a_flood_of_words_or_numbers_is_survived_in_good_time(text: str) -> None:
    assert read(text).date is None


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    read(text)


@given(st.dates(min_value=NOW.date(), max_value=date(2099, 12, 31)), st.times())
def test_iso_dates_and_times_are_read_as_they_stand(day: date, at: time) -> None:
    text = f"on {day} at {at:%H:%M}"
    when = read(text)
    assert when.named == day
    assert when.time == at.replace(second=0, microsecond=0)


LONDON = {
    "28 may next year": "2025-05-28",
    "on may-14-2027": "2027-05-14",
    "on 9.4": "2025-04-09",
    "on 05.06.2024": "2024-06-05",
    "on 3/7": "2024-07-03",
    "good friday": "2025-04-18",
    "easter monday": "2025-04-21",
    "boxing day": "2024-12-26",
    "on the spring bank holiday": "2024-05-27",
    "friday fortnight": "2024-05-31",
    "mother's day": "2025-03-30",
}


@pytest.mark.parametrize(("text", "day"), LONDON.items())
def test_a_day_is_read_as_people_of_the_region_mean_it(text: str, day: str) -> None:
    found = read_when(text, datetime(2024, 5, 15, 9), region="GB")  # noqa: DTZ001 - local
    assert found.date is not None
    assert found.date.isoformat() == day


def test_a_day_that_nobody_knows_is_said_to_be_unknown() -> None:
    found = read_when("on midwinter bank holiday", datetime(2024, 5, 15), region="GB")  # noqa: DTZ001
    assert (found.date, found.problem) == (None, "unknown")
    assert read_when("on 28 may last year", datetime(2024, 5, 15)).problem == "past"  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "clock"),
    {
        "on Friday at nine fifteen.": "09:15",
        "tomorrow at 9 45.": "09:45",
        "tommorow at 8 in the evning": "20:00",
        "mon 20th 18.00": "18:00",
        "two days after tomorrow at 3pm": "15:00",
    }.items(),
)
def test_a_time_is_read_to_its_end(text: str, clock: str) -> None:
    found = read_when(text, datetime(2024, 5, 15, 9))  # noqa: DTZ001 - local
    assert found.time is not None
    assert f"{found.time:%H:%M}" == clock


def test_a_window_may_have_its_day_in_between() -> None:
    found = read_when("between 5 on Friday and 7", datetime(2024, 5, 15, 9))  # noqa: DTZ001 - local
    assert (f"{found.start}", f"{found.end}") == ("17:00:00", "19:00:00")
