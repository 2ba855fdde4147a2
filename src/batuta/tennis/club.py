"""The club: its courts, opening hours and rules of booking."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, ValidationError

from batuta.errors import ConfigError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\s*-\s*([01][0-9]|2[0-4]):([0-5][0-9])")
_COURT = re.compile(r"[^\s/*\x00-\x1f](?:[^/*\x00-\x1f]{0,38}[^\s/*\x00-\x1f])?")
_DAY_MINUTES = 24 * 60
_STEP_MINUTES = 5


def _wrong(field: str, what: str, mend: str) -> ConfigError:
    return ConfigError(f"Club setting {field}: {what}", mend)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of one day, in minutes after local midnight; 1440 closes at midnight."""

    opens_min: int
    closes_min: int

    @classmethod
    def parse(cls, text: str, field: str = "hours") -> Hours:
        """Read ``07:00-22:00``; ``24:00`` closes at midnight.

        Raises:
            ConfigError: Not such a text, or closing is not after opening.
        """
        found = _HOURS.fullmatch(text.strip())
        if found is None:
            raise _wrong(
                field, f"{text!r} is not opening hours", 'Write "07:00-22:00" or "closed".'
            )
        opens, opens_m, closes, closes_m = (int(part) for part in found.groups())
        hours = cls(opens * 60 + opens_m, closes * 60 + closes_m)
        if not hours.opens_min < hours.closes_min <= _DAY_MINUTES:
            raise _wrong(field, f"{text!r} closes before it opens", "Open earlier than you close.")
        return hours

    def __str__(self) -> str:
        """Write as ``parse`` reads it."""
        (opens, opens_m), (closes, closes_m) = (
            divmod(self.opens_min, 60),
            divmod(self.closes_min, 60),
        )
        return f"{opens:02}:{opens_m:02}-{closes:02}:{closes_m:02}"


ALL_WEEK: tuple[Hours | None, ...] = (Hours(7 * 60, 22 * 60),) * 7


class _RawClub(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str | None = None
    courts: list[str] | None = None
    hours: dict[str, str] | None = None
    time_zone: str | None = None
    locale: str | None = None
    slot_minutes: int | None = None
    horizon_days: int | None = None
    max_upcoming: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Club:
    """A tennis club, checked when made.

    Args:
        hours: Seven opening hours, Monday first; None on a day when the club is closed.
        locale: Language and country, by which dates in numbers and holidays are read.
        slot_minutes: Length of a slot; a multiple of 5 that divides each day's opening hours.
        horizon_days: How many days ahead of today one can book; None is without limit.
        max_upcoming: How many bookings ahead a member may hold; None is without limit.

    Raises:
        ConfigError: A setting is wrong; it is named.
    """

    name: str = "Tennis Club"
    courts: tuple[str, ...] = ("A", "B", "C", "D")
    hours: tuple[Hours | None, ...] = ALL_WEEK
    time_zone: str = "Europe/London"
    locale: str = "en-GB"
    slot_minutes: int = 60
    horizon_days: int | None = 365
    max_upcoming: int | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise _wrong("name", "it is empty", "Give the club a name.")
        _check_courts(self.courts)
        _check_hours(self.hours, self.slot_minutes)
        _check_zone(self.time_zone)
        if not re.fullmatch(r"[a-z]{2,3}-[A-Z]{2}", self.locale):
            raise _wrong("locale", f"{self.locale!r} is none", 'Give it such as "en-GB".')
        if self.horizon_days is not None and self.horizon_days < 0:
            what = f"{self.horizon_days} is below 0"
            raise _wrong("horizon_days", what, "Give 0 or more days.")
        if self.max_upcoming is not None and self.max_upcoming < 1:
            raise _wrong("max_upcoming", f"{self.max_upcoming} is below 1", "Give 1 or more.")

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Club:
        """Make a club from settings as TOML or JSON gives them.

        Args:
            raw: Any of the fields. ``hours`` maps weekdays in English, and ``default`` for the
                others, to ``"07:00-22:00"`` or ``"closed"``. ``horizon_days = -1`` is no limit
                (TOML has no null).

        Raises:
            ConfigError: A setting is unknown or wrong; it is named.
        """
        try:
            given = _RawClub.model_validate(dict(raw))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            known = ", ".join(_RawClub.model_fields)
            raise _wrong(field, first["msg"].lower(), f"Settings are {known}.") from error
        made = {name: getattr(given, name) for name in given.model_fields_set}
        plain = {name: value for name, value in made.items() if value is not None}
        if "courts" in plain:
            plain["courts"] = tuple(plain["courts"])
        if "hours" in plain:
            plain["hours"] = _read_week(plain["hours"])
        if made.get("horizon_days", 0) in (None, -1):
            plain["horizon_days"] = None
        return cls(**plain)

    @classmethod
    def from_toml(cls, path: Path | str) -> Club:
        """Read a TOML file: the settings at its top, or in a table ``[club]``.

        Raises:
            ConfigError: The file cannot be read, or a setting is wrong.
        """
        try:
            raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            mend = "Point to a readable TOML file."
            raise ConfigError(f"Club file {path}: {error}", mend) from error
        return cls.from_dict(raw.get("club", raw))

    @property
    def zone(self) -> ZoneInfo:
        """The club's time zone."""
        return ZoneInfo(self.time_zone)

    def hours_on(self, day: dt.date) -> Hours | None:
        """Give the opening hours of a day; None when the club is closed."""
        return self.hours[day.weekday()]

    def local(self, now: dt.datetime) -> dt.datetime:
        """Turn an instant into the club's local time.

        Raises:
            ValueError: ``now`` has no time zone.
        """
        if now.tzinfo is None:
            msg = f"now must have a time zone, got {now!r}"
            raise ValueError(msg)
        return now.astimezone(self.zone)

    def last_day(self, now: dt.datetime) -> dt.date | None:
        """Give the last day that can be booked; None when there is no limit."""
        if self.horizon_days is None:
            return None
        today = self.local(now).date()
        return today + dt.timedelta(days=min(self.horizon_days, (dt.date.max - today).days))

    def court_named(self, text: str) -> str | None:
        """Find a court by its name, in any case, with or without ``court`` before it."""
        wanted = text.strip().casefold()
        by_name = {court.casefold(): court for court in self.courts}
        return by_name.get(wanted) or by_name.get(wanted.removeprefix("court").strip())


def _check_courts(courts: tuple[str, ...]) -> None:
    if not courts:
        raise _wrong("courts", "there is none", "Name at least one court.")
    seen: set[str] = set()
    for court in courts:
        if _COURT.fullmatch(court) is None:
            mend = 'Use 1 to 40 characters without "/" and "*".'
            raise _wrong("courts", f"{court!r} is no court name", mend)
        if court.casefold() in seen:
            raise _wrong("courts", f"{court!r} appears twice", "Name each court differently.")
        seen.add(court.casefold())


def _check_hours(hours: tuple[Hours | None, ...], slot_minutes: int) -> None:
    if len(hours) != len(WEEKDAYS):
        raise _wrong("hours", f"{len(hours)} days", "Give seven, Monday first.")
    if not _STEP_MINUTES <= slot_minutes <= _DAY_MINUTES or slot_minutes % _STEP_MINUTES:
        raise _wrong(
            "slot_minutes", f"{slot_minutes} is no slot length", "Give a multiple of 5, up to 1440."
        )
    for name, day in zip(WEEKDAYS, hours, strict=True):
        if day is None:
            continue
        Hours.parse(str(day), f"hours.{name}")
        if (day.closes_min - day.opens_min) % slot_minutes:
            what = f"{slot_minutes} minutes do not divide hours.{name} ({day})"
            raise _wrong("slot_minutes", what, "Change the slot length or those hours.")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        mend = 'Use a name of the IANA list, such as "Europe/London".'
        raise _wrong("time_zone", f"{name!r} is unknown", mend) from error


def _read_week(raw: Mapping[str, str]) -> tuple[Hours | None, ...]:
    for name in raw:
        if name not in (*WEEKDAYS, "default"):
            mend = f"Use default or {', '.join(WEEKDAYS)}."
            raise _wrong(f"hours.{name}", "no such day", mend)
    week = list(ALL_WEEK)
    for index, name in enumerate(WEEKDAYS):
        field = name if name in raw else "default"
        if field in raw:
            text = raw[field].strip().lower()
            week[index] = None if text == "closed" else Hours.parse(text, f"hours.{field}")
    return tuple(week)
