"""Settling clues to a day into one date, or into the reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from batuta.offline.when_days import Days, shifted

DayProblem = Literal["past", "impossible", "recurring", "conflict", "several", "vague", "unknown"]
_JUST_GONE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class FoundDay:
    """One date, or why it cannot be acted upon; ``sure`` is False where the year was guessed."""

    day: date | None = None
    problem: DayProblem | None = None
    sure: bool = True


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _month_day(days: Days, month: int, day: int) -> FoundDay:
    """Take the next such day; a weekday beside it may move the year by one, or tell it is gone."""
    today = days.today
    years = [_valid(today.year + n, month, day) for n in range(-1, 9)]
    known = [d for d in years if d is not None]
    ahead = next(d for d in known if d >= today)
    if not days.weekdays:
        return FoundDay(ahead, sure=ahead.year == today.year or (ahead - today).days < 200)
    wanted = days.weekdays[0][0]
    if ahead.weekday() == wanted:
        return FoundDay(ahead)
    if any(today - _JUST_GONE <= d < today and d.weekday() == wanted for d in known):
        gone = max(d for d in known if d < today)
        return FoundDay(gone, "past")
    following = next(d for d in known if d > ahead)
    if following.weekday() == wanted and following.year == ahead.year + 1:
        return FoundDay(following, sure=False)
    return FoundDay(ahead, "conflict")


def _monthly(days: Days, number: int) -> FoundDay:
    today = days.today
    if days.month is not None:
        first = shifted(today.replace(day=1), days.month, "month")
        found = _valid(first.year, first.month, number)
        if found is None:
            return FoundDay(None, "impossible")
        return FoundDay(found, "past" if found < today else None)
    weekday = days.weekdays[0][0] if days.weekdays else None
    for ahead in range(24):
        first = shifted(today.replace(day=1), ahead, "month")
        found = _valid(first.year, first.month, number)
        if found and found >= today and weekday in (None, found.weekday()):
            far = ahead > 1 and any(how for _, how in days.weekdays)
            return FoundDay(found, "conflict" if far else None, sure=ahead < 3)
    return FoundDay(None, "conflict")


def _weekday(days: Days, number: int, modifier: str) -> FoundDay:
    today = days.today
    monday = today - timedelta(days=today.weekday())
    weeks = days.week if days.week is not None else days.ahead
    if weeks is not None:
        return FoundDay(monday + timedelta(days=7 * weeks + number))
    if modifier == "next":
        return FoundDay(monday + timedelta(days=7 + number))
    if modifier == "last":
        back = (today.weekday() - number - 1) % 7 + 1
        return FoundDay(today - timedelta(days=back), "past")
    ahead = (number - today.weekday() - 1) % 7 + 1
    if modifier == "this":
        ahead %= 7
    return FoundDay(today + timedelta(days=ahead + (7 if modifier == "second" else 0)))


def _candidates(days: Days) -> list[FoundDay]:
    found = [FoundDay(d) for d in days.full]
    found += [_month_day(days, month, day) for month, day in days.month_days]
    found += [_monthly(days, number) for number in days.monthly]
    if days.ahead is not None and not (days.weekdays or found):
        found.append(FoundDay(days.today + timedelta(weeks=days.ahead)))
    if not found:
        found = [_weekday(days, number, modifier) for number, modifier in days.weekdays]
    return found


def _in_year(found: FoundDay, days: Days) -> FoundDay:
    """Move a day that was found without its year into the year that was said."""
    if found.day is None or days.full or days.year is None:
        return found
    moved = _valid(days.today.year + days.year, found.day.month, found.day.day)
    return FoundDay(moved, None if moved else "impossible")


def _against_weekday(days: Days, day: date) -> bool:
    """Say whether a weekday was named beside the date that the date does not fall on."""
    return any(day.weekday() != number for number, _ in days.weekdays)


def settle_day(days: Days) -> FoundDay:
    """Settle the clues of one text."""
    if days.recurring:
        return FoundDay(None, "recurring")
    found = _candidates(days)
    if days.moment is not None:
        found.append(FoundDay(days.moment.date()))
    if days.impossible:
        return FoundDay(None, "impossible")
    if days.unknown:
        return FoundDay(None, "unknown")
    if days.year is not None and found:
        found = [_in_year(f, days) for f in found]
    if not found:
        return _unspecific(days)
    if days.vague:
        return FoundDay(found[0].day, "vague")
    first = next((f for f in found if f.problem), found[0])
    if len({f.day for f in found}) > 1:
        mixed = bool(days.full) and bool(days.month_days or days.monthly)
        return FoundDay(found[0].day, "conflict" if mixed or len(days.full) > 1 else "several")
    return _checked(days, first)


def _checked(days: Days, found: FoundDay) -> FoundDay:
    if found.problem or found.day is None:
        return found
    if found.day < days.today or days.past:
        return FoundDay(found.day, "past")
    if (days.full or days.month_days or days.monthly) and _against_weekday(days, found.day):
        return FoundDay(found.day, "conflict")
    if len(days.weekdays) > 1 and not _against_weekday(days, found.day):
        return found
    return found


def _unspecific(days: Days) -> FoundDay:
    if days.past:
        return FoundDay(None, "past")
    if days.week in (1, 2) or days.month == 1 or days.vague or days.year:
        return FoundDay(None, "vague")
    return FoundDay()
