"""Reading the time of day: points, ranges, bounds and parts of the day."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from batuta.offline.when_clocks import CLOCK, DAY_MINUTES, mark_bare
from batuta.offline.when_words import rx

NOON = 12 * 60
PARTS: dict[str, tuple[int, int]] = {
    "early morning": (8, 10),
    "late morning": (10, 12),
    "morning": (7, 12),
    "lunch": (12, 14),
    "early afternoon": (12, 14),
    "late afternoon": (14, 16),
    "afternoon": (12, 18),
    "early evening": (16, 18),
    "late evening": (18, 22),
    "evening": (17, 22),
    "late night": (22, 24),
    "night": (18, 24),
    "dinner": (16, 20),
    "breakfast": (7, 10),
    "after lunch": (13, 17),
    "after dinner": (19, 22),
    "after work": (17, 22),
}
"""Hours of each part; early and late halves as in microsoft/Recognizers-Text, the whole ones as
wide as an English speaker at a club would take them."""


@dataclass
class TimeOfDay:
    """What the text says of the time of day; minutes are counted from midnight."""

    points: list[int] = field(default_factory=list[int])
    start: int | None = None
    end: int | None = None
    part: str | None = None
    clash: bool = False


_PART_WORDS = (
    r"(?:(early|late|later|mid|middle of the|end of the) ?(?:in the |on |this |that |§ ?)*)?"
    r"\b(mornings?|afternoons?|evenings?|lunch ?(?:time)?|nights?|dinner ?(?:time)?|noontime"
    r"|breakfast(?: ?time)?|brunch)\b"
)
_SPAN_OF_PART = {"mid": 0, "middle of the": 0}
_MIDDLES = {"morning": "¤1000f", "afternoon": "¤1400f", "evening": "¤1800f"}
_SINGULAR = {"noontime": "lunch", "brunch": "breakfast"}


def _part_name(m: re.Match[str]) -> str:
    word = m[2].removesuffix("time").strip().removesuffix("s")
    word = _SINGULAR.get(m[2], word)
    how = {"later": "late", "end of the": "late"}.get(m[1] or "", m[1] or "")
    full = f"{how} {word}".strip()
    return full if full in PARTS else word


def mark_parts(text: str, clock: TimeOfDay) -> str:
    """Replace the part of the day by a mark and note it; the first one said counts."""
    early = rx(r"\bearly (?:in the day|on|¶?(?=§))").search(text)
    if early and "day" in early[0]:
        clock.part = "early day"
        text = text.replace(early[0], "¶", 1)

    def note(m: re.Match[str]) -> str:
        word = _part_name(m)
        if m[1] in _SPAN_OF_PART and word in _MIDDLES:
            return _MIDDLES[word]
        before = text[: m.start()].rstrip()
        if word in ("lunch", "dinner") and before.endswith("after"):
            word = f"after {word}"
        if word == "lunch" and before.endswith("before") and clock.end is None:
            clock.end = NOON
            return "¶"
        clock.part = clock.part or word
        return "¶"

    text = rx(_PART_WORDS).sub(note, text)
    if rx(r"\bafter work\b").search(text):
        clock.part = clock.part or "after work"
    if clock.part is None and (half := rx(r"§,? (am|pm)\b|\bin the (am|pm)\b").search(text)):
        clock.part = "half " + (half[1] or half[2])
    return text


_MORNINGS = ("morning", "breakfast", "half am", "early day")


def _settle(token: str, part: str | None, clock: TimeOfDay) -> int:
    """Turn a token into minutes by the part of the day, else by the hours people play at."""
    minutes, kind = int(token[1:3]) * 60 + int(token[3:5]), token[5]
    if kind in "qx":
        named = (minutes + 59 if kind == "q" else minutes) // 60 % 12
        before_noon = kind == "q" and named == 0
        return minutes % NOON + (NOON if _is_late(named, part) and not before_noon else 0)
    if part and kind in "af" and not part.endswith(_MORNINGS) and 0 < minutes < NOON:
        if kind == "f" and part != "half am":
            return minutes + NOON
        clock.clash = clock.clash or (minutes < 11 * 60 and not part.endswith("night"))
    if part and part.endswith("morning") and kind == "p" and minutes >= NOON + 60:
        clock.clash = True
    return minutes


def _is_late(hour: int, part: str | None) -> bool:
    """Say whether an open hour (0 stands for 12) lies after noon."""
    if part is None:
        return hour < 7
    if part.endswith(_MORNINGS):
        return hour == 0
    if part.endswith("night"):
        return hour >= 5
    if part == "lunch":
        return hour < 6
    return True


def _pair(first: str, second: str, clock: TimeOfDay) -> tuple[int, int]:
    """Settle both ends of a range together."""
    part = clock.part
    open_first, open_second = first[5] in "xq", second[5] in "xq"
    if open_first and not open_second:
        end = _settle(second, part, clock)
        start = int(first[1:3]) % 12 * 60 + int(first[3:5])
        late = start + NOON
        if part is None and end > NOON and second[5] == "f" and end >= 13 * 60:
            return (late if late < end and start < 7 * 60 else start), end
        return (late if late < end else start), end
    start = _settle(first, part, clock)
    if not open_second:
        return start, _settle(second, part, clock)
    end = int(second[1:3]) % 12 * 60 + int(second[3:5])
    while end <= start and end < DAY_MINUTES - NOON:
        end += NOON
    return start, end


_T = f"({CLOCK})"
_AFTER = (
    r"(?:(?<!no )(?<!not )later than|(?<!not )(?<!never )(?<!nothing )(?<!n't )(?:after|past)"
    r"|(?<!\bname )(?<!\bnames )from|since|starting(?: at| from)?|(?:not|nothing|n't) before"
    r"|(?:no|not) (?:earlier|sooner) than|not until|beginning(?: at)?|earliest)"
)
_BEFORE = (
    r"(?:(?:no|not) later than|as late as|(?<!not )(?<!n't )(?<!nothing )before|until|till|up to"
    r"|upto"
    r"|(?:not|never|nothing|n't) (?:after|past)"
    r"|(?<!no )(?<!not )earlier than|prior to|by no later than|latest|ending(?: at)?)"
)
_FILL = r"\s*(?:at |§\s*|,\s*|¶\s*|the |is )*"


def read_clock(text: str, clock: TimeOfDay, *, expected: bool = False) -> str:
    """Read all times of a text whose clocks, dates and parts are marked; blanks what it took."""
    text = mark_bare(text, expected=expected)
    text = _ranges(text, clock)
    text = _bounds(text, clock)
    for m in rx(CLOCK).finditer(text):
        if not rx(r"(?:instead of|rather than|\bnot)\s+(?:at |for )?$").search(text[: m.start()]):
            point = _settle(m[0], clock.part, clock)
            if point not in clock.points:
                clock.points.append(point)
    return rx(CLOCK).sub("¤", text)


_RANGE = (
    rf"(?:\b(?:from|between)\s+(?:at )?)?{_T}\s*¶?\s*(?:to|-|until|till|through|thru)\s*"
    rf"(?:at )?{_T}|\b(?:between|from)\s+(?:at )?{_T}\s*(?:and|&)\s*(?:at )?{_T}"
)
_END = (
    rf"\b{_BEFORE}{_FILL}{_T}|{_T}(?:,? ?(?:on )?§)?,?\s*"
    r"(?:or earlier|or before|(?:at )?the latest)"
)
_START = (
    rf"\b{_AFTER}{_FILL}{_T}|{_T}(?:,? ?(?:on )?§)?,?\s*"
    r"(?:or later|onwards?|and later|or after|and after|or so onwards?|(?:at )?the earliest)"
)


def _ranges(text: str, clock: TimeOfDay) -> str:
    joined = rx(_RANGE).search(text)
    if joined is None:
        return text
    first, second = (joined[1], joined[2]) if joined[1] else (joined[3], joined[4])
    clock.start, clock.end = _pair(first, second, clock)
    return text[: joined.start()] + "¤" + text[joined.end() :]


def _bounds(text: str, clock: TimeOfDay) -> str:
    if start := rx(_START).search(text):
        clock.start = _settle(start[1] or start[2], clock.part, clock)
        text = text[: start.start()] + "¤" + text[start.end() :]
    if end := rx(_END).search(text):
        token = end[1] or end[2]
        clock.end = _settle(token, clock.part, clock)
        if (
            token[5] == "x"
            and clock.start is not None
            and clock.end <= clock.start < NOON + clock.end
        ):
            clock.end += NOON
        text = text[: end.start()] + "¤" + text[end.end() :]
    lasting = rx(r"\bfor (?:at )?(\d+) (minutes|hours)\b").search(text)
    if lasting and clock.start is not None and clock.end is None:
        each = 60 if lasting[2] == "hours" else 1
        clock.end = min(clock.start + int(lasting[1]) * each, DAY_MINUTES - 1)
    return text
