"""Marking clock times in a text.

Each clock time in the text becomes a token ``¤HHMM`` plus one letter: ``a`` or ``p`` where the half
of the day is said, ``f`` where the hour settles it (14:30), ``x`` where it is open, ``q`` where
it is open and the *next* hour was named (quarter to seven). Dates were marked ``§`` before, parts
of the day become ``¶``; the marks let the rules for bare numbers look at their neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from batuta.offline.when_words import DAY, rx

CLOCK = r"¤\d{4}[apfxq]"
DAY_MINUTES = 24 * 60

NOT_PEOPLE = (
    r"(?!\s*(?:people|persons?|players?|of us|guests?|adults?|kids?|friends|hours?|minutes?|days?"
    r"|weeks?|months?|courts?|tables?|rooms?|times?|nights?|copies|tickets?|more|other|%|th\b|st\b"
    r"|nd\b|rd\b))"
)
BARE = r"(?<![\d.:/$€£-])(\d{1,2})(?![\d:/%]|\.\d|-\d)" + NOT_PEOPLE
_LATE_MER = r"(?:in the |at |of the )?(?=(?:early |late )?(?:morning|afternoon|evening|night))"


def clock_token(hour: int, minute: int, meridiem: str | None, *, zero: bool = False) -> str | None:
    """Write a time as a token, None where it is no time.

    Args:
        meridiem: am or pm where it is said.
        zero: The hour is written with a leading zero.
    """
    if hour > 24 or minute > 59:
        return None
    kind = (meridiem or "x")[0]
    if hour >= 13 or (hour == 0 and kind != "p") or (zero and kind == "x"):
        kind = "f"
    elif kind in "ap":
        hour = hour % 12 + (12 if kind == "p" else 0)
    return f"¤{hour % 24:02}{minute:02}{kind}"


def _plain(m: re.Match[str]) -> str:
    groups = m.groupdict()
    minute = int(groups.get("m") or 0)
    made = clock_token(int(m["h"]), minute, groups.get("mer"), zero=m["h"].startswith("0"))
    return f"{made} " if made else m[0]


def _fraction(m: re.Match[str]) -> str:
    words = {"half": 30, "quarter": 15}
    minutes = words.get(m["n"]) or int(m["n"].split()[0])
    named = {"noon": 12, "midday": 12, "midnight": 24}
    hour = named.get(m["h"]) or int(m["h"])
    if hour > 24 or minutes > 59:
        return m[0]
    meridiem = m["mer"] if m["mer"] in ("am", "pm") else None
    back = m["d"] in ("to", "before", "till", "of")
    if m["h"] in named:
        total = hour * 60 + (-minutes if back else minutes)
        return f"¤{total // 60 % 24:02}{total % 60:02}f "
    total = ((hour - 1) * 60 + 60 - minutes) if back else hour * 60 + minutes
    if meridiem:
        noonish = hour % 12 * 60 + (720 if meridiem == "pm" else 0)
        total = (noonish + (-minutes if back else minutes)) % DAY_MINUTES
        return f"¤{total // 60:02}{total % 60:02}{meridiem[0]} "
    kind = "f" if hour > 12 or hour == 0 else "q" if back else "x"
    return f"¤{total // 60 % 24:02}{total % 60:02}{kind} "


def _half(m: re.Match[str]) -> str:
    return clock_token(int(m["h"]), 30, m["mer"]) or m[0]


_H = r"(?<![\d.:/$€£¤])(?P<h>\d{1,2})"
_MER = r"\s?(?P<mer>[ap]m)\b"
_LEADS = (
    *(rf"\b{w} " for w in "at by from to until before after between and than".split()),
    *(r"\btomorrow ", r"\btoday ", "day ", "§ ", "§, ", "- ", r"¤\d{4}[apfxq] -"),
)
_LEAD = rf"(?=\d)(?:{'|'.join(f'(?<={lead})' for lead in _LEADS)})"
"""What stands before digits that are a time though nothing in their own form says so."""
_NO_YEAR = r"(?!(?<!at )(?<!by )(?<!from )(?<!to )(?<!until )(?:19|20)\d\d\b)"
_CLOCKS: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (
        (
            r"\b(?:an? )?(?P<n>half|quarter|\d{1,2}(?: minutes)?) ?(?P<d>past|after)(?: |(?=\d))"
            r"(?P<h>\d{1,2}|noon|midday|midnight)(?![\d:])(?P<mer>\s?[ap]m\b|oclock)?"
        ),
        _fraction,
    ),
    (
        (
            r"\b(?:an? )?(?P<n>quarter|2[05]|\d{1,2} minutes|(?<=\bat )(?:5|10)) ?"
            r"(?P<d>to|before|till|of) ?(?P<h>\d{1,2}|noon|midday|midnight)(?![\d:])"
            r"(?P<mer>\s?[ap]m\b|oclock)?"
        ),
        _fraction,
    ),
    (
        (
            r"\b(?P<n>10(?= to [1-9]\b)|5(?= to [1-4]\b)) (?P<d>to) (?P<h>\d)(?P<mer>)"
            r"(?= (?:in the|tomorrow|this|on \w+) (?:evening|morning)\b)(?<!from 10)(?<!from 5)"
        ),
        _fraction,
    ),
    (r"\bhalf (?P<h>\d{1,2})(?![\d:])(?P<mer>[ap]m\b)?", _half),
    (rf"{_H}:(?P<m>[0-5]\d)(?::[0-5]\d)?(?:{_MER})?(?!\d)", _plain),
    (rf"{_H}\.(?P<m>[0-5]\d){_MER}", _plain),
    (rf"{_H}\.(?P<m>[0-5]\d)(?=\s?(?:-|to|until|till)\s?(?:\d|¤))", _plain),
    (rf"{_LEAD}(?P<h>\d{{1,2}})\.(?P<m>[0-5]\d)(?![.\d])", _plain),
    (rf"{_H} (?P<m>[0-5]\d){_MER}", _plain),
    (rf"{_H} (?P<m>[0-5]\d)(?= {_LATE_MER})", _plain),
    (rf"{_LEAD}(?P<h>\d{{1,2}}) (?P<m>[0-5]\d)(?![\d:/]|\.\d){NOT_PEOPLE}", _plain),
    (r"^(?P<h>\d{1,2}) (?P<m>0?\d|[1-5]\d)(?: please)?$", _plain),
    (
        (
            rf"(?:^|(?<=\bat ))(?P<h>\d{{1,2}}) (?P<m>[0-5]\d)"
            rf"(?=,? (?:on|tomorrow|today|tonight|this|next|{DAY})\b)"
        ),
        _plain,
    ),
    (r"^(?P<h>\d{1,2})\.(?P<m>[0-5]\d)$", _plain),
    (
        (
            rf"(?:^|(?<=\bat ))(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)"
            rf"(?=,? (?:on (?:the )?(?:{DAY}|\d)|tomorrow|today|tonight|{DAY})\b)"
        ),
        _plain,
    ),
    (r"^(?!19|20)(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)$", _plain),
    (rf"{_H}(?P<m>[0-5]\d){_MER}", _plain),
    (rf"{_LEAD}{_NO_YEAR}(?P<h>[01]?\d|2[0-3])(?P<m>[0-5]\d)\b(?!:)(?: hours)?(?!\s*-\d)", _plain),
    (r"(?<![\d.])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d) hours\b", _plain),
    (
        r"(?<![\d.:/])(?P<h>[01]\d)(?P<m>[0-5]\d)(?=\s?(?:-|to|until|till)\s?(?:[012]\d[0-5]\d\b|¤))",
        _plain,
    ),
    (rf"{_H}{_MER}", _plain),
    (rf"{_H}oclock\b", _plain),
    (r"\b(?:12 )?(?:noon|mid ?day|middle of the day)\b", lambda m: "¤1200f "),
    (r"\b(?:12 )?mid ?night\b", lambda m: "¤0000f "),
)


def mark_clocks(text: str) -> str:
    """Replace each clock time that is plain from its form by a token."""
    for pattern, make in _CLOCKS:
        text = rx(pattern).sub(make, text)
    return text


def mark_dotted(text: str) -> str:
    """Mark what is left of "18.00" once the days are marked, whose dots it shares."""
    return rx(r"(?<![\d.:/$€£-])(?P<h>\d{1,2})\.(?P<m>00|15|30|45)(?![.\d]|:)").sub(_plain, text)


_JOIN = r"\s*(?:to|-|until|till)\s*"
_LAST = rf"(\d{{1,2}})(?![\d:/-]|\.\d){NOT_PEOPLE}"
_AFTER_BARE = (
    r"(?= *(?:$|[,.!?]|would|works?\b|is\b|will|please|then|instead|sounds|ok|fine|open|free"
    r"|available|§|on\b))"
)
_BARE_PLACES = (
    rf"(?<=\bbetween ){BARE}(?=\s*(?:and|to|-|&)\s*(?:\d|¤))",
    rf"(?<=\bfrom ){BARE}(?=(?:\s*and\s*|{_JOIN})(?:\d|¤))",
    rf"(?<![-\d.:/])\b(\d{{1,2}})(?={_JOIN}(?:¤|\d{{1,2}}\b{NOT_PEOPLE}(?![-/.\d])))",
    rf"(?<={CLOCK}) (?:to|-|until|till|and|or) ?{BARE}",
    rf"(?<=[¤§¶])\s?-\s?{BARE}",
    rf"\b(?:at|by|until|till|before|after|than|past|since|from|starting|up to) {BARE}",
    rf"¶,?\s*(?:at |by |around )?{BARE}",
    rf"{BARE}(?=,? ?(?:this |in the |at (?:the )?|of the )?¶)",
    rf"(?:^|[,.;!] |\b(?:book|reserve|schedule|play|it|me) ){BARE}(?= §)",
    rf"\bfor (?!0|[1-4]\b){BARE}(?= §\s*¶)",
    rf"{BARE}(?= or ¤)",
    rf"§,? {BARE}$",
    rf"{BARE}(?= (?:at the (?:latest|earliest)|or (?:later|earlier)|onwards?)\b)",
    (
        r"\b(?:make it|prefer|try|do|how at|what at|say|rather|be|is|change to|move to|to) "
        rf"{BARE}{_AFTER_BARE}"
    ),
    rf"^(?:(?:no|nope|sorry|then|and|or|ok|okay|rather),? )?{BARE}{_AFTER_BARE}",
)


def mark_bare(text: str, *, expected: bool = False) -> str:
    """Turn bare numbers into clock tokens where their neighbours make them times.

    Args:
        expected: A time was asked for, so that "for 4" counts as well.
    """

    def make(m: re.Match[str]) -> str:
        made = clock_token(int(m[1]), 0, None, zero=m[1].startswith("0"))
        start = m.start(1) - m.start()
        return m[0][:start] + made + m[0][start + len(m[1]) :] if made else m[0]

    for pattern in _BARE_PLACES:
        text = rx(pattern).sub(make, text)
    if expected:
        text = rx(rf"(?:\bfor |^){BARE}").sub(make, text)
    return rx(rf"(?<={CLOCK})({_JOIN}|\s*(?:and|or)\s*){_LAST}").sub(_second, text)


def _second(m: re.Match[str]) -> str:
    return m[1] + (clock_token(int(m[2]), 0, None) or m[2])
