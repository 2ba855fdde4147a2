from __future__ import annotations

import datetime as dt

import pytest

from batuta.tennis.club import Club, Hours
from batuta.tennis.errors import BadRequest, ClubClosed, SlotNotFound
from batuta.tennis.slots import (
    find_slot,
    open_slots,
    parse_slot_id,
    read_date,
    read_time,
    slots_at,
    slots_on,
)

DAY = dt.date(2019, 3, 2)
SPRING = dt.date(2019, 3, 31)  # London: 01:00 becomes 02:00
AUTUMN = dt.date(2019, 10, 27)  # London: 02:00 becomes 01:00
NIGHT = Club(courts=("A",), hours=(Hours(0, 4 * 60),) * 7)


def times(club: Club, day: dt.date) -> list[str]:
    return [f"{slot.time:%H:%M}" for slot in slots_on(club, day)]


def test_a_day_has_a_slot_for_each_hour_and_court() -> None:
    slots = slots_on(Club(), DAY)
    assert len(slots) == 15 * 4
    assert [slot.slot_id for slot in slots[:5]] == [
        "2019-03-02T07:00/A",
        "2019-03-02T07:00/B",
        "2019-03-02T07:00/C",
        "2019-03-02T07:00/D",
        "2019-03-02T08:00/A",
    ]
    assert slots[-1].to_json() == {
        "slot_id": "2019-03-02T21:00/D",
        "court": "D",
        "date": "2019-03-02",
        "start": "21:00",
        "end": "22:00",
    }


def test_a_closed_day_has_none() -> None:
    assert slots_on(Club(hours=(None,) * 7), DAY) == ()


def test_clocks_that_go_forward_take_the_missing_hour_away() -> None:
    assert times(NIGHT, SPRING) == ["00:00", "02:00", "03:00"]


def test_a_slot_that_would_run_into_the_missing_hour_is_not_offered() -> None:
    club = Club(courts=("A",), hours=(Hours(30, 210),) * 7)
    assert times(club, SPRING) == ["02:30"]
    long = Club(courts=("A",), hours=(Hours(0, 180),) * 7, slot_minutes=180)
    assert times(long, SPRING) == []


def test_clocks_that_go_back_offer_the_first_of_the_two_hours() -> None:
    assert times(NIGHT, AUTUMN) == ["00:00", "01:00", "02:00", "03:00"]
    first = slots_on(NIGHT, AUTUMN)[1]
    assert first.start.astimezone(dt.UTC).isoformat() == "2019-10-27T00:00:00+00:00"
    assert first.end.isoformat() == "2019-10-27T01:00:00+00:00"


def test_a_day_that_a_zone_skipped_has_none() -> None:
    assert slots_on(Club(time_zone="Pacific/Apia"), dt.date(2011, 12, 30)) == ()


@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles"])
def test_the_ends_of_the_calendar_have_none(day: dt.date, zone: str) -> None:
    assert slots_on(Club(time_zone=zone), day) == ()


def test_open_slots_are_ahead_and_free() -> None:
    now = dt.datetime(2019, 3, 2, 20, 0, tzinfo=dt.UTC)
    club = Club(courts=("A", "B"))
    found = open_slots(club, DAY, now=now, taken={"2019-03-02T21:00/A"})
    assert [slot.slot_id for slot in found] == ["2019-03-02T21:00/B"]
    early = open_slots(club, DAY, now=now - dt.timedelta(seconds=1), taken=())
    assert early[0].slot_id == "2019-03-02T20:00/A"


@pytest.mark.parametrize(
    "text",
    [
        "2019-03-02T14:00/A",
        " 2019-03-02t14:00/a ",
        "2019-3-2 14:00 / A",
        '"2019-03-02T14:00/A"',
        "`2019-03-02T14:00/Court A`",
        "2019-03-02T14:00:00/A",
        "2019-03-02T14:00:00.000/A",
    ],
)
def test_a_slot_id_is_forgiven_its_spelling(text: str) -> None:
    assert find_slot(Club(), text).slot_id == "2019-03-02T14:00/A"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "/",
        "2pm on court A",
        "2019-03-02T14:00",
        "2019-03-02T14:00/",
        "2019-03-02T14:00:30/A",
        "2019-03-02T14:00+01:00/A",
        "2019-02-30T14:00/A",
        "2019-03-02T25:00/A",
        "0000-03-02T14:00/A",
        "٢٠١٩-03-02T14:00/A",
        "2019-03-02T14:00/A/B",
        "2019-03-02T14:00/A\n2019-03-02T15:00/A",
        "2019-03-02T14:00/" + "A" * 10_000,
        "2019-03-02T14:00/E",
        "2019-03-02T14:30/A",
    ],
)
def test_what_names_no_slot_is_not_guessed(text: str) -> None:
    with pytest.raises(SlotNotFound) as caught:
        find_slot(Club(), text)
    said = str(caught.value)
    assert "check_availability" in said
    assert len(said) < 400


def test_an_unknown_court_gets_the_known_ones() -> None:
    with pytest.raises(SlotNotFound, match=r"no court 'E', only A, B, C, D") as caught:
        find_slot(Club(), "2019-03-02T14:00/E")
    assert caught.value.example == "2019-03-02T14:00/A"


@pytest.mark.parametrize(("time", "hours"), [("06:00", "07:00-22:00"), ("22:00", "07:00-22:00")])
def test_outside_the_hours_is_closed(time: str, hours: str) -> None:
    with pytest.raises(ClubClosed) as caught:
        find_slot(Club(), f"2019-03-02T{time}/A")
    assert caught.value.hours == hours
    assert hours in str(caught.value)


def test_a_closed_day_says_so() -> None:
    with pytest.raises(ClubClosed, match="closed on Saturday 2019-03-02"):
        find_slot(Club(hours=(None,) * 7), "2019-03-02T14:00/A")


def test_a_slot_in_the_missing_hour_is_not_found() -> None:
    with pytest.raises(SlotNotFound, match="no slot starts at 01:00 on 2019-03-31"):
        find_slot(NIGHT, "2019-03-31T01:00/A")


def test_slots_at_a_time_off_the_grid_are_none() -> None:
    assert len(slots_at(Club(), DAY, dt.time(14))) == 4
    assert slots_at(Club(), DAY, dt.time(14, 30)) == ()
    assert slots_at(Club(), DAY, dt.time(14, 0, 1)) == ()


def test_parsing_does_not_look_the_court_up() -> None:
    assert parse_slot_id("2019-03-02T14:00/x") == (DAY, dt.time(14), "x")


def test_dates_and_times_are_read() -> None:
    assert read_date(" 2019-03-02 ") == DAY
    assert read_date("2019-3-2") == DAY
    assert read_time("9:05") == dt.time(9, 5)
    assert read_time("14:00:00") == dt.time(14)
    for zoned in ("15:00Z", "15:00:00Z", "15:00:00.512+02:00", "15:00:00.512000-0300"):
        assert read_time(zoned) == dt.time(15)


@pytest.mark.parametrize("text", ["", "tomorrow", "20190302", "02/03/2019", "2019-13-01", "2019"])
def test_what_is_no_date_is_asked_for_again(text: str) -> None:
    with pytest.raises(BadRequest, match="YYYY-MM-DD") as caught:
        read_date(text)
    assert (caught.value.field, caught.value.value) == ("date", text)


@pytest.mark.parametrize("text", ["", "2pm", "14", "24:00", "14:60", "14:00:30", "14.00"])
def test_what_is_no_time_is_asked_for_again(text: str) -> None:
    with pytest.raises(BadRequest, match=r"HH:MM|23:59") as caught:
        read_time(text)
    assert caught.value.field == "time"
