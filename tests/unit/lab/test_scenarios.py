"""Scenarios: read strictly, dated, checked before anything is measured."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from batuta.app import App
from batuta.errors import ConfigError
from batuta.lab.days import dated
from batuta.lab.scenario_checks import check_scenarios
from batuta.lab.scenario_file import read_scenarios, scenarios_from
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club

WEDNESDAY = dt.date(2031, 3, 5)
PLAIN = """
scenarios:
- name: three
  turns: ["Book a court tomorrow at 3pm"]
"""
BOB = '  before: [{use: book, by: bob, with: {slot_id: "{tomorrow}T15:00/A"}}]\n'
GOLD = '  gold: [{use: book, with: {slot_id: "{tomorrow}T15:00/A"}}]\n'


@pytest.fixture
def club(tmp_path: Path) -> App:
    return tennis_app(TennisClub(Club(), SqliteBookings(tmp_path / "tennis.db")))


async def checked(text: str, club: App) -> list[str]:
    return list(await check_scenarios(scenarios_from(text, "mine.yaml"), club, Settings()))


def test_every_field_of_a_file_is_read() -> None:
    text = """
now: "2031-03-05T09:00"
limits: {turns: 3, usd: "0.5"}
scenarios:
- name: three
  kind: plain
  turns:
  - [one, two]
  - {say: three, by: bob, asked: which}
  answers: [{asked: court, say: the first one, times: 2}]
  before: [{use: book, by: bob, with: {slot_id: x}}]
  holds: "* ana"
  never: ["* bob"]
  gold: []
- name: four
  turns: [four]
  holds: []
  limits: {turns: 9}
"""
    three, four = scenarios_from(text)
    assert three.sayings == ("one", "three")
    assert [getattr(turn, "by", "") for turn in three.turns] == ["", "bob"]
    assert (three.answers[0].times, three.before[0].arguments) == (2, {"slot_id": "x"})
    assert (three.holds, three.never, three.gold, three.now) == (
        ("* ana",),
        ("* bob",),
        (),
        "2031-03-05T09:00",
    )
    assert (three.limits.turns, str(three.limits.usd), four.limits.turns) == (3, "0.5", 9)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [", "mine.yaml:1 is no YAML"),
        ("", "mine.yaml:1: the file: input should be"),
        (PLAIN, "mine.yaml:3: scenarios.0.holds: field required"),
        (f"{PLAIN}  hold: x\n", "mine.yaml:5: unknown field 'hold'. Did you mean holds?"),
        (f"{PLAIN}  holds: []\n  kind: a\n  kind: b\n", "mine.yaml:7: 'kind' stands there twice"),
        (
            f"{PLAIN}  holds: []\n- name: three\n  turns: [a]\n  holds: []\n",
            "mine.yaml:6: 'three' a",
        ),
        (
            f"{PLAIN}  holds: []\n  answers: [{{asked: a, sey: b}}]\n",
            "mine.yaml:6: unknown field 'sey'. Did you mean say?",
        ),
    ],
)
def test_what_is_wrong_in_a_file_is_named_by_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        scenarios_from(text, "mine.yaml")
    assert told in f"{caught.value}"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{today} {tomorrow} {yesterday}", "2031-03-05 2031-03-06 2031-03-04"),
        ("{wednesday} {saturday} {tuesday}", "2031-03-12 2031-03-08 2031-03-11"),
        ("{+30:said} {-1}", "4 April 2031-03-04"),
    ],
)
def test_days_are_counted_from_the_clock(text: str, written: str) -> None:
    assert dated(text, WEDNESDAY) == written


def test_a_day_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigError, match=r"Did you mean \{saturday\}"):
        dated("{saturdy}", WEDNESDAY)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (f'{BOB}  holds: "{{tomorrow}}T15:00/A bob"\n', "three has a goal that holds at the start"),
        (f'{BOB}{GOLD}  holds: "* ana"\n', "three cannot succeed: gold[0]"),
        (
            f'{GOLD}  holds: "* bob"\n',
            "three cannot succeed by its gold: not wanted: ",
        ),
        ('  holds: "x ana"\n  never: "* ana"\n', "three cannot succeed: never forbids x ana"),
        ("  holds: []\n  limits: {turns: 0}\n", "limits.turns"),
        ("  holds: []\n  before: [{use: boook}]\n", "before[0] uses boook, no tool of App tennis"),
        ("  holds: []\n  answers: [{asked: '(', say: a}]\n", "'(' is no pattern"),
        (f'{BOB}  holds: []\n  never: "* bob"\n', "begins with what must never be"),
    ],
)
async def test_a_scenario_that_measures_nothing_is_named(more: str, told: str, club: App) -> None:
    with pytest.raises(ConfigError) as caught:
        await checked(PLAIN + more, club)
    assert told in f"{caught.value}"


async def test_what_nothing_proves_is_told(club: App) -> None:
    assert await checked(f'{PLAIN}  holds: "* ana"\n', club) == [
        "three: nothing proves that it can succeed; add gold"
    ]
    assert await checked(f'{PLAIN}{GOLD}  holds: "* ana"\n', club) == []


async def test_the_clubs_sixty_can_fail_and_can_succeed(club: App) -> None:
    found = read_scenarios("tennis")
    assert len(found) == 60
    assert len({each.kind for each in found}) == 9
    assert await check_scenarios(found, club, Settings()) == []


async def test_an_app_that_tells_nothing_of_its_data_cannot_be_judged_by_them(club: App) -> None:
    from dataclasses import replace

    with pytest.raises(ConfigError, match="App tennis does not tell what it holds"):
        await checked(f'{PLAIN}  holds: "* ana"\n', replace(club, state=None, store_view=None))
    with pytest.raises(ConfigError, match="cannot be made anew"):
        await checked(f'{PLAIN}  holds: "* ana"\n', replace(club, fresh=None))
