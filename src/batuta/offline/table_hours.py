"""Hours that are read by what is on the table: its half of the day, an hour later, the next one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from batuta.core.replacement import replace
from batuta.offline.options import ListedOption
from batuta.offline.when import When
from batuta.offline.when_words import rx

_HALF_SAID = r"\d ?[ap]m\b|\b(?:0\d|1[3-9]|2\d):?\d\d|noon|midday|midnight|morning|evening|night"


_LAST = r"(?=\W*$|,? (?:please|then)\b)"
_NEXT_HOUR = (
    rf"\bthe (?:next|following) hour\b|\b(?:the )?hour after(?: that)?{_LAST}|\b1 later{_LAST}"
)
_HOUR_BEFORE = rf"\bthe (?:previous|preceding) hour\b|\b(?:the )?hour before(?: that)?{_LAST}"
"""Hours named by the one on the table, put in the way that the rule for them knows."""


def at_table(
    when: When, plain: str, options: Sequence[ListedOption], *, spoken: time | None
) -> When:
    """Take an hour whose half of the day is open for the one that is on the table.

    Args:
        spoken: The hour last wished for, None where none was.
    """
    plain = rx(_HOUR_BEFORE).sub("1 hour earlier", rx(_NEXT_HOUR).sub("1 hour later", plain))
    starts = {o.start for o in options if o.start}
    if len(starts) == 1 and when.part and when.time is None and when.date is None:
        return _in_part(when, time.fromisoformat(min(starts)))
    if not starts or when.part or rx(_HALF_SAID).search(plain):
        return when
    if m := rx(_BESIDE_HOUR).search(plain):
        return _beside_hour(
            when, m, time.fromisoformat(min(starts)) if len(starts) == 1 else spoken
        )
    if when.time is not None:
        other = _turned(when.time)
        turned = f"{when.time:%H:%M}" not in starts and f"{other:%H:%M}" in starts
        return replace(when, time=other) if turned else when
    bounds = [b for b in (when.start, when.end) if b is not None]
    late = bool(bounds) and all(b.hour < NOON < int(min(starts)[:2]) for b in bounds)
    if not late:
        return when
    start, end = (b and _turned(b) for b in (when.start, when.end))
    return replace(when, start=start or time.fromisoformat(min(starts)), end=end)


def _in_part(when: When, at: time) -> When:
    """Move the hour on the table into the part of the day that is said of it, where it fits."""
    fits = (t for t in (at, _turned(at)) if (when.start or t) <= t < (when.end or time.max))
    found = next(fits, None)
    return when if found is None else replace(when, time=found, start=None, end=None)


NOON = 12


def _turned(at: time) -> time:
    return at.replace(hour=(at.hour + NOON) % 24)


_BESIDE_HOUR = (
    r"^(?!.*\bthan\b).*?\b(?:1|(2|3)) hours? (?:(earlier|later)\b|(before|after)(?: that)?\W*$)"
)
"""An hour named by the one that is on the table: "an hour earlier?"."""


def _beside_hour(when: When, m: re.Match[str], at: time | None) -> When:
    """Move the one hour on the table, or the one wished for; leave open what several leave open."""
    hours = int(m[1] or 1) * (-1 if m[2] == "earlier" or m[3] == "before" else 1)
    if at is None or not 0 <= at.hour + hours < 24:
        return When(rest=when.rest, marked=when.marked)
    return When(time=at.replace(hour=at.hour + hours), rest=when.rest, marked=when.marked)
