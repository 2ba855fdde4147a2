from __future__ import annotations

import datetime as dt
import json
import traceback
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ConfigError
from batuta.tennis import seeding
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.seeding import Seed, User
from batuta.tennis.slots import find_slot

CLUB = Club(courts=("A", "B"))
NOW = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
RAW: dict[str, Any] = {
    "users": [{"id": "ana", "name": "Ana", "key": "s3cret"}, {"id": "bob"}],
    "bookings": [
        {"slot_id": "2019-03-02T09:00/A"},
        {"date": "2019-03-02", "time": "14:00", "court": "*", "member": "bob"},
        {"date": "2019-03-02", "time": "16:30", "court": "B", "member": "ana"},
    ],
}
SLOTS = {
    "2019-03-02T09:00/A": "club",
    "2019-03-02T14:00/A": "bob",
    "2019-03-02T14:00/B": "bob",
    "2019-03-02T16:00/B": "ana",
    "2019-03-02T17:00/B": "ana",
}


def held(seed: Seed) -> dict[str, str]:
    return {slot.slot_id: member for slot, member in seed.bookings}


def test_a_seed_names_users_and_every_slot_it_takes() -> None:
    seed = Seed.from_dict(RAW, CLUB)
    assert seed.users == (User("ana", "Ana", "s3cret"), User("bob", "bob"))
    assert held(seed) == SLOTS
    assert "s3cret" not in repr(seed)


async def test_a_second_time_changes_nothing() -> None:
    seed = Seed.from_dict(RAW, CLUB)
    async with SqliteBookings(":memory:") as store:
        first = await seeding.apply(seed, store, now=NOW)
        second = await seeding.apply(seed, store, now=NOW + dt.timedelta(days=1))
        assert first == second
        assert {each.slot_id: each.member_id for each in await store.bookings()} == SLOTS
        assert len(first.booked) == len(SLOTS)
        assert (first.users, first.refused) == (seed.users, ())


async def test_a_slot_that_somebody_holds_is_left_alone_and_told() -> None:
    seed = Seed.from_dict(RAW, CLUB)
    taken = find_slot(CLUB, "2019-03-02T14:00/B")
    async with SqliteBookings(":memory:") as store:
        await store.book(taken, "zoe", key="k", now=NOW)
        done = await seeding.apply(seed, store, now=NOW)
        assert [error.slot_id for error in done.refused] == [taken.slot_id]
        assert len(done.booked) == len(SLOTS) - 1
        assert [each.member_id for each in await store.bookings(member_id="zoe")] == ["zoe"]


def test_one_member_may_name_a_slot_twice() -> None:
    twice = {"bookings": [{"slot_id": "2019-03-02T09:00/A"}, {"slot_id": "2019-03-02T09:00/a"}]}
    assert held(Seed.from_dict(twice, CLUB)) == {"2019-03-02T09:00/A": "club"}


def test_files_are_read_in_both_forms(tmp_path: Path) -> None:
    as_json, as_toml = tmp_path / "seed.json", tmp_path / "seed.toml"
    as_json.write_text(json.dumps(RAW), encoding="utf-8")
    as_toml.write_text(
        """
        [[users]]
        id = "ana"
        name = "Ana"
        key = "s3cret"
        [[users]]
        id = "bob"
        [[bookings]]
        slot_id = "2019-03-02T09:00/A"
        [[bookings]]
        date = 2019-03-02
        time = 14:00:00
        court = "*"
        member = "bob"
        [[bookings]]
        date = "2019-03-02"
        time = "16:30"
        court = "Court B"
        member = "ana"
        """,
        encoding="utf-8",
    )
    assert Seed.from_file(as_json, CLUB) == Seed.from_file(as_toml, CLUB)
    assert Seed.from_file(as_json, CLUB) == Seed.from_dict(RAW, CLUB)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"users": [{"id": "ana"}, {"id": "ana"}]}, r"users\[1\]\.id"),
        ({"users": [{"id": "a", "key": "k"}, {"id": "b", "key": "k"}]}, r"users\[1\]\.key"),
        ({"users": [{"name": "Ana"}]}, r"users\[0\]\.id"),
        ({"users": [{"id": 7}]}, r"users\[0\]\.id"),
        ({"users": {"id": "ana"}}, "users"),
        ({"bookings": [{"member": "ana"}]}, r"bookings\[0\]"),
        ({"bookings": [{"slot_id": "x"}]}, r"bookings\[0\]"),
        ({"bookings": [{"slot_id": "2019-03-02T09:00/A", "court": "A"}]}, r"bookings\[0\]"),
        ({"bookings": [{"date": "2019-03-02", "time": "14:00"}]}, r"bookings\[0\]\.court"),
        (
            {"bookings": [{"date": "2019-03-02", "time": "2pm", "court": "A"}]},
            r"bookings\[0\].*2pm",
        ),
        ({"bookings": [{"date": "soon", "time": "14:00", "court": "A"}]}, r"bookings\[0\].*soon"),
        ({"bookings": [{"date": "2019-03-02", "time": "06:00", "court": "A"}]}, r"bookings\[0\]"),
        ({"bookings": [{"date": "2019-03-02", "time": "14:00", "court": "Q"}]}, r"\.court.*'Q'"),
        ({"bookings": [{"slot_id": "2019-03-02T09:00/A", "who": "ana"}]}, r"bookings\[0\]\.who"),
        ({"booking": []}, "booking"),
    ],
)
def test_a_wrong_entry_is_named(raw: dict[str, Any], place: str) -> None:
    with pytest.raises(ConfigError, match=f"Seed entry .*{place}"):
        Seed.from_dict(raw, CLUB)


def test_two_members_cannot_be_given_one_slot() -> None:
    clash = {"bookings": [*RAW["bookings"], {"slot_id": "2019-03-02T14:00/A", "member": "ana"}]}
    with pytest.raises(ConfigError, match=r"bookings\[3\].*bob.*bookings\[1\]"):
        Seed.from_dict(clash, CLUB)


def test_an_error_shows_no_key() -> None:
    wrong = {"users": [{"id": 7, "key": "s3cret"}, {"id": "a", "key": ["s3cret"]}]}
    with pytest.raises(ConfigError) as caught:
        Seed.from_dict(wrong, CLUB)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_an_unreadable_file_is_named(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "seed.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"seed\.json"):
        Seed.from_file(file, CLUB)
