"""What can be chosen: options with labels, said as a list and picked by words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

_SHOWN = 16
_NAME = 2
"""Letters of a name, such as that of court B or table 12."""
NOT = "not "
"""Opens a choice that rules an option out."""
LEAD = "Here is what I have:"
"""Stands before a list of options."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be chosen: an id for the tool, a label for the user.

    Args:
        start: Its time of day as HH:MM, by which a window narrows the options; "" without one.
    """

    id: str
    label: str
    start: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought.

    Args:
        exact: Whether the options are what was asked for, not the nearest to it.
        note: What to tell the user about them, such as why nothing exact was found.
    """

    options: tuple[Option, ...]
    exact: bool = True
    note: str = ""

    def thinned(self) -> Found:
        """Keep one option for each time of day where there are more than a list shows."""
        if len(self.options) <= _SHOWN or not all(o.start for o in self.options):
            return self
        firsts = {o.start: o for o in reversed(self.options)}
        return replace(self, options=tuple(sorted(firsts.values(), key=lambda o: o.start)))

    def named(self, values: Mapping[str, Any]) -> Found:
        """Keep the options that a value names, as court B does; all where it names none."""
        found = self
        for name, value in values.items():
            if not isinstance(value, str) or not value:
                continue
            words = _words(f"{name} {value}".lower())
            kept = tuple(o for o in found.options if words <= _words(o.label.lower()))
            named = any(name.lower() in _words(o.label.lower()) for o in found.options)
            if kept:
                found = replace(found, options=kept)
            elif named and len(value.split()[-1]) <= _NAME:
                note = f"There is no {name} {value.split()[-1]} among these. {found.note}".strip()
                found = replace(found, exact=False, note=note)
        return found


def listed(options: Sequence[Option], ending: str, lead: str = LEAD) -> str:
    """Write options as a numbered list."""
    lines = [f"{n}. {option.label}" for n, option in enumerate(options[:_SHOWN], 1)]
    if len(options) > _SHOWN:
        lines.append(f"… and {len(options) - _SHOWN} more")
    return "\n".join([lead, *lines, ending]).strip()


def said_whole(text: str, options: Sequence[Option]) -> list[Option]:
    """Find the options whose label is all that was said, but for case and punctuation.

    A bare number is none: it means a place in the list.

    >>> rooms = [Option("1", "Room 1"), Option("2", "Room 1, with a view")]
    >>> [o.id for o in said_whole("room 1.", rooms)]
    ['1']
    """
    said = _plain(text)
    return [o for o in options if said and not said.isdecimal() and said == _plain(o.label)]


def pick(choice: str, options: Sequence[Option]) -> list[Option]:
    """Find the options that a choice means: a number, ``last``, ``any``, an id, or label words.

    >>> courts = [Option("a", "Court A, 14:00"), Option("b", "Court B, 14:00")]
    >>> [o.id for o in pick("Court B", courts)], [o.id for o in pick("2", courts)]
    (['b'], ['b'])
    """
    wanted = choice.strip().lower()
    if not wanted or not options:
        return []
    if wanted.startswith(NOT):
        out = set(re.findall(r"\w+", wanted.removeprefix(NOT)))
        return [o for o in options if not out & set(_words(o.label.split(",")[0].lower()))]
    if whole := said_whole(choice, options):
        return whole
    if wanted in ("any", "first"):
        return [options[0]]
    if wanted == "last":
        return [options[-1]]
    if wanted.isdecimal() and len(wanted) < 10 and 1 <= int(wanted) <= len(options):
        return [options[int(wanted) - 1]]
    by_id = [o for o in options if o.id.lower() == wanted]
    by_start = [o for o in options if o.start and o.start == wanted.zfill(5)]
    if by_id or by_start:
        return by_id or by_start
    words = _words(wanted)
    return [o for o in options if words <= _words(o.label.lower())] if words else []


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w:]+", text.lower()))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w:]+", text)) - {"the", "one", "please", "at", "for"}
