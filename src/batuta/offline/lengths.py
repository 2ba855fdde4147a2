"""How long a thing lasts: what the instructions tell of it, and where a text only repeats it."""

from __future__ import annotations

import re
from datetime import time

from batuta.offline.when_words import rx

_TOLD = (
    r"(?i)\b(?:slots?|courts?|appointments?|sessions?|tables?|bookings?|each|which)"
    r"(?: is| are)?(?: booked)? (?:lasts?|takes?|of|for|by) (?:about |exactly )?"
    r"(?:(\d+) minutes|(an?|one|the) hour)\b"
)
_SAID = (
    r"(?:(\d+)[ -]?(?:minutes?|mins?)|(?:an|a|one|1)(?: full| whole| single)?[ -]?(?:hours?|hrs?"
    r"|h))\b"
)
_ONLY = r"(?! ?(?:and|or|each|every|more|later|earlier|before|after|from now|ago|ahead|too|½|\d|-))"
_FOR_SO_LONG = (
    rf"(?i)(?:,? (?:for|lasting)(?: just| only| exactly| the usual)? {_SAID}{_ONLY}"
    rf"|, (?:just |only )?{_SAID}(?=[,.!;]|$)|(?<=\ba ){_SAID} (?=slot|court|session|game|match"
    rf"|booking))"
)


def usual_minutes(told: str) -> int:
    """Read how long the thing lasts that an App is for; 0 where its instructions do not say it.

    >>> usual_minutes("A slot lasts 60 minutes."), usual_minutes("It books courts by the hour.")
    (60, 60)
    """
    m = rx(_TOLD).search(told)
    return 0 if m is None else int(m[1]) if m[1] else 60


def without_usual_length(text: str, minutes: int) -> str:
    """Drop a length that is the usual one, which so asks for nothing more.

    >>> without_usual_length("Book a court at 4pm for one hour", 60)
    'Book a court at 4pm'
    >>> without_usual_length("Book a court at 4pm for an hour and a half", 60)
    'Book a court at 4pm for an hour and a half'
    """

    def dropped(m: re.Match[str]) -> str:
        said = next((int(n) for n in m.groups() if n), 60)
        return "" if said == minutes else m[0]

    return rx(_FOR_SO_LONG).sub(dropped, text) if minutes else text


def lasts(start: time | None, end: time | None, minutes: int) -> bool:
    """Say whether a window of time is as long as one of what it is for."""
    if start is None or end is None:
        return False
    return (end.hour - start.hour) * 60 + end.minute - start.minute == minutes > 0
