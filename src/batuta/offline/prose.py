"""Writing a few plain sentences from JSON or text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from batuta.offline.options import (
    as_clock,
    as_date,
    json_parts,
    options_in,
    say_facts,
    spoken_day,
)
from batuta.offline.when_words import rx

MOST_LISTED = 12


def _record_id(facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find the identifier of what was made: the one that no other tool's result would hold."""
    ids = [(k, str(v)) for k, v in facts.items() if rx(r"(^|_)id$").search(k) and v]
    made = [p for p in ids if rx(r"book|loan|order|reserv|ticket|confirm|reference").search(p[0])]
    return (made or ids or [None])[0]


def say_done(facts: Mapping[str, Any], what: str = "") -> str:
    """Say what was done, with its day, time and identifier.

    Args:
        what: What it was done to, where the facts do not say it themselves.
    """
    days = {k: spoken_day(d) for k, v in facts.items() if (d := as_date(v))}
    start, end = as_clock(facts.get("start") or facts.get("time")), as_clock(facts.get("end"))
    skip = [*days, "weekday", *(k for k, v in facts.items() if as_clock(v))]
    words = say_facts(facts, skip=skip) or what
    for key, day in days.items():
        words += f" on {day}" if key in ("date", "day") else f"{', ' if words else ''}{key} {day}"
    if start:
        words += f", {start} to {end}" if end else f" at {start}"
    status = str(facts.get("status") or "").replace("_", " ")
    found = _record_id(facts)
    tail = f" Your {found[0].replace('_', ' ')} is {found[1]}." if found else ""
    return f"{words.strip() or 'it is done'}{f' is {status}' if status else ''}.{tail}"


def _listed(value: Any) -> str | None:
    options = options_in(value)
    if not options:
        return None
    lines = [f"{n}. {o.label}" for n, o in enumerate(options[:MOST_LISTED], 1)]
    more = len(options) - len(lines)
    return "\n".join([*lines, *([f"… and {more} more."] if more else [])])


def _flat(value: Any) -> Mapping[str, Any]:
    """Take the object that holds the facts out of its wrapping."""
    facts = cast("Mapping[str, Any]", value)
    inner = [cast("Mapping[str, Any]", v) for v in facts.values() if isinstance(v, Mapping)]
    plain = [v for v in facts.values() if not isinstance(v, Mapping | list)]
    return _flat(inner[0]) if inner and len(plain) < 2 else facts


def _summary(text: str) -> str:
    sentences = [s.strip() for s in rx(r"(?<=[.!?])\s+|\n+").split(text) if s.strip()]
    return " ".join(sentences[:3])[:600]


def write_prose(instructions: str, said: Sequence[str]) -> str:
    """Write a short text on what the last message holds.

    Args:
        said: The user's messages, the last one counts first.
    """
    text = said[-1] if said else ""
    values = list(json_parts(text))
    for value in values:
        if isinstance(value, Mapping):
            facts = _flat(value)
            if error := facts.get("error"):
                return f"I am sorry, that did not work: {error}"
            if listed := _listed(facts):
                return f"Here is what there is:\n{listed}"
            opening = (
                "Done" if rx(r"confirm|book|done|made").search(instructions.lower()) else "In short"
            )
            return f"{opening}: {say_done(facts)}"
        if listed := _listed(value):
            return f"Here is what there is:\n{listed}"
    return _summary(text) or "There is nothing to report."
