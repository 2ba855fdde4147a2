"""Events as a record keeps them: deep step paths are written by where they were seen before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.trace import Event

_DEEP = 32
"""Longest path that is written out, in characters: some sixteen agents inside each other."""


def packed(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Turn events into JSON-able data whose size is the same for each, however deep it lies.

    A path is ``@17`` where it is that of event 17, ``@17.2`` where it is the second step in that.
    """
    seen: dict[str, int] = {}
    made: list[dict[str, Any]] = []
    for number, event in enumerate(events):
        raw = event.to_json()
        for name in ("span", "parent"):
            raw[name] = _short(raw[name], seen)
        seen.setdefault(event.span, number)
        made.append(raw)
    return made


def unpacked(raw: Sequence[Mapping[str, Any]]) -> tuple[Event, ...]:
    """Read what ``packed`` made, or events that are written out.

    Raises:
        ValueError: A path refers to an event that is not there.
    """
    made: list[Event] = []
    for each in raw:
        paths = {name: _long(each[name], made) for name in ("span", "parent")}
        made.append(Event.from_json({**each, **paths}))
    return tuple(made)


def _short(path: str, seen: Mapping[str, int]) -> str:
    if len(path) <= _DEEP:
        return path
    if path in seen:
        return f"@{seen[path]}"
    around, _, step = path.rpartition(".")
    return f"@{seen[around]}.{step}" if around in seen else path


def _long(path: str, events: Sequence[Event]) -> str:
    if not path.startswith("@"):
        return path
    number, dot, step = path[1:].partition(".")
    at = int(number)
    if not 0 <= at < len(events):
        raise ValueError(f"there is no event {number} before it")
    return f"{events[at].span}{dot}{step}"
