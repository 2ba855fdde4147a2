"""Reading values for a schema's fields out of what a user wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from batuta.offline.schema import Field, fits
from batuta.offline.when import When
from batuta.offline.when_words import DAY, MONTH, normalise, rx


def nouns_of(fields: Sequence[Field]) -> list[str]:
    """List the words that a label may follow: names of string fields and what ids identify."""
    named = [f.name.split("_")[0] for f in fields if f.kind == "string"]
    return [n for n in named if not rx(r"^(?:date|time|action|choice|reason)$").search(n)]


def _people(text: str, rest: str) -> int | None:
    """Read a number of people from the text without its times."""
    if rx(r"\b(?:just|only) me\b|\b(?:by myself|alone|on my own)\b").search(text):
        return 1
    if rx(r"\b(?:me and (?:a|my) \w+|(?:a|my) \w+ and (?:me|i)|the 2 of us)\b").search(text):
        return 2
    nouns = r"(?:people|persons?|players?|of us|guests?|adults?|pax|participants?)"
    for pattern in (rf"\b(\d+) {nouns}\b", r"\b(?:party|group|table) of (\d+)\b", r"\bfor (\d+)\b"):
        if m := rx(pattern).search(rest):
            return int(m[1])
    return None


def _integer(field: Field, text: str, rest: str) -> int | None:
    if rx(r"people|person|player|guest|party|participant").search(field.words):
        return _people(text, rest)
    name = re.escape(field.name.replace("_", " ").removesuffix("s"))
    near = rx(rf"\b(\d+) (?:more )?{name}s?\b|\b{name}s?(?: of| is| to|:|=)? (\d+)\b").search(rest)
    return int(near[1] or near[2]) if near else None


def _boolean(field: Field, text: str) -> bool | None:
    name = re.escape(field.name.replace("_", " ").removeprefix("is ").removeprefix("wants "))
    if rx(rf"\b(?:no|not|without|don'?t (?:need|want)) (?:\w+ )?{name}").search(text):
        return False
    return True if rx(rf"\b{name}\b").search(text) else None


REMARKS = r"^(?:preferences?|wish(?:es)?|notes?|comments?|remarks?)$"
"""Fields that take what a user says beside the rest, in their words."""


def _string(field: Field, raw: str) -> str | None:
    """Read a free string: a label after the field's name, a quotation, or a name in capitals."""
    name = re.escape(field.name.split("_")[0])
    if rx(REMARKS).search(field.name):
        return _preference(raw)
    if field.name in ("name", "title", "query", "topic", "subject"):
        return _title(raw) or _object(raw)
    if rx(r"\bauthor|writer|artist|by whom").search(field.words):
        m = re.search(r"\b[Bb]y ((?:[A-Z][\w'.-]*)(?: [A-Z][\w'.-]*)*)", raw)
        return m[1].rstrip(".") if m else None
    m = re.search(
        rf"(?i:\b{name})\s+(?:(?:number|no\.?|called|named)\s+)?([A-Z]\b|\d+\b|[a-z](?![\w']))", raw
    ) or re.search(r"(?i:\bslot|\boption)\s+([A-Z]\b|[b-hj-z](?![\w']))", raw)
    return m[1].upper() if m and m[1] not in ("a", "i") else None


def _object(raw: str) -> str | None:
    """Take what follows the verb of a request as the thing's name, where it has no capitals."""
    m = re.search(
        r"(?i)\b(?:borrow|find|look(?:ing)? for|search(?:ing)? for|have|got|read|order|called"
        r"|titled|named)\s+(?:(?:a copy of|copies of|the book|the)\s+)*"
        r"(?!(?:an?|some|any|to|it|that|this|one|me|us|you)\b|books?\b)([^.?!,;]+)",
        raw,
    )
    behind = rf"(?i)\s+(?:by\s.+|{POLITE}\b.*|for me.*|instead)$"
    name = re.sub(behind, "", m[1]).strip() if m else ""
    return name if 2 <= len(name) <= 80 else None


def _preference(raw: str) -> str | None:
    """Take the words that say how the thing should be, as the user put them."""
    m = re.search(
        r"(?i)\b(?:(?:i(?:'d| would)? )?prefer(?:ably|red|ring)?|ideally|if possible,?|rather"
        r"|the (?:earlie|late|cheape|neare|quiete|sunnie|shadie)st"
        r"|earliest|latest|indoors?|outdoors?"
        r"|(?:not (?:too|near|next to|in) |near |close to |next to |away from )"
        r"(?:the |a |an )?(?!me\b|my\b|it\b|that\b|sure\b|\d)[a-z]+)\b[^.!?;]*",
        raw,
    )
    return m[0].strip(" ,") if m else None


_DATED = rf"(?:{DAY}|{MONTH})(?: \d{{1,4}})*"
"""A name that is one of the calendar."""


def _title(raw: str) -> str | None:
    quoted = re.search(r"[\"“‘']([^\"”’]{2,80}?)[\"”’'](?!\w)", raw)
    if quoted:
        return quoted[1].strip()
    plain = re.sub(r"\s+by (?:[A-Z][\w'.-]*\s?)+", " ", raw)
    found = re.findall(
        r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]*(?: (?:(?:of|the|and|in|a|to|for|on) )*[A-Z0-9][\w'-]*)*",
        plain,
    )
    plain_words = ("I", "I'd", "I'm", "I'll", "I've", "OK", "Yes", "No")
    names = [f for f in found if f not in plain_words and not rx(_DATED).fullmatch(f.lower())]
    return max(names, key=len) if names else None


def _value(field: Field, raw: str, when: When) -> Any:
    plain = normalise(raw)
    if field.options:
        return _enum(field, plain)
    if field.is_date:
        # A past day is what the user said; whether it will do is for others to judge.
        return when.date.isoformat() if when.date and when.problem in (None, "past") else None
    if field.is_time:
        return _time(field, when)
    if field.kind in ("integer", "number"):
        return _integer(field, plain, when.rest)
    if field.kind == "boolean":
        return _boolean(field, plain)
    if field.named and (said := _named(field, plain)):
        return said
    return _string(field, raw) if field.kind == "string" else None


def _named(field: Field, plain: str) -> str | None:
    """Read one of the values that the field's description lists."""
    said = [v for v in field.named if rx(rf"\b{re.escape(v.lower())}\b").search(plain)]
    return said[0] if len(said) == 1 else None


def _enum(field: Field, plain: str) -> Any:
    said = [
        o
        for o in field.options
        if rx(rf"\b{re.escape(str(o).lower().replace('_', ' '))}\b").search(plain)
    ]
    return said[0] if len(said) == 1 else None


_ENDS = r"(?:^|_)(?:to|end|until|till|before|latest)(?:$|_)"
_STARTS = r"(?:^|_)(?:from|start|after|earliest|begin)(?:$|_)"
_SLOT_MINUTES = 60
"""A window that is no longer is one slot, said by its start and its end."""


def _is_bound(field: Field) -> bool:
    return bool(rx(_ENDS).search(field.name) or rx(_STARTS).search(field.name))


def _is_wide(when: When) -> bool:
    if when.start is None or when.end is None:
        return True
    first, last = (t.hour * 60 + t.minute for t in (when.start, when.end))
    return last - first > _SLOT_MINUTES


def _time(field: Field, when: When) -> str | None:
    if rx(_ENDS).search(field.name):
        value = when.end
    elif rx(_STARTS).search(field.name):
        value = when.start
    else:
        value = when.time or (when.start if when.part is None and when.end else None)
    return f"{value:%H:%M}" if value and when.problem in (None, "past") else None


def all_day(fields: Sequence[Field]) -> dict[str, str]:
    """Give the bounds of a window that leaves every hour open; empty where no field takes them."""
    bounds = [f.name for f in fields if f.is_time and _is_bound(f)]
    return {name: "23:59" if rx(_ENDS).search(name) else "00:00" for name in bounds}


POLITE = r"(?:please|pls|plz|thanks|thx)"
"""What stands behind a title and is no part of it."""


def read_values(fields: Sequence[Field], text: str, when: When) -> dict[str, Any]:
    """Read what the text says for each field; ids and control fields are left alone."""
    found: dict[str, Any] = {}
    windowed = any(f.is_time and _is_bound(f) for f in fields) and _is_wide(when)
    for each in fields:
        if each.is_id or each.name in ("action", "choice", "reason"):
            continue
        value = _value(each, text, when)
        if each.is_time and windowed and when.time is None and not _is_bound(each):
            value = None
        if value is not None and fits(each, value):
            found[each.name] = value
    return found
