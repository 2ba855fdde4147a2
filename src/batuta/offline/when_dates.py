"""Finding what a text says of the day: explicit dates, weekdays, days of the month, offsets."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from batuta.offline.when_days import Days, shifted
from batuta.offline.when_feasts import FEASTS, feast, holiday
from batuta.offline.when_words import DAY, MONTH, PICKED, month_number, rx, weekday_number

Handler = Callable[[re.Match[str], Days], bool | None]
"""Notes what was matched; False leaves the text to other rules."""


def _ymd(m: re.Match[str], days: Days) -> None:
    days.add(int(m[1]), int(m[2]), int(m[3]))


def _ymd_named(m: re.Match[str], days: Days) -> None:
    days.month_day(month_number(m[2]), int(m[3]), m[1])


def _ydm_named(m: re.Match[str], days: Days) -> None:
    days.month_day(month_number(m[3]), int(m[2]), m[1])


def _numeric(m: re.Match[str], days: Days) -> None:
    """Read 3/7/27 in the order of the region unless only the other exists."""
    month, day = _ordered(m, int(m[3]), days, year=int(m[4]) % 2000 + 2000)
    days.add(int(m[4]), month, day)


def _ordered(m: re.Match[str], second: int, days: Days, *, year: int) -> tuple[int, int]:
    """Give month and day of two numbers; a weekday beside them may fit one order alone."""
    first = int(m[1])
    month_first = second > 12 or (days.month_first and first <= 12)
    orders = [(first, second), (second, first)][:: 1 if month_first else -1]
    beside = rx(rf"\b({DAY}),? (?:on )?(?:the )?$").search(m.string[: m.start()])
    if beside and max(first, second) <= 12:
        wanted = weekday_number(beside[1])
        fitting = [o for o in orders if all(o) and date(year, *o).weekday() == wanted]
        return (fitting or orders)[0]
    return orders[0]


def _slash(m: re.Match[str], days: Days) -> None:
    month, day = _ordered(m, int(m[2]), days, year=days.today.year)
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


_RELATIVE_DAYS = {
    "day after tomorrow": 2,
    "day before yesterday": -2,
    "tomorrow": 1,
    "yesterday": -1,
    "last": -1,
    "day after": 1,
    "next day": 1,
    "following day": 1,
    "today": 0,
}


def _relative(m: re.Match[str], days: Days) -> None:
    number = next(n for words, n in _RELATIVE_DAYS.items() if words in m[0])
    days.past = days.past or number < 0
    days.full.append(days.today + timedelta(days=number))


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


def _weekday_number(m: re.Match[str], days: Days) -> bool:
    """Take a number after a weekday for the day of the month where it can be one."""
    weekday, number = weekday_number(m[2]), int(m[3])
    ahead = days.today + timedelta(days=(weekday - days.today.weekday() - 1) % 7 + 1)
    near = {(ahead + timedelta(weeks=n)).day for n in range(2)}
    if number <= 12 and not m[4] and number not in near:
        return False
    days.weekdays.append((weekday, _MODIFIERS.get((m[1] or "").strip(), "")))
    days.monthly.append(number)
    return True


def _week(m: re.Match[str], days: Days) -> None:
    days.week = {"this": 0, "the current": 0, "current": 0, "overnext": 2}.get(m[1], 1)
    if m[1] in ("last", "past", "previous"):
        days.week, days.past = -1, True


def _week_from_weekday(m: re.Match[str], days: Days) -> None:
    number = weekday_number(m[2])
    ahead = (number - days.today.weekday() - 1) % 7 + 1
    days.full.append(days.today + timedelta(days=ahead + 7 * int(m[1] or 1)))


def _weeks_on(m: re.Match[str], days: Days) -> None:
    days.full.append(days.today + timedelta(days=int(m[1] or 1) * 7 + (m[2] == "tomorrow")))


def _month_word(m: re.Match[str], days: Days) -> None:
    days.month = 1 if m[1] in ("next", "following") else 0
    if m[1] in ("last", "past", "previous"):
        days.month, days.past = -1, True


def _monthly(m: re.Match[str], days: Days) -> None:
    number = int(m[1])
    if 1 <= number <= 31:
        days.monthly.append(number)
    else:
        days.impossible = True


def _vague(_: re.Match[str], days: Days) -> None:
    days.vague = True


def _feast(m: re.Match[str], days: Days) -> None:
    found = feast(m[1], days.today, int(m[2]) if m[2] else None, region=days.region)
    if found is None:
        days.unknown = True
    else:
        days.full.append(found)


def _holiday(m: re.Match[str], days: Days) -> bool:
    """Look a public holiday up; a day called one that nobody knows is noted as such."""
    if rx(_PLAIN_DAYS).search(m[1]):
        return False
    found = holiday(m[1], days.today, region=days.region)
    if found is None:
        days.unknown = True
    else:
        days.full.append(found)
    return True


def _year(m: re.Match[str], days: Days) -> None:
    days.year = {"this": 0, "last": -1, "past": -1, "previous": -1}.get(m[1], 1)
    days.past = days.past or days.year < 0


def _in_weeks(m: re.Match[str], days: Days) -> None:
    """Count weeks on from a weekday: "Friday fortnight"."""
    ahead = (weekday_number(m[1]) - days.today.weekday() - 1) % 7 + 1
    days.full.append(days.today + timedelta(days=ahead + 7 * int(m[2])))


_PLAIN_DAYS = (
    r"^(?:(?:the|this|that|next|last|past|coming|following|upcoming|previous|same|other|a|any|some"
    r"|each"
    r"|every|one|1|whole|all|either|both|\d+|first|second|third|day|before|after|on|in|of|for|late"
    r"|early"
    r"|later|at|and|or|to|weekend|week|next week|mid|sunny|nice|good(?! friday)|rainy|my|our|me|us"
    r"|you"
    r"|[a-z]|slot|option|number|table|room|play|game|match|practice|court|courts|tennis|people"
    r"|players|singles|doubles|free|open"
    r"|a court"
    r"|morning|afternoon|evening|night|sometime|anytime|maybe|this coming|just"
    r"|preferably|like|say|uh|um|er|around|about|something|anything|exactly|only) )*(?:§ )*"
    r"(?:day|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$"
)
"""Words before "day" or a weekday that make it no day of its own name."""
_ST = r"(?:st|nd|rd|th)"
_NOT_CLOCK = r"(?![\d:]|\.\d|oclock| ?[ap]m\b| (?:people|persons?|players?)\b)"
_FULL_YEAR = r"((?:19|20)\d\d)(?![\d:])"
_SHORT_YEAR = r"'?(1[3-9]|[2-9]\d)(?![\d:.]| ?[ap]m|oclock| ?-)"
"""Two digits are a year from 13 on: lower ones may be hours."""
_YEAR_AFTER_DAY = rf"(?:[,-]?\s*(?:of )?{_FULL_YEAR}|(?<=[hdt]) {_SHORT_YEAR})?"
_YEAR_AFTER_MONTH = rf"(?:[\s/.,-]*(?:of )?{_FULL_YEAR}|(?:(?<=[a-z]) |-|/|, ?){_SHORT_YEAR})?"
_SOME_MONTH = rf"((?:next|this|the current|the) month|{MONTH})(?:,? ((?:19|20)\d\d))?"
_GONE = "last|past|previous"
_NOT_PICKED = rf"(?! (?:{PICKED}|of (?:them|these|those)))"

RULES: tuple[tuple[str, Handler], ...] = (
    (r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?:t(?=\d\d:))?(?!\d)", _ymd),
    (r"\b((?:19|20)\d\d)([01]\d)([0-3]\d)\b", _ymd),
    (r"\b((?:19|20)\d\d) (\d{1,2}) (\d{1,2})\b(?!:)", _ymd),
    (rf"\b((?:19|20)\d\d)[-/ ]({MONTH})[-/ ](\d{{1,2}})\b", _ymd_named),
    (rf"\b((?:19|20)\d\d)[-/ ](\d{{1,2}})[-/ ]({MONTH})\b", _ydm_named),
    (r"(?<![\d.])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?((?:19|20)?\d\d)\b(?!:)", _numeric),
    (
        rf"\b(?:(?:next|this|in|coming) )?({MONTH}),? on the (\d{{1,2}}){_ST}\b()()",
        _month_day,
    ),
    (rf"\b(?:on )?the [1-5]{_ST} {DAY}\b(?! (?:of|in|the|from|{MONTH})\b)", _vague),
    (rf"\b(last|\d+(?={_ST})){_ST}? (day|{DAY}) (?:of|in) {_SOME_MONTH}\b", _nth_weekday),
    (
        (
            rf"\b(?<![\d:.¤])(\d{{1,2}}){_ST}?(?: day)?(?:[-/.]|\.? (?:of )?)?({MONTH})\b\.?"
            rf"{_YEAR_AFTER_MONTH}(?!{_ST})"
        ),
        _day_month,
    ),
    (
        (
            rf"\b(?:(?:next|this|coming) )?({MONTH})\.?[\s/,-]*(?:the )?(\d{{1,2}}){_NOT_CLOCK}"
            rf"{_ST}?\b{_YEAR_AFTER_DAY}"
        ),
        _month_day,
    ),
)
"""Whole dates; read before clock times, whose digits they share."""

_OFFSETS: tuple[tuple[str, Handler], ...] = (
    (r"\b(?:in|within) (\d+) (minutes?|hours?)(?: time|'s time)?\b", _moment),
    (r"\b(\d+) (minutes?|hours?) (?:from now|later|hence|from this moment)\b(?! than)", _moment),
    (r"\b(?:in|within) (\d+) (days?|weeks?|months?|years?)(?:'? time|'s time)?\b", _from_now),
    (
        r"\b(\d+) (days?|weeks?|months?|years?) (?:from now|from today|later|hence|time)\b",
        _from_now,
    ),
    (r"\b(\d+) (minutes?|hours?|days?|weeks?|months?|years?) (?:ago|earlier|back|before)\b", _ago),
    (rf"\b(?:the )?(\d+)(?:{_ST})? ({DAY})s? (?:from now|later|hence)\b", _weekdays_on),
    (rf"\bin (\d+) ({DAY})s?(?:' time)?\b", _weekdays_on),
    (rf"\b(\d+) weeks? (?:this|next|coming) ({DAY})\b", _week_from_weekday),
    (
        (
            r"(?<!next )(?<!overnext )(?<!this )\b(?:(\d+) )?weeks? (?:from|on|after) "
            rf"(?:this |the |next )?({DAY})\b"
        ),
        _week_from_weekday,
    ),
    (rf"\b()(?:on |this )?({DAY}) week\b", _week_from_weekday),
    (rf"\b({DAY}) (?:in )?(\d+) weeks\b(?! (?:from|after|before|ago|on))", _in_weeks),
    (r"\b(\d+) weeks? (?:from )?(today|tomorrow)\b", _weeks_on),
    (r"\b()(today|tomorrow) week\b", _weeks_on),
)
_RELATIVES: tuple[tuple[str, Handler], ...] = (
    (r"\b(?:the )?(?:day after tomorrow|day before yesterday)\b", _relative),
    (r"\b(?:the )?(?:following day|(?:very )?next day|day after)\b(?! (?:¤|\d))", _relative),
    (r"\b(?:today|tomorrow|yesterday)\b|\blast (?:night|evening)\b", _relative),
    (r"\b(this|next) (?=(?:early |late )?(?:morning|afternoon|evening|night|lunch))", _tonight),
    (r"\b(to)(?=night\b)", _tonight),
    (
        (
            rf"\b(next|this|the following|following|the current|current|{_GONE}|coming|overnext)"
            r" week(?!-?end)\b"
        ),
        _week,
    ),
    (rf"\b(next|this|following|current|{_GONE}) month\b", _month_word),
    (r"\bweek-?ends?\b|\bweekdays?\b|\bweek (?=of\b)", _vague),
)
_WEEKDAYS: tuple[tuple[str, Handler], ...] = (
    (
        (
            rf"\b((?:next|this|coming) )?({DAY})\.?,? (?:the )?(\d{{1,2}})({_ST})?\b"
            r"(?![:./]| ?[ap]m|oclock| ?-|,? ?(?:to|until|till|in the|¶|people|of us)\b)"
        ),
        _weekday_number,
    ),
    (
        (
            rf"\b((?:next|following|this coming|this past|this|{_GONE}|coming|upcoming) )?"
            rf"({DAY})\b(?!\s*-?\s?days?\b)( after next)?"
        ),
        _weekday,
    ),
    (rf"\b(?:(?:on|the|for|of) )*(\d{{1,2}}){_ST}\b{_NOT_PICKED}", _monthly),
    (
        r"\bthe (\d{1,2})(?![\d:./]|oclock| ?[ap]m| (?:oclock|people|players|hours|minutes))\b",
        _monthly,
    ),
    (r"\b(\d{1,2})(?= of §)", _monthly),
)

LATER_RULES: tuple[tuple[str, Handler], ...] = (
    (r"(?<![\d/.¤])(?:next )?(\d{1,2})/(\d{1,2})\b(?![/:])", _slash),
    *_OFFSETS,
    (rf"\b(?:on )?({FEASTS})\b(?:,? (?:of )?((?:19|20)\d\d))?", _feast),
    (
        (
            r"\b(?:on |for )(?:the )?((?:[a-z'.]+ ){1,3}?(?:day|eve|bank holiday|holiday"
            r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b"
        ),
        _holiday,
    ),
    *_RELATIVES,
    *_WEEKDAYS,
    (r"\b(next|following|this|last|past|previous) year\b", _year),
)
"""What may follow or surround a clock time; read after clock times are marked."""

_REFUSALS = (
    r"(?:instead of|rather than|\bnot|n't do|\bexcept|anything but|any day but|\bavoid|other than)"
    r"\s+(?:on |for |the )*$"
)


def read_days(text: str, days: Days, rules: tuple[tuple[str, Handler], ...]) -> str:
    """Apply rules to the text; blanks each stretch that one took to ``§``."""
    before = text
    for pattern, handle in rules:
        rule = rx(pattern)
        if rule.search(text) is None:
            continue
        for m in reversed(list(rule.finditer(text))):
            if not _refused(text[: m.start()]) and _handled(handle, m, days) is False:
                continue
            text = text[: m.start()] + "§ " + text[m.end() :]
    return text if text == before else rx(r"\s+").sub(" ", text)


def _handled(handle: Handler, m: re.Match[str], days: Days) -> bool | None:
    try:
        return handle(m, days)
    except OverflowError:  # beyond the calendar, as "in 99999999 days"
        days.impossible = True
        return None


def _refused(before: str) -> bool:
    """Say whether what follows was named as what is *not* wanted."""
    return bool(rx(_REFUSALS).search(before))
