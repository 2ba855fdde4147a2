"""Clues to the day that a text means, as they are found."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

HOME = "US"
"""Country where none is said."""
_MONTH_FIRST = frozenset("US AS BI GU MH MP PH PR UM VI".split())
"""Source: Unicode CLDR 46, short date patterns of English locales."""


@dataclass
class Days:
    """Clues to the day that a text means.

    Args:
        full: Whole dates, however they were said.
        month_days: Month and day without a year.
        monthly: Days of a month whose month is open.
        weekdays: Weekday and its modifier: "", this, next, last, second (the one after next).
        week: Weeks from this one, where "next week" or the like was said.
        ahead: Weeks from today, where "in two weeks" or the like was said.
        month: Months from this one, likewise.
        year: Years from this one, likewise.
        unknown: A day is named that nobody here knows.
        region: Country of the App, as ISO 3166 has it: which number comes first, which feasts.
    """

    now: datetime
    full: list[date] = field(default_factory=list[date])
    month_days: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    monthly: list[int] = field(default_factory=list[int])
    weekdays: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    week: int | None = None
    ahead: int | None = None
    month: int | None = None
    moment: datetime | None = None
    past: bool = False
    impossible: bool = False
    recurring: bool = False
    vague: bool = False
    year: int | None = None
    unknown: bool = False
    region: str = HOME

    @property
    def today(self) -> date:
        """The day of ``now``."""
        return self.now.date()

    @property
    def month_first(self) -> bool:
        """Whether 3/7 is a day of March there, not of July."""
        return self.region in _MONTH_FIRST

    def add(self, year: int, month: int, day: int) -> None:
        """Add a whole date; a day that does not exist marks the text as impossible."""
        try:
            self.full.append(date(year + 2000 if year < 100 else year, month, day))
        except ValueError:
            self.impossible = True

    def month_day(self, month: int, day: int, year: str | None = None) -> None:
        """Add a day of a named month."""
        if year:
            self.add(int(year), month, day)
        elif 1 <= day <= monthrange(2024, month)[1]:
            self.month_days.append((month, day))
        else:
            self.impossible = True


def shifted(day: date, number: int, unit: str) -> date:
    """Move a date by so many days, weeks, months or years."""
    if unit.startswith("day"):
        return day + timedelta(days=number)
    if unit.startswith("week"):
        return day + timedelta(weeks=number)
    months = day.year * 12 + day.month - 1 + number * (12 if unit.startswith("year") else 1)
    year, month = divmod(months, 12)
    year = min(max(year, 1), 9998)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
