"""Days that a text names by what stands on the table: the day after, the week after, that week."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta

from batuta.offline.when_days import shifted
from batuta.offline.when_words import DAY, rx, weekday_number


@dataclass(frozen=True, slots=True)
class OnTable:
    """The day and the week that the conversation speaks of.

    Args:
        day: The day last wished for or offered.
        week: Monday of the week that was named without a day.
        hour: The hour last wished for.
    """

    day: date | None = None
    week: date | None = None
    hour: time | None = None


_SAME = r"\b(?:on )?(?:the |that )?(?:same day|that day)\b"
_WEEK_ON = r"\b(?:on )?(?:the |that )?same day (?:next week|the week after|a week later)\b"
_LATER = (
    r"\b(?:on )?(?:(?:the )?(?:following|next) (day|week)(?! (?:on|at) \w+day)|(?:the )?(day"
    r"|week) after"
    r"(?: that)?|(?:a|1) (day|week) later)\b(?! (?:(?:tomorrow|next|today|now|the)\b|\d|§))"
)
_EARLIER = (
    r"\b(?:on )?(?:(?:the )?(day|week) before(?: that)?|(?:a|1) (day|week) earlier"
    r"|(?:the )?previous (day|week))\b(?! (?:(?:yesterday|the)\b|\d|¤))"
)


_COUNTED = (
    r"\b(\d{1,2}) (day|week)s (later|after|earlier|before)(?: that)?"
    r"(?=\W*$|[,?.!]| (?:at|please|then)\b)"
)
"""Days counted from the one on the table: "two days later"."""


def placed(text: str, table: OnTable) -> str:
    """Write out the days that a normalised text names by what is on the table."""
    if (week := table.week) is not None:

        def in_week(m: re.Match[str]) -> str:
            return (week + timedelta(days=weekday_number(m[1]))).isoformat()

        text = rx(rf"(?<!next )(?<!this )(?<!last )\b(?:on )?({DAY})\b").sub(in_week, text)
    if table.day is None or rx(rf"\b{DAY}\b|\d{{4}}-").search(text):
        return text
    day = table.day

    def moved(number: int) -> Callable[[re.Match[str]], str]:
        def write(m: re.Match[str]) -> str:
            unit = next(g for g in m.groups() if g)
            return f"on {shifted(day, number, unit).isoformat()}"

        return write

    def counted(m: re.Match[str]) -> str:
        number = int(m[1]) * (1 if m[3] in ("later", "after") else -1)
        return f"on {shifted(day, number, m[2]).isoformat()}"

    text = rx(_COUNTED).sub(counted, text)
    text = rx(_WEEK_ON).sub(f"on {shifted(day, 1, 'week').isoformat()}", text)
    text = rx(_SAME).sub(f"on {day.isoformat()}", text)
    return rx(_EARLIER).sub(moved(-1), rx(_LATER).sub(moved(1), text))
