"""Users and bookings that a club starts with, from one JSON or TOML file.

``{"users": [{"id": "ana", "name": "Ana", "key": "…"}],
"bookings": [{"slot_id": "2019-03-02T14:00/A", "member": "bob"},
{"date": "2019-03-02", "time": "14:00", "court": "*"}]}``

Court ``*`` is all courts. A booking takes every slot that overlaps one slot's length from its
time, so 14:30 takes the slots of 14:00 and of 15:00. Without ``member`` the club itself holds it.
Seeded bookings may lie in the past or beyond the horizon.
"""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from batuta.errors import ConfigError
from batuta.tennis.bookings import Booking, BookingStore
from batuta.tennis.club import Club
from batuta.tennis.errors import SlotTaken, TennisError
from batuta.tennis.slots import Slot, find_slot, minutes_of, read_date, read_time, slots_on

THE_CLUB = "club"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may book.

    Args:
        api_key: What the user proves their name with; None where no door asks for one.
    """

    id: str
    name: str
    api_key: str | None = field(default=None, repr=False)


class _RawUser(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    id: str = Field(min_length=1)
    name: str | None = None
    key: str | None = Field(default=None, min_length=1)
    permissions: list[str] | None = None


class _RawBooking(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    slot_id: str | None = None
    date: str | None = None
    time: str | None = None
    court: str | None = None
    member: str = Field(default=THE_CLUB, min_length=1)


class _RawSeed(BaseModel):
    # The chained error would show users' keys otherwise.
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    users: list[_RawUser] = []
    bookings: list[_RawBooking] = []


@dataclass(frozen=True, slots=True)
class Seed:
    """What to start with.

    Args:
        bookings: Slot and member of each booking to make.
    """

    users: tuple[User, ...] = ()
    bookings: tuple[tuple[Slot, str], ...] = ()

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], club: Club) -> Seed:
        """Check the content of a seed file against a club; the module says its shape.

        Raises:
            ConfigError: An entry is wrong; it is named, as ``bookings[2]``.
        """
        try:
            given = _RawSeed.model_validate(_plain(raw))
        except ValidationError as error:
            first = error.errors()[0]
            raise _wrong(_place(first["loc"]), first["msg"].lower()) from error
        return cls(_users(given.users), _bookings(given.bookings, club))

    @classmethod
    def from_file(cls, path: Path | str, club: Club) -> Seed:
        """Read a ``.json`` or ``.toml`` file.

        Raises:
            ConfigError: The file cannot be read, or an entry is wrong.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
            raw: Any = tomllib.loads(text) if Path(path).suffix == ".toml" else json.loads(text)
        except (OSError, ValueError) as error:
            mend = "Point to a readable JSON or TOML file."
            raise ConfigError(f"Seed file {path}: {error}", mend) from error
        if not isinstance(raw, dict):
            raise _wrong(str(path), "it is no object with users and bookings")
        return cls.from_dict(raw, club)  # pyright: ignore[reportUnknownArgumentType]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What ``apply`` did.

    Args:
        booked: The bookings that are there now, whether made just now or by an earlier time.
        refused: Slots that somebody else holds, left alone.
    """

    users: tuple[User, ...]
    booked: tuple[Booking, ...]
    refused: tuple[SlotTaken, ...]


async def apply(seed: Seed, store: BookingStore, *, now: dt.datetime) -> Seeded:
    """Book what the seed says; a second time changes nothing.

    A seeded booking that was cancelled stays cancelled.

    Raises:
        StoreBusy: Some may be written; apply again.
    """
    booked: list[Booking] = []
    refused: list[SlotTaken] = []
    for slot, member in seed.bookings:
        try:
            booked.append(await store.book(slot, member, key=f"seed:{slot.slot_id}", now=now))
        except SlotTaken as error:
            refused.append(error)
    return Seeded(seed.users, tuple(booked), tuple(refused))


def _users(raw: list[_RawUser]) -> tuple[User, ...]:
    ids: set[str] = set()
    keys: set[str] = set()
    for index, user in enumerate(raw):
        if user.id in ids:
            raise _wrong(f"users[{index}].id", f"{user.id!r} appears twice")
        if user.key in keys:
            raise _wrong(f"users[{index}].key", "another user has the same key")
        ids.add(user.id)
        keys |= {user.key} if user.key else set()
    return tuple(User(user.id, user.name or user.id, user.key) for user in raw)


def _bookings(raw: list[_RawBooking], club: Club) -> tuple[tuple[Slot, str], ...]:
    made: dict[str, tuple[Slot, str, int]] = {}
    for index, entry in enumerate(raw):
        place = f"bookings[{index}]"
        for slot in _slots(entry, club, place):
            _, member, earlier = made.setdefault(slot.slot_id, (slot, entry.member, index))
            if member != entry.member:
                what = f"slot {slot.slot_id} is {member}'s already by bookings[{earlier}]"
                raise _wrong(place, what)
    return tuple((slot, member) for slot, member, _ in made.values())


def _slots(entry: _RawBooking, club: Club, place: str) -> tuple[Slot, ...]:
    parts = (entry.date, entry.time, entry.court)
    try:
        if entry.slot_id is not None and parts == (None, None, None):
            return (find_slot(club, entry.slot_id),)
        if entry.slot_id is not None or entry.date is None or entry.time is None:
            raise _wrong(place, "it needs either slot_id, or date, time and court")
        day, minute = read_date(entry.date), minutes_of(read_time(entry.time))
    except TennisError as error:
        raise _wrong(place, str(error)) from error
    court = entry.court if entry.court == "*" else club.court_named(entry.court or "")
    if court is None:
        known = ", ".join(club.courts)
        raise _wrong(f"{place}.court", f"there is no court {entry.court!r}, only {known} and *")
    found = tuple(
        slot
        for slot in slots_on(club, day)
        if abs(minutes_of(slot.time) - minute) < club.slot_minutes and court in ("*", slot.court)
    )
    if not found:
        raise _wrong(place, f"the club has no slot on {entry.date} at {entry.time}")
    return found


def _plain(raw: Any) -> Any:
    # TOML has dates and times of its own; everything after reads them as text.
    if isinstance(raw, Mapping):
        return {key: _plain(value) for key, value in raw.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(raw, list):
        return [_plain(value) for value in raw]  # pyright: ignore[reportUnknownVariableType]
    return raw.isoformat() if isinstance(raw, dt.date | dt.time) else raw


def _place(path: tuple[int | str, ...]) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).lstrip(".") or "top"


def _wrong(place: str, what: str) -> ConfigError:
    return ConfigError(f"Seed entry {place}: {what}", "Mend it in the seed file.")
