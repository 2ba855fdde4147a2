"""Things to choose from: found in JSON or in numbered lines, said in words, picked by words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, cast

from batuta.offline.labels import label_in
from batuta.offline.request_words import EXCEPT
from batuta.offline.when_words import MONTH, normalise, rx

_HIDDEN = ("status", "note", "url", "created", "updated")
_ORDER = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th", "11th", "12th")


@dataclass(frozen=True, slots=True)
class ListedOption:
    """One thing to choose.

    Args:
        label: How it is said to a person.
        id: Its identifier, "" where the text it comes from shows none.
        start: Its time of day, as HH:MM, where it has one.
        day: Its date in ISO form, where it has one; not part of the label.
    """

    label: str
    id: str = ""
    start: str = ""
    day: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])


def json_parts(text: str) -> Iterator[Any]:
    """Find the JSON objects and arrays that stand in a text, outermost only."""
    decoder, at = json.JSONDecoder(), 0
    while (m := rx(r"[\[{]").search(text, at)) is not None:
        try:
            value, end = decoder.raw_decode(text, m.start())
        except (ValueError, RecursionError):
            at = m.start() + 1
            continue
        yield value
        at = end


def spoken_day(day: date, *, today: date | None = None) -> str:
    """Say a date in words, with its year unless that is plain."""
    year = f" {day.year}" if today is None or day.year != today.year else ""
    return f"{day:%A} {day.day} {day:%B}{year}"


def as_date(value: Any) -> date | None:
    """Read an ISO date, None where it is none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        return None


def as_clock(value: Any) -> str | None:
    """Read a time of day as HH:MM, None where it is none."""
    try:
        return (
            f"{time.fromisoformat(value):%H:%M}"
            if isinstance(value, str) and ":" in value
            else None
        )
    except ValueError:
        return None


def _is_id(key: str) -> bool:
    return bool(rx(r"(^|_)ids?$").search(key))


def _named(key: str, value: Any) -> str:
    name = key.replace("_", " ")
    if as_date(value):
        return spoken_day(cast("date", as_date(value)))
    text = ", ".join(map(str, cast("list[Any]", value))) if isinstance(value, list) else str(value)
    if isinstance(value, bool):
        return name if value else f"not {name}"
    if len(text) <= 3 and not text.isspace():
        return f"{name.capitalize()} {text}"
    if key in ("title", "name", "label", "summary", "description"):
        return text
    return f"{name} {text}"


def say_facts(facts: Mapping[str, Any], *, skip: Sequence[str] = ()) -> str:
    """Put the plain values of an object into words, identifiers left out."""
    pieces: list[str] = []
    start, end = (as_clock(facts.get(k)) for k in ("start", "end"))
    for key, value in facts.items():
        hidden = _is_id(key) or key in _HIDDEN or key in skip or value in (None, "", [])
        if hidden or isinstance(value, Mapping) or (key == "end" and start and end):
            continue
        if key == "start" and start:
            pieces.append(f"{start} to {end}" if end else start)
        elif clock := as_clock(value):
            pieces.append(clock)
        else:
            pieces.append(_named(key, value))
    return ", ".join(pieces)


def _option(item: Mapping[str, Any]) -> ListedOption:
    ids = [str(v) for k, v in item.items() if _is_id(k) and isinstance(v, str | int)]
    start = next(
        (c for k in ("start", "time", "starts_at", "from") if (c := as_clock(item.get(k)))), ""
    )
    days = [k for k, v in item.items() if as_date(v)]
    given = item.get("label")
    label = given if isinstance(given, str) else say_facts(item, skip=(*days[:1], "weekday"))
    day = str(item[days[0]]) if days else ""
    return ListedOption(label or (ids or [""])[0], (ids or [""])[0], start, day, item)


def options_in(value: Any, keys: Sequence[str] = ()) -> list[ListedOption]:
    """List the objects in the first fitting list of a JSON value.

    Args:
        keys: Names of the list to look for first; without them any list of objects counts.
    """
    if isinstance(value, list):
        rows = [
            cast("Mapping[str, Any]", r) for r in cast("list[Any]", value) if isinstance(r, Mapping)
        ]
        return [_option(r) for r in rows]
    if not isinstance(value, Mapping):
        return []
    inner = cast("Mapping[str, Any]", value)
    for key in (*keys, *(() if keys else inner)):
        if isinstance(inner.get(key), list) and (found := options_in(inner[key])):
            return found
    return []


YES_TAKES = "Shall I"
"""Opens a question that a plain yes answers."""


def invites_yes(text: str) -> bool:
    """Say whether the last line of an answer is a question that a plain yes answers."""
    return text.rstrip().rpartition("\n")[2].startswith(YES_TAKES)


def options_said(text: str) -> list[ListedOption]:
    """Read the numbered lines of a text back as options."""
    found: list[ListedOption] = []
    if "\n" not in text and not text.lstrip()[:1].isdigit():
        return found
    for m in rx(r"(?m)^\s*(\d{1,2})[.)]\s+(.+?)\s*$").finditer(text):
        shown = rx(r"\s*\((?:id ([^()\s]+)|([^()\s]*\d[^()\s]*))\)$").search(m[2])
        label = m[2][: shown.start()] if shown else m[2]
        start = rx(r"\b([0-2]\d:[0-5]\d)\b").search(label)
        identifier = (shown[1] or shown[2]) if shown else ""
        found.append(ListedOption(label, identifier, start[1] if start else ""))
    return found


_NOT_ANY = (
    "chance|way|idea|good|other|more|left|free|open|available|availability|particular|courts|slots"
    "|openings|times|copies|books|day|time after|time before"
)
_ANY = (
    rf"\b(?:any(?! (?:{_NOT_ANY}))(?: one)?(?: of (?:them|those|these))?|anything(?=\W*$)"
    rf"|whichever|whatever"
    r"|anyone (?:will|would) do"
    r"|(?:pick|choose|select|decide|take|book)(?: me)? (?:one|1|any|something)(?: of (?:them"
    r"|those|these))? for (?:me|us)"
    r"|either(?: one)?|surprise me|(?:you|your) (?:choose|pick|decide|choice)"
    r"|(?:i )?don'?t (?:mind|care)|no preference|doesn'?t matter|don'?t have a preference"
    r"|first (?:1 )?available|up to you|all the same)\b"
)
_PLACE_WORDS = "first second third fourth fifth sixth seventh eighth ninth tenth"
_NUMBERS = {
    **{word: str(n) for n, word in enumerate(_PLACE_WORDS.split(), 1)},
    "former": "1",
    "top": "1",
    "latter": "last",
    "final": "last",
    "bottom": "last",
}
_ORDINAL = (
    rf"\b({_PLACE_WORDS.replace(' ', '|')}|last|final|former|latter|(?<=the )(?:top|bottom)"
    r"|\d{1,2}(?:st|nd|rd|th))\b"
)


_DATING = (
    r"(?<!\bdown )(?<!\bin )(?<!\bgo )(?<!\bopt )(?<!going )(?<!settle )(?<!yes )(?<!yeah )"
    r"\b(?:on|for|to|until|by|from|till)(?: the)? $|\b(?:a|1|one|per|every|just|this) $"
)
"""What makes an ordinal behind it a day: "on the first", but not "go for the first"."""


def picked(text: str, nouns: Sequence[str] = ()) -> str | None:
    """Read which option the text names: an ordinal in digits, "last", a label, "any", or None.

    Args:
        nouns: Words that a label follows, as "court" in "court B".
    """
    if label := label_in(text, nouns):
        return label
    plain = normalise(text)
    if rx(_ANY).search(plain) and not rx(r"\b(?:not|nor|neither|n't)\b.*\beither\b").search(plain):
        return "any"
    for pattern in _PLACES:
        m = rx(pattern).search(plain)
        if m and not rx(_DATING).search(plain[: m.start(1)]):
            word = m[1]
            return word if word == "last" else _NUMBERS.get(word) or re.sub(r"\D", "", word)
    return None


def kinds_of(options: Sequence[ListedOption]) -> frozenset[str]:
    """Give the nouns by which options are named, such as "court" of "Court A, 16:00".

    >>> kinds_of([ListedOption("Court A, 16:00"), ListedOption("09:00 with Kim")])
    frozenset({'court'})
    """
    heads = (rx(r"^(\w+) (?:[A-Za-z]|\d{1,2})(?:,|$)").search(o.label) for o in options)
    return frozenset(m[1].lower() for m in heads if m)


NOT = "not "
"""Opens a choice that says what is not wanted."""


def excluded(plain: str) -> str | None:
    """Read what a normalised text leaves out, as in "any but A": "not A", or "not A, B".

    >>> excluded("any court but a tomorrow"), excluded("not a and not b"), excluded("court a")
    ('not A', 'not A, B', None)
    """
    turned = rx(
        rf"\b{EXCEPT} (?:the )?"
        r"((?:(?:court |slot |number )?(?:[a-z]|\d{1,2})\b(?:,| or| nor"
        r"| and)?(?: not(?= [a-z]\b))? ?)+)"
        r"(?=\W*$|[,.;!?]|(?:tomorrow|today|tonight|on|at|for|please|next|this|in)\b)"
    )
    said = " ".join(turned.findall(plain))
    letters = rx(r"\b(?:[a-z]|\d{1,2})\b").findall(said)
    return NOT + ", ".join(dict.fromkeys(x.upper() for x in letters)) if letters else None


@dataclass(frozen=True, slots=True)
class PickedHour:
    """An hour by which something was picked of what is on the table.

    Args:
        choice: The place of the one option of that hour, None where it could be two things.
        time: The hour where several options have it.
    """

    choice: str | None = None
    time: time | None = None


_HOUR = (
    r"^\W*(?:(?:ok|okay|yes|then|i'?ll take|i'?ll have|let'?s (?:do|take|say|go (?:with|for))|book"
    r"|take"
    r"|i'?d like|the|at|for|1\b|one\b|slot|court|option|please) ?,? ?)*"
    r"(\d{1,2})(?:[:.](\d\d))?(?: ?(am|pm)|oclock)?(?: (?:1|one|slot|court|option|works|is (?:fine"
    r"|good|ok)))*"
    r"(?:,? (?:please|then|thanks?|thank you|sounds good))*\W*$"
)


_PLACED = r"\b(?:number|option|no\.?|slot|court) \d|#"
"""A number that says itself to be a place in the list."""


def hour_picked(plain: str, options: Sequence[ListedOption]) -> PickedHour | None:
    """Read a bare number as the hour of one of the options, in the half of the day on the table.

    None where it is no hour of theirs, or where options of one hour leave nothing to pick.
    """
    starts = [o.start for o in options]
    m = rx(_HOUR).search(plain) if len(set(starts)) > 1 else None
    if m is None:
        return None
    hour, minute, half = int(m[1]), m[2] or "00", m[3]
    hours = (
        {hour % 12 + 12} if half == "pm" else {hour % 12} if half else {hour % 24, hour % 12 + 12}
    )
    named = {f"{h % 24:02}:{minute}" for h in hours} & set(starts)
    fitting = [n for n, s in enumerate(starts, 1) if s in named]
    spelt = m[2] or half or "oclock" in plain or rx(r"\bat \d").search(plain)
    if len(named) > 1 and hour <= len(options) and not spelt and not rx(_PLACED).search(plain):
        return PickedHour()
    if len(named) != 1 or rx(_PLACED).search(plain):
        return None
    if hour <= len(options) and not spelt and [hour] != fitting:
        return PickedHour()
    if len(fitting) > 1:
        return PickedHour(time=time.fromisoformat(next(iter(named))))
    return PickedHour(str(fitting[0]))


_END = (
    r"^\W*(?:(?:ok|okay|yes|then|i'?ll (?:take|have)|i'?d like|let'?s (?:do|take|go (?:with|for))"
    r"|give me|book|take|the|your|please) ?,? ?)*(earliest|soonest|latest|earlier|later)"
    r"(?:,? (?:1|one|slot|court|option|time|you have|you'?ve got|available|possible|please|then"
    r"|thanks|thank you|will do|is (?:fine|good|ok)|works|of (?:them|those|these)))*\W*$"
)


def end_picked(plain: str, options: Sequence[ListedOption], *, cut: bool = False) -> str | None:
    """Read "the earliest" or "the latest" as the place of that option, the first among equals.

    Args:
        cut: Whether the list goes on beyond the options, so that its latest is not known.
    """
    m = rx(_END).search(plain)
    timed = bool(options) and all(o.start for o in options)
    if m is None or not timed or any(rx(r"[A-Z][a-z]+day\b").search(o.label) for o in options):
        return None
    if cut and m[1] == "latest":
        return None
    starts = [o.start for o in options]
    if m[1] in ("earlier", "later") and len(set(starts)) != 2:  # of two things only
        return None
    return str(starts.index((max if m[1].startswith("late") else min)(starts)) + 1)


_PLACES = (
    (
        r"^(?:i'?ll take |i'?ll have |i want |take |let'?s (?:take|do) |book |the )*"
        r"(?:num(?:b?er|ero)? |no\.? ?|nr\.? ?|option |#)(\d{1,2})\b"
    ),
    r"(?:\b(?:num(?:b?er|ero)?|nr|option|choice)|#) ?(\d{1,2})\b",
    (
        rf"{_ORDINAL}(?:,? (?:1|one|option|slot|court|choice|please|works|is|sounds|would)\b"
        r"|\s*[.!?]*$)"
    ),
    rf"\b(?:in|on) (?:the )?{_ORDINAL} (?:line|row|place|position)\b",
    rf"\bthe {_ORDINAL} (?!of\b|at\b|in\b|from\b|{MONTH}\b)[a-z]+",
    r"^(?:the )?(\d{1,2}|last)(?:,? (?:please|then|thanks?))?[.!]?$",
)


def remaining(pick: str, options: Sequence[ListedOption]) -> list[ListedOption]:
    """List the options that an exclusion leaves."""
    out = set(pick.removeprefix(NOT).split(", "))
    return [o for o in options if o.label.split(",")[0].rpartition(" ")[2].upper() not in out]


def take(pick: str, options: Sequence[ListedOption]) -> ListedOption | None:
    """Find the option that ``picked`` names, None where none or several fit."""
    if not options:
        return None
    if pick in ("any", "last"):
        return options[0 if pick == "any" else -1]
    if pick.startswith(NOT):  # what is ruled out chooses nothing yet
        return None
    if pick.isdigit() and 1 <= int(pick) <= len(options):
        return options[int(pick) - 1]
    named = [o for o in options if re.search(rf"(?<!\w){re.escape(pick)}(?!\w)", o.label, re.I)]
    return named[0] if len(named) == 1 or (len({o.label for o in named}) == 1 and named) else None
