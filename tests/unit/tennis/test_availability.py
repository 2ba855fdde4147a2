from __future__ import annotations

import datetime as dt

import pytest

from batuta.tennis.availability import Availability, Reason, check
from batuta.tennis.club import ALL_WEEK, Club
from batuta.tennis.slots import slots_at, slots_on

DAY = dt.date(2019, 3, 2)
NOW = dt.datetime(2019, 3, 2, 9, 30, tzinfo=dt.UTC)
CLUB = Club(courts=("A", "B"))


def ids(of: Availability) -> list[str]:
    return [slot.slot_id[11:] for slot in of.nearest]


def at(hour: int, minute: int = 0) -> dt.time:
    return dt.time(hour, minute)


def test_what_is_open_at_a_time_is_given() -> None:
    found = check(CLUB, DAY, at(14), now=NOW, taken={"2019-03-02T14:00/A"})
    assert [slot.slot_id for slot in found.open] == ["2019-03-02T14:00/B"]
    assert (found.reason, found.explanation, found.nearest) == (None, "", ())


def test_without_a_time_the_rest_of_the_day_is_given() -> None:
    found = check(CLUB, DAY, now=NOW, taken=())
    assert found.open[0].slot_id == "2019-03-02T10:00/A"
    assert len(found.open) == 12 * 2


def test_the_nearest_are_by_distance_then_court() -> None:
    taken = {slot.slot_id for slot in slots_at(CLUB, DAY, at(14))} | {"2019-03-02T15:00/B"}
    found = check(CLUB, DAY, at(14), now=NOW, taken=taken)
    assert found.reason == "all_taken"
    assert ids(found) == ["13:00/A", "15:00/A", "13:00/B", "12:00/A"]


def test_courts_keep_the_order_they_are_configured_in() -> None:
    club = Club(courts=("Z", "A"))
    found = check(club, DAY, at(14, 30), now=NOW, taken=())
    assert ids(found) == ["14:00/Z", "15:00/Z", "14:00/A", "15:00/A"]


@pytest.mark.parametrize(
    ("time", "reason", "near"),
    [
        (at(14, 30), "off_grid", "14:00/A"),
        (at(6), "closed_hours", "10:00/A"),
        (at(22), "closed_hours", "21:00/A"),
        (at(23, 59), "closed_hours", "21:00/A"),
        (at(9), "past", "10:00/A"),
    ],
)
def test_why_nothing_is_open_then(time: dt.time, reason: Reason, near: str) -> None:
    found = check(CLUB, DAY, time, now=NOW, taken=())
    assert (found.open, found.reason, ids(found)[0]) == ((), reason, near)
    assert found.explanation.endswith(".")


@pytest.mark.parametrize("time", [None, at(14)])
def test_why_nothing_is_open_that_day(time: dt.time | None) -> None:
    all_taken = {slot.slot_id for slot in slots_on(CLUB, DAY)}
    saturday_off = Club(hours=(*ALL_WEEK[:5], None, ALL_WEEK[6]))
    short = Club(horizon_days=0)
    yesterday, tomorrow = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
    found = [
        check(CLUB, DAY, time, now=NOW, taken=all_taken),
        check(saturday_off, DAY, time, now=NOW, taken=()),
        check(CLUB, yesterday, time, now=NOW, taken=()),
        check(short, tomorrow, time, now=NOW, taken=()),
    ]
    assert [each.reason for each in found] == ["all_taken", "closed_day", "past", "too_far"]
    assert all(each.open == each.nearest == () for each in found)
    assert "Saturday 2019-03-02" in found[1].explanation
    assert "2019-03-02 09:30" in found[2].explanation
    assert "until 2019-03-02" in found[3].explanation


def test_a_day_that_is_over_but_for_taken_slots_is_past_only_when_all_began() -> None:
    late = dt.datetime(2019, 3, 2, 21, 0, tzinfo=dt.UTC)
    assert check(CLUB, DAY, now=late, taken=()).reason == "past"
    before = late - dt.timedelta(minutes=1)
    last = {slot.slot_id for slot in slots_at(CLUB, DAY, at(21))}
    assert check(CLUB, DAY, now=before, taken=last).reason == "all_taken"


def test_today_is_the_clubs_today() -> None:
    club = Club(time_zone="Pacific/Auckland", horizon_days=0)
    now = dt.datetime(2019, 3, 1, 20, 30, tzinfo=dt.UTC)  # 09:30 on the 2nd in Auckland
    assert check(club, DAY, at(9), now=now, taken=()).reason == "past"
    assert check(club, DAY, at(10), now=now, taken=()).open
    assert check(club, dt.date(2019, 3, 1), now=now, taken=()).reason == "past"


def test_json_tells_reason_and_nearest_only_when_nothing_is_open() -> None:
    found = check(CLUB, DAY, at(14), now=NOW, taken=()).to_json()
    assert (found["date"], found["time"], set(found)) == (
        "2019-03-02",
        "14:00",
        {"date", "time", "open"},
    )
    none = check(CLUB, DAY, at(6), now=NOW, taken=()).to_json()
    assert (none["open"], none["reason"], len(none["nearest"])) == ([], "closed_hours", 4)
    assert none["explanation"] == "2019-03-02 06:00 is outside the opening hours, 07:00-22:00."
