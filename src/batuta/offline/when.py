"""Reading the date and the time that an English text means.

``read_when`` is the one entry; it knows no tool and no application. Numbers are read in the order
of the region (3/7 is 7 March in the US) unless only the other exists. "Next Friday" is the Friday
of next week; a time without am or pm is taken between 7:00 and 18:59.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal

from batuta.offline.when_calendar import settle_day
from batuta.offline.when_clocks import DAY_MINUTES, mark_clocks, mark_dotted
from batuta.offline.when_dates import LATER_RULES, RULES, read_days
from batuta.offline.when_days import HOME, Days, shifted
from batuta.offline.when_feasts import FEASTS
from batuta.offline.when_times import PARTS, TimeOfDay, mark_parts, read_clock
from batuta.offline.when_words import DAY, MONTH, normalise, rx, weekday_number

Problem = Literal[
    "past", "impossible", "recurring", "conflict", "several", "vague", "unknown"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class When:
    """What a text says of date and time.

    Args:
        date: The day, None where none is said or it cannot be told.
        time: A point in time.
        start: Start of a window (a range, "after 3", "in the evening"); None where open.
        end: End of that window.
        part: The part of the day where the window stands for one, as "evening".
        problem: Why the date or time cannot be acted upon.
        named: The day in the user's words' sense even where a problem stands against it.
        week: Monday of the week that is named where no day of it is.
        sure: False where the year or the month had to be guessed far ahead.
        rest: The normalised text with date and time taken out.
        marked: The normalised text with marks in their places: a day, a clock time, a part of it.
    """

    date: date | None = None
    time: time | None = None
    start: time | None = None
    end: time | None = None
    part: str | None = None
    problem: Problem | None = None
    named: date | None = None
    week: date | None = None
    sure: bool = True
    rest: str = ""
    marked: str = ""

    @property
    def said(self) -> bool:
        """Whether the text says anything of date or time."""
        return any((self.date, self.time, self.start, self.end, self.part, self.problem))

    @property
    def timed(self) -> bool:
        """Whether the text says anything of the time of day."""
        return any(x is not None for x in (self.time, self.start, self.end))


_PURPOSE = (
    r"\b((?:for|it'?s) (?:our|my|the|a) )(?:usual |regular )?(?:daily|weekly|biweekly|fortnightly"
    r"|monthly|regular) (?=(?!court|slot|booking|reservation|hour|appointment|time|on |at )"
    r"[a-z]{3})"
)
"""What something done again and again is for: one time of it is meant."""
_ONE_OF_MANY = (
    r"\b((?:book|reserve|get|schedule|hold|arrange|make)(?: (?:me|us))? (?:our|my|the) )"
    r"(?:usual |regular )?(?:daily|weekly|biweekly|fortnightly|monthly|regular)"
    r"(?= (?:\w+ ){1,2}(?:for|on|at|this|next|tomorrow)\b)"
)
"""One time of what is done again and again, as in "book our weekly slot for Thursday"."""
_UNITS = "day|week|month|morning|evening|afternoon|night|weekday|weekend|year|hour"
_RECURRING = (
    rf"\b(?:every|each) ?(?:other |single |and every |2nd |3rd )?(?:\d+ )?(?:{_UNITS}|{DAY})s?\b",
    r"\b(?:daily|weekly|biweekly|fortnightly|monthly|yearly|annually|recurring|regularly)\b",
    r"(?<!\d )\b(?:mon|tues|wednes|thurs|fri|satur|sun|week)days\b|\bweekends\b",
    r"\b(?:once|twice|\d+ times?) (?:a|per|every|each|1) (?:day|week|month|year)\b",
    r"\b(?:mornings|afternoons|evenings|nights)\b",
)


_FOLLOWING = r"(?:next|following|coming)"
_WEEK_AFTER = rf"(?:(?:the )?(?:{_FOLLOWING}(?: week| one| 1)?|(?:week|one) after(?: that| it)?))"
_ONE_AFTER = (
    rf"(?:,? but|,| -|;)? (?:on |rather )*(?:the |a )?(?:{_FOLLOWING}(?: one| 1)?"
    rf"|(?:one|1|week|\1) after(?:wards?|(?: that| this| next)(?: one| 1)?)?)(?: \1)?"
    rf"(?! (?:week|month|{DAY})\b)"
)
_NO_DAY = r"\b(?:not|n't) (?:on |for |want |mean )*(?:the )?"
_REWRITES = (
    (rf"{_NO_DAY}(?:this )?(?:coming )?({DAY}){_ONE_AFTER}", r"1 weeks on \1"),
    (rf"{_NO_DAY}next ({DAY}){_ONE_AFTER}", r"2 weeks on \1"),
    (
        (
            rf"\b(?:on )?({DAY}),? (?:but )?not (?:on )?(?:this|the coming) (?:week|one|1)"
            rf"(?:,| -)?(?: but)?(?: on| in)? {_WEEK_AFTER}"
        ),
        r"\1 next week ",
    ),
    (rf"\b(?:not|n't) this week(?:'s)?(?:,| -)?(?: but)? {_WEEK_AFTER}(?:'s)?\b", "next week "),
    (r"\bthis time next week\b", "this time 1 weeks from today"),
    (rf"\b(?:on )?(?:the )?({DAY}) after this(?: one| 1| coming one)\b", r"1 weeks on \1"),
    (
        r"\b(?:not|n't) (?:for )?tomorrow(?:,|;| -)?(?: but)? the (?:day|one) after\b",
        "the day after tomorrow",
    ),
    (
        r"\b(?:on )?(?:the |this |that )?same day next week\b|\bthis day next week\b",
        "1 weeks from today",
    ),
    (
        (
            r"\b(?:for )?(?:1 hours|60 minutes),? (?:from|starting(?: at| from)?|as of|at"
            r"|beginning(?: at)?) (?=\d|half|quarter|noon|midday)"
        ),
        "at ",
    ),
    (
        (
            r"\b(?:at |for )?(?:half|quarter)(?: past| to)?\s*(?:\.\.+|…)\s*"
            r"(?:(?:sorry|no|er|um+|i mean|actually),? )*(?=at |\d)"
        ),
        "",
    ),
    (
        (
            rf"(?<!\d )\b(?:the )?(day|week) (after|before) "
            rf"(?=(?:the )?(?:{FEASTS}|{MONTH}\b|\d|(?:next |this )?{DAY}\b))"
        ),
        r"1 \1s \2 ",
    ),
    (
        r"\b((?:move|change|shift|switch|re-?schedule|push)\b.*?) from [\w:.' ]{2,25}? to ",
        r"\1 to ",
    ),
    (
        (
            rf"\b({DAY}|on) (\d{{1,2}})\.(1[0-2]|0?[1-9])(?![\d:]|\.\d|\s?[ap]m)"
            r"(?:\.(?=,? \w))?"
        ),
        r"\1 \2/\3",
    ),
    (
        (
            r"(?<!at )(?<!by )(?<!from )(?<!to )(?<!after )(?<!before )(?<!until )(?<![\d.:])"
            r"\b(\d{1,2})\.(1[0-2]|0?[1-9])\.(?=,? \w)"
        ),
        r"\1/\2",
    ),
    (rf"(?<!\d )(?<!\dth )(?<!of )\b({MONTH}) (\d{{1,2}})([ap]m)$", r"\1 \2 in the \3"),
    (
        (
            rf"\b(?:the )?(first|second|third|\d+th|last) week-?end (?:of|in) ((?:next|this) month"
            rf"|{MONTH}),? (?:on )?(?:the )?((?:sat|sun)(?:ur)?day)\b"
        ),
        r"the \1 \3 of \2",
    ),
    (rf"\b(?:on )?the eve of (?=(?:the )?{FEASTS})", "1 days before "),
    (
        (
            r"\b(?:on )?(?:the )?week-?end (after|before) (.{3,30}?),? (?:on )?(?:the )?"
            r"((?:sat|sun)(?:ur)?day)\b"
        ),
        r"\3 \1 \2",
    ),
    (rf"\b(\d+th {DAY}) (.{{3,20}}?) (of (?:next month|this month|{MONTH}))\b", r"\1 \3 \2"),
)
"""Forms whose numbers would be taken wrongly: dotted dates, months before am, what
is changed from."""


_WRONG = (
    r"(?:oops|no|sorry|wait|er|um|i mean|i meant|(?:or )?rather|actually|correction"
    r"|make (?:it|that)|let'?s say|better|scratch that)"
)
_CORRECTED = rf"(?:[\s,.;?!-]|\.\.\.)+(?:or )?{_WRONG}(?:[\s,.;-]+{_WRONG})*[\s,]+"
_NAMED_DAY = rf"(?:(?:next |this |on )*{DAY}|today|tomorrow|tonight|the \d+th)"
_CLOCK_SAID = (
    r"(?:(?:half|quarter|\d{1,2}) (?:past|to) )?\d{1,2}(?:[:. ]\d\d)?(?: ?[ap]m|oclock)?"
    r"(?: in the (?:morning|afternoon|evening))?"
)
_SELF_CORRECTIONS = (
    (rf"\b(?:on )?{_NAMED_DAY}{_CORRECTED}(?=(?:on )?{_NAMED_DAY}\b)", ""),
    (
        (
            rf"\b(?:on )?{_NAMED_DAY}( at {_CLOCK_SAID}) ?(?:please)?{_CORRECTED}"
            rf"(?=(?:on )?{_NAMED_DAY}\b)"
        ),
        r"\1 ",
    ),
    (
        (
            rf"\b(?:at )?{_CLOCK_SAID} ((?:on )?{_NAMED_DAY}){_CORRECTED}"
            r"(?=(?:at )?\d[\w:]*(?: ?[ap]m)?\W*$)"
        ),
        r"\1 at ",
    ),
    (
        rf"\b(?:at ){_CLOCK_SAID}{_CORRECTED}(?=(?:at )?{_CLOCK_SAID}\b(?! (?:people|courts)))",
        "at ",
    ),
    (
        rf"\bnot (?:on |for )?{_NAMED_DAY},? but (?:rather )?(?=(?:on |for )?{_NAMED_DAY}\b)",
        "",
    ),
    (rf"(\d ?[ap]m|oclock),? (?:and )?not (?:at )?{_CLOCK_SAID}(?=\W|$)", r"\1"),
    (rf"\b({_NAMED_DAY}) (?:instead of|rather than|and not|not) (?:on )?{_NAMED_DAY}\b", r"\1"),
)
"""A day or an hour that the speaker takes back at once, with another in its place."""


def _prepared(text: str) -> str:
    text = normalise(text)
    for pattern, new in _SELF_CORRECTIONS:
        text = rx(pattern).sub(new, text)
    for pattern, new in _REWRITES:
        text = rx(pattern).sub(new, text)
    text = rx(
        r"\b(between|from) (\d{1,2}(?::\d\d)?(?:[ap]m)?) (on (?:the )?[\w]+|tomorrow|today) (and"
        r"|to|until|-) "
    ).sub(r"\3 \1 \2 \4 ", text)
    # "5 to 6 of April 22" is a range and a date, not the 6th of April
    return rx(r"\b(0?\d|1[0-2]) (to|-|and) (0?\d|1[0-2]) (?:of|on) (?=[a-z]{3,9} \d|\d+/)").sub(
        r"\1 \2 \3 , ", text
    )


_BESIDE_FEAST = (
    rf"\b(?:the )?({DAY}) (after|before) (?=(?:the )?(?:{FEASTS}|\d{{1,2}}th\b|{MONTH} \d))(.+)"
)


def _weekday_beside(text: str, now: datetime, region: str) -> str:
    """Replace "the Saturday before Easter" by the date it comes to."""
    m = rx(_BESIDE_FEAST).search(text)
    if m is None:
        return text
    said, at, rest = m[3].partition(" at ")
    base = _read(said, now, region)
    if base.named is None:
        return text
    number = weekday_number(m[1])
    if m[2] == "after":
        days = (number - base.named.weekday() - 1) % 7 + 1
    else:
        days = -((base.named.weekday() - number - 1) % 7 + 1)
    moved = base.named + timedelta(days=days)
    return f"{text[: m.start()]}{moved.isoformat()} {base.rest}{at}{rest}"


_THIS_TIME = (
    r"\b(?:at )?(?:about |around )?this (?:very )?time "
    rf"(?=on |tomorrow|next |in |\d weeks|the day|{DAY})"
)
"""The hour of now, on another day."""
_OFFSET = (
    rf"\b(?:({DAY}),? )?(\d{{1,4}}) (days?|weeks?|months?) (after|from|before) (?!now|today\b)(.+)"
)


def _base_and_offset(text: str, now: datetime, region: str) -> str:
    """Replace "3 weeks after <date>" by the date it comes to."""
    m = rx(_OFFSET).search(text)
    if m is None:
        return text
    said, at, rest = m[5].partition(" at ")
    base = _read(said, now, region)
    if base.named is None:
        return text
    moved = shifted(base.named, int(m[2]) * (-1 if m[4] == "before" else 1), m[3])
    if m[1]:
        moved += timedelta(days=(weekday_number(m[1]) - moved.weekday()) % 7)
    return f"{text[: m.start()]}{moved.isoformat()} {base.rest}{at}{rest}"


@lru_cache(maxsize=512)
def read_when(
    text: str,
    now: datetime,
    *,
    expected: Literal["date", "time"] | None = None,
    region: str = HOME,
) -> When:
    """Read what a text says of date and time, seen from ``now`` (local, without a zone).

    Args:
        expected: What was asked for before, so that a bare number is taken as such.
        region: Country by whose order the numbers of a date are read, and by whose feasts.
    """
    text = rx(_THIS_TIME).sub(f"at {now:%H:%M} ", _prepared(text))
    text = _weekday_beside(text, now, region)
    text = _base_and_offset(text, now, region)
    if expected == "date":
        text = rx(r"^(?:the |on |on the |for the )?(\d{1,2})[.!]?$").sub(r"the \1th", text)
    return _read(text, now, region, asked_time=expected == "time")


def _read(text: str, now: datetime, region: str, *, asked_time: bool = False) -> When:
    """Read a prepared text."""
    days, clock = Days(now, region=region), TimeOfDay()
    text = rx(_ONE_OF_MANY).sub(r"\1usual", rx(_PURPOSE).sub(r"\1", text))
    for pattern in _RECURRING:
        if rx(pattern).search(text):
            days.recurring = True
            text = rx(pattern).sub(" ", text)
    text = read_days(text, days, RULES)
    text = mark_clocks(text)
    text = mark_dotted(read_days(text, days, LATER_RULES))
    text = mark_parts(text, clock)
    text = read_clock(text, clock, expected=asked_time)
    clock.clash = clock.clash or bool(rx(r"\b\d{1,2}:\d\d\b").search(text))
    return _result(text, days, clock)


def _week_of(days: Days) -> date | None:
    if days.week is None:
        return None
    return days.today + timedelta(days=7 * days.week - days.today.weekday())


def _at(minutes: int | None) -> time | None:
    if minutes is None:
        return None
    minutes = min(max(minutes, 0), DAY_MINUTES - 1)
    return time(minutes // 60, minutes % 60)


def _window(clock: TimeOfDay) -> tuple[int | None, int | None]:
    start, end = clock.start, clock.end
    if clock.points or start is not None or end is not None or clock.part is None:
        return start, end
    if clock.part in ("early day", "half am"):
        return (0 if clock.part == "early day" else 8 * 60), 12 * 60
    if clock.part == "half pm":
        return 12 * 60, 20 * 60
    first, last = PARTS[clock.part]
    return first * 60, min(last * 60, DAY_MINUTES - 1)


def _result(text: str, days: Days, clock: TimeOfDay) -> When:
    found = settle_day(days)
    points = list(clock.points)
    if days.moment is not None:
        points.append(days.moment.hour * 60 + days.moment.minute)
    start, end = _window(clock)
    point = points[0] if points else None
    problem = found.problem
    if problem is None and (len(points) > 1):
        problem = "several"
    if clock.clash:
        problem = "conflict"
    day = found.day
    if problem == "past" and day is not None and day > days.today:
        problem = "conflict"
    if problem is None and day == days.today:
        latest = point if point is not None else end
        passed = days.now.hour * 60 + days.now.minute
        if latest is not None and latest < passed:
            problem = "past"
    return When(
        date=None if problem in ("impossible", "recurring", "several") else day,
        time=_at(point),
        start=_at(start) if point is None else None,
        end=_at(end) if point is None else None,
        part=clock.part,
        problem=problem,
        named=day,
        week=_week_of(days) if problem == "vague" else None,
        sure=found.sure,
        rest=re.sub(r"[§¤¶\s]+", " ", text).strip(),
        marked=text,
    )
