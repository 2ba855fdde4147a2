from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ConfigError
from batuta.tennis.club import ALL_WEEK, Club, Hours

NOW = dt.datetime(2019, 7, 1, 23, 30, tzinfo=dt.UTC)


def test_a_club_needs_no_settings() -> None:
    club = Club()
    assert club.courts == ("A", "B", "C", "D")
    assert str(club.hours_on(dt.date(2019, 3, 2))) == "07:00-22:00"
    assert (club.time_zone, club.slot_minutes, club.horizon_days) == ("Europe/London", 60, 365)
    assert club.max_upcoming is None
    assert Club.from_dict({}) == club


def test_settings_are_read_from_toml(tmp_path: Path) -> None:
    file = tmp_path / "club.toml"
    file.write_text(
        """
        name = "Riverside"
        courts = ["Centre", "1"]
        time_zone = "America/New_York"
        slot_minutes = 30
        horizon_days = 14
        max_upcoming = 2
        [hours]
        default = "08:00-24:00"
        saturday = "09:30 - 12:00"
        sunday = "Closed"
        """,
        encoding="utf-8",
    )
    club = Club.from_toml(file)
    assert club == Club(
        name="Riverside",
        courts=("Centre", "1"),
        time_zone="America/New_York",
        slot_minutes=30,
        horizon_days=14,
        max_upcoming=2,
        hours=(*(Hours(480, 1440),) * 5, Hours(570, 720), None),
    )


def test_settings_may_stand_in_a_table_of_a_larger_file(tmp_path: Path) -> None:
    file = tmp_path / "app.toml"
    file.write_text('model = "x"\n[club]\nname = "Riverside"\n', encoding="utf-8")
    assert Club.from_toml(file) == Club(name="Riverside")


def test_hours_of_a_day_that_is_not_named_are_the_usual_ones() -> None:
    club = Club.from_dict({"hours": {"sunday": "closed"}})
    assert club.hours == (*ALL_WEEK[:6], None)


@pytest.mark.parametrize("unlimited", [-1, None])
def test_the_horizon_can_be_lifted(unlimited: int | None) -> None:
    club = Club.from_dict({"horizon_days": unlimited})
    assert club.horizon_days is None
    assert club.last_day(NOW) is None


def test_the_horizon_counts_from_the_clubs_own_today() -> None:
    assert Club(horizon_days=1).last_day(NOW) == dt.date(2019, 7, 3)
    assert Club(horizon_days=10**9).last_day(NOW) == dt.date.max


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"name": " "}, "name"),
        ({"courts": []}, "courts"),
        ({"courts": ["A", "a"]}, "courts"),
        ({"courts": ["A/B"]}, "courts"),
        ({"courts": ["*"]}, "courts"),
        ({"courts": [" A"]}, "courts"),
        ({"courts": [""]}, "courts"),
        ({"courts": "AB"}, "courts"),
        ({"courts": ["A", 2]}, r"courts\.1"),
        ({"hours": {"default": "22:00-07:00"}}, r"hours\.default"),
        ({"hours": {"monday": "07:00-07:00"}}, r"hours\.monday"),
        ({"hours": {"monday": "07:00-24:30"}}, r"hours\.monday"),
        ({"hours": {"monday": "7-22"}}, r"hours\.monday"),
        ({"hours": {"mon": "07:00-22:00"}}, r"hours\.mon"),
        ({"slot_minutes": 45, "hours": {"sunday": "07:00-08:00"}}, "slot_minutes.*hours.sunday"),
        ({"slot_minutes": 0}, "slot_minutes"),
        ({"slot_minutes": 7}, "slot_minutes"),
        ({"slot_minutes": 1445}, "slot_minutes"),
        ({"slot_minutes": "60"}, "slot_minutes"),
        ({"slot_minutes": True}, "slot_minutes"),
        ({"time_zone": "Europe/Atlantis"}, "time_zone"),
        ({"time_zone": "../etc/passwd"}, "time_zone"),
        ({"time_zone": "Europe"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"horizon_days": -2}, "horizon_days"),
        ({"max_upcoming": 0}, "max_upcoming"),
        ({"cuorts": ["A"]}, "cuorts"),
    ],
)
def test_a_wrong_setting_is_named(raw: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError, match=f"Club setting {field}"):
        Club.from_dict(raw)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ConfigError, match="hours"):
        Club(hours=ALL_WEEK[:6])


@pytest.mark.parametrize("text", [None, "name = ", "\x00"])
def test_an_unreadable_file_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "club.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"club\.toml"):
        Club.from_toml(file)


@pytest.mark.parametrize("text", ["Centre", " centre ", "Court Centre", "court CENTRE"])
def test_a_court_is_found_however_it_is_written(text: str) -> None:
    assert Club(courts=("Centre", "1")).court_named(text) == "Centre"
    assert Club(courts=("A",)).court_named(text) is None


def test_local_time_wants_an_instant() -> None:
    assert Club().local(NOW).isoformat() == "2019-07-02T00:30:00+01:00"
    with pytest.raises(ValueError, match="time zone"):
        Club().local(NOW.replace(tzinfo=None))
