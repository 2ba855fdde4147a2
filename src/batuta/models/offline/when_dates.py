"""Finding what a text says of the day: explicit dates, weekdays, days of the month, offsets."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from batuta.models.offline.when_feasts import FEASTS, feast
from batuta.models.offline.when_words import DAY, MONTH, PICKED, month_number, rx, weekday_number


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

    @property
    def today(self) -> date:
        """The day of ``now``."""
        return self.now.date()

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


Handler = Callable[[re.Match[str], Days], None]


def _ymd(m: re.Match[str], days: Days) -> None:
    days.add(int(m[1]), int(m[2]), int(m[3]))


def _ydm_names(m: re.Match[str], days: Days) -> None:
    month, day = (m[2], m[3]) if m[2] else (m[5], m[4])
    days.month_day(month_number(month), int(day), m[1])


def _numeric(m: re.Match[str], days: Days) -> None:
    """Read 3/7/27 month first unless only day first exists or dots part the numbers."""
    first, second = int(m[1]), int(m[3])
    month, day = (second, first) if first > 12 else (first, second)
    days.add(int(m[4]), month, day)


def _slash(m: re.Match[str], days: Days) -> None:
    first, second = int(m[1]), int(m[2])
    month, day = (second, first) if first > 12 else (first, second)
    if 1 <= month <= 12:
        days.month_day(month, day)
    else:
        days.impossible = True


def _day_month(m: re.Match[str], days: Days) -> None:
    days.month_day(month_number(m[2]), int(m[1]), m[3] or m[4])


def _month_day(m: re.Match[str], days: Days) -> None:
    days.month_day(month_number(m[1]), int(m[2]), m[3] or m[4])


def _nth_weekday(m: re.Match[str], days: Days) -> None:
    last = m[1] == "last"
    number, weekday = (0 if last else int(m[1])), (weekday_number(m[2]) if m[2] != "day" else None)
    year, month = days.today.year, days.today.month
    if m[3].startswith(("next", "this", "the")):
        start = shifted(days.today.replace(day=1), int("next" in m[3]), "month")
        year, month = start.year, start.month
    else:
        month = month_number(m[3])
        year = int(m[4]) if m[4] else year + (month < days.today.month)
    found = [
        date(year, month, d)
        for d in range(1, monthrange(year, month)[1] + 1)
        if weekday is None or date(year, month, d).weekday() == weekday
    ]
    if number > len(found):
        days.impossible = True
        return
    days.full.append(found[number - 1])


def _moment(m: re.Match[str], days: Days) -> None:
    days.moment = days.now + timedelta(minutes=int(m[1]) * (60 if m[2][0] == "h" else 1))


def _from_now(m: re.Match[str], days: Days) -> None:
    if m[2].startswith("week"):
        days.ahead = int(m[1])
    else:
        days.full.append(shifted(days.today, int(m[1]), m[2]))


def _ago(m: re.Match[str], days: Days) -> None:
    days.past = True
    if not m[2].startswith(("min", "h")):
        days.full.append(shifted(days.today, -int(m[1]), m[2]))


def _weekdays_on(m: re.Match[str], days: Days) -> None:
    """Count weekdays from today: "two mondays from now"."""
    ahead = (weekday_number(m[2]) - days.today.weekday() - 1) % 7 + 1
    days.full.append(days.today + timedelta(days=ahead + 7 * (int(m[1]) - 1)))


def _relative(m: re.Match[str], days: Days) -> None:
    offsets = {
        "day after tomorrow": 2,
        "day before yesterday": -2,
        "day after": 1,
        "following day": 1,
    }
    words = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "next day": 1}
    text = m[0].removeprefix("the ").removeprefix("very ")
    number = offsets.get(text, words.get(text, 0))
    days.past = days.past or number < 0
    days.full.append(days.today + timedelta(days=number))


def _last_night(m: re.Match[str], days: Days) -> None:
    days.past = True
    days.full.append(days.today - timedelta(days=1))


def _tonight(m: re.Match[str], days: Days) -> None:
    days.full.append(days.today + timedelta(days=m[1] == "next"))


_MODIFIERS = {
    "next": "next",
    "following": "next",
    "this": "this",
    "this coming": "",
    "this past": "last",
    "last": "last",
    "past": "last",
    "previous": "last",
}


def _weekday(m: re.Match[str], days: Days) -> None:
    modifier = "second" if m[3] else _MODIFIERS.get((m[1] or "").strip(), "")
    if modifier == "last":
        days.past = True
    days.weekdays.append((weekday_number(m[2]), modifier))


def _weekday_number(m: re.Match[str], days: Days) -> None:
    days.weekdays.append((weekday_number(m[1]), ""))
    days.monthly.append(int(m[2]))


def _week(m: re.Match[str], days: Days) -> None:
    days.week = {"this": 0, "the current": 0, "current": 0, "over-next": 2}.get(m[1], 1)
    if m[1] in ("last", "past", "previous"):
        days.week, days.past = -1, True


def _week_from_weekday(m: re.Match[str], days: Days) -> None:
    number = weekday_number(m[2])
    ahead = (number - days.today.weekday() - 1) % 7 + 1
    days.full.append(days.today + timedelta(days=ahead + 7 * int(m[1] or 1)))


def _month_word(m: re.Match[str], days: Days) -> None:
    days.month = 1 if m[1] in ("next", "following") else 0
    if m[1] in ("last", "past", "previous"):
        days.month, days.past = -1, True


def _monthly(m: re.Match[str], days: Days) -> None:
    number = int(next(g for g in m.groups() if g))
    if 1 <= number <= 31:
        days.monthly.append(number)
    else:
        days.impossible = True


def _vague(m: re.Match[str], days: Days) -> None:
    days.vague = True


def _feast(m: re.Match[str], days: Days) -> None:
    days.full.append(feast(m[1], days.today))


_YEAR = r"(?:,?\s*(?:of )?((?:19|20)\d\d)(?![\d:])|(?<=[hdt]) '?(1[3-9]|[2-9]\d)(?![\d:.]| ?[ap]m|oclock| ?-))?"
_YEAR_AFTER = r"(?:[\s/.,-]*(?:of )?((?:19|20)\d\d)(?![\d:])|(?:(?<=[a-z]) |-|/|, ?)'?(1[3-9]|[2-9]\d)(?![\d:.]| ?[ap]m|oclock| ?-))?"
_ST = r"(?:st|nd|rd|th)"
_NOT_CLOCK = r"(?![\d:]|\.\d|oclock| ?[ap]m\b| (?:people|persons?|players?)\b)"
_NEXT = r"(?:next |this |coming )?"

RULES: tuple[tuple[str, Handler], ...] = (
    (r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?:t(?=\d\d:))?(?!\d)", _ymd),
    (r"\b((?:19|20)\d\d)([01]\d)([0-3]\d)\b", _ymd),
    (r"\b((?:19|20)\d\d) (\d{1,2}) (\d{1,2})\b(?!:)", _ymd),
    (
        rf"\b((?:19|20)\d\d)[-/ ](?:({MONTH})[-/ ](\d{{1,2}})|(\d{{1,2}})[-/ ]({MONTH}))\b",
        _ydm_names,
    ),
    (r"(?<![\d.])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?((?:19|20)?\d\d)\b(?!:)", _numeric),
    (
        rf"\b(\d+){_ST}?\s(day|{DAY}) (?:of|in) ((?:next|this|the current|the) month|{MONTH})"
        rf"(?:,? ((?:19|20)\d\d))?\b",
        _nth_weekday,
    ),
    (
        rf"\b(last) (day|{DAY}) (?:of|in) ((?:next|this|the current|the) month|{MONTH})"
        rf"(?:,? ((?:19|20)\d\d))?\b",
        _nth_weekday,
    ),
    (
        rf"\b(?<![\d:.¤])(\d{{1,2}}){_ST}?(?: day)?[\s/.-]*(?:of )?({MONTH})\b\.?{_YEAR_AFTER}"
        rf"(?!{_ST})",
        _day_month,
    ),
    (rf"\b{_NEXT}({MONTH})\.?[\s/,-]*(?:the )?(\d{{1,2}}){_NOT_CLOCK}{_ST}?\b{_YEAR}", _month_day),
)
"""Whole dates; read before clock times, whose digits they share."""

LATER_RULES: tuple[tuple[str, Handler], ...] = (
    (r"(?<![\d/.¤])(?:next )?(\d{1,2})/(\d{1,2})\b(?![/:])", _slash),
    (rf"(?:(?<=\bon )|(?<=§ )|(?<={DAY[3:-1].split('|')[0][:3]} ))(?!)(\d)(\d)", _slash),
    (r"\b(?:in|within) (\d+) (minutes?|hours?)(?: time|'s time)?\b", _moment),
    (r"\b(\d+) (minutes?|hours?) (?:from now|later|hence|from this moment)\b", _moment),
    (r"\b(?:in|within) (\d+) (days?|weeks?|months?|years?)(?:'? time|'s time)?\b", _from_now),
    (r"\b(\d+) (days?|weeks?|months?|years?) (?:from (?:now|today)|later|hence|after today)\b", _from_now),
    (r"\b(\d+) (minutes?|hours?|days?|weeks?|months?|years?) (?:ago|earlier|back|before)\b", _ago),
    (rf"\b(\d+) ({DAY})s? (?:from now|later|hence)\b", _weekdays_on),
    (rf"\b(?:(\d+) )?weeks? (?:from|on|after) (?:this |the |next )?({DAY})\b", _week_from_weekday),
    (rf"\b()(?:on |this )?({DAY}) week\b", _week_from_weekday),
    (
        r"\b(?:the )?(?:day after tomorrow|day before yesterday|following day|(?:very )?next day"
        r"|day after)\b(?! (?:¤|\d))",
        _relative,
    ),
    (r"\b(?:today|tomorrow|yesterday)\b", _relative),
    (r"\blast (?:night|evening)\b", _last_night),
    (r"\b(this|next) (?=(?:early |late )?(?:morning|afternoon|evening|night|lunch))", _tonight),
    (r"\b(?:later )(this) (?=(?:morning|afternoon|evening|night))", _tonight),
    (r"\b(to)(?=night\b)", _tonight),
    (rf"\b(\d+)() ?weekdays?\b(?!)", _vague),
    (
        r"\b(next|this|the following|following|the current|current|last|past|previous|coming|over-next) week"
        r"(?!-?end)\b",
        _week,
    ),
    (r"\b(next|this|the|following|current|last|past|previous) month\b", _month_word),
    (r"\bweek-?ends?\b|\bweekdays?\b", _vague),
    (
        rf"\b({DAY})\.?,? (?:the )?(1[3-9]|2\d|3[01]|\d{{1,2}}(?={_ST})){_ST}?\b(?![:./]| ?[ap]m|oclock)",
        _weekday_number,
    ),
    (
        rf"\b((?:next|following|this coming|this past|this|last|past|previous|coming|upcoming) )?"
        rf"({DAY})\b(?!\s*-?\s?days?\b)( after next)?",
        _weekday,
    ),
    (
        rf"\b(?:(?:on|the|for|of) )+(\d{{1,2}}){_ST}\b(?! (?:{PICKED}|of (?:them|these|those)))"
        rf"|\b(\d{{1,2}}){_ST}\b(?! (?:{PICKED}|of (?:them|these|those)))"
        r"|\bthe (\d{1,2})(?![\d:./]|oclock| ?[ap]m| (?:oclock|people|players|hours|minutes))\b"
        rf"|\b(\d{{1,2}})(?= of §)",
        _monthly,
    ),
    (rf"\b(?:on )?({FEASTS})\b", _feast),
)
"""What may follow or surround a clock time; read after clock times are marked."""


def read_days(text: str, days: Days, rules: tuple[tuple[str, Handler], ...]) -> str:
    """Apply rules to the text; blanks each stretch that one took to ``§``."""
    for pattern, handle in rules:
        found = list(rx(pattern).finditer(text))
        for m in reversed(found):
            if not _refused(text[: m.start()]):
                handle(m, days)
            text = text[: m.start()] + "§ " + text[m.end() :]
    return rx(r"\s+").sub(" ", text)


def _refused(before: str) -> bool:
    """Say whether what follows was named as what is *not* wanted."""
    return bool(rx(r"(?:instead of|rather than|\bnot|n't do|\bexcept|anything but|any day but|\bavoid|other than)\s+(?:on |for |the )*$").search(before))
