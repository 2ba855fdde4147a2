"""Which of the options that a tool found are worth offering."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from batuta.offline.desk import ReadResult
from batuta.offline.labels import ANY_NOUN
from batuta.offline.options import NOT, ListedOption, excluded, remaining
from batuta.offline.when_words import normalise, rx
from batuta.offline.wish import PendingRequest

MOST_NOTE = 200
_YOURS = r"\byou already\b"
MOST_NEAR = 6
MOST_FULL = 8
"""Up to so many options are offered in full; beyond that, one for each time."""


@dataclass(frozen=True, slots=True)
class Shortlist:
    """Options to offer.

    Args:
        exact: Whether they are what was asked for, not near it.
        named: Whether the user named what they are, as "court B".
        absent: What the user named that is not among them, "" where all is well.
        note: Why nothing fits exactly, or what the user has already, as the tool says.
        all: The options before they were thinned out.
    """

    options: tuple[ListedOption, ...]
    exact: bool = True
    named: bool = False
    absent: str = ""
    note: str = ""
    all: tuple[ListedOption, ...] = ()


def shortlist(wish: PendingRequest, found: ReadResult) -> Shortlist:
    """Keep the options at the wished time and of the wished name; without any, what is nearest."""
    options, exact = list(found.options), found.exact
    if any(o.start for o in options):
        fitting = [o for o in options if _fits(wish, o.start)]
        exact = exact and bool(fitting)
        options = fitting or _nearest(wish, options)
    named = _named(wish, options, exact=exact)
    note = " ".join(found.note.split())[:MOST_NOTE]
    if found.exact and options and not named.absent and not rx(_YOURS).search(note):
        return named
    return replace(named, note=note)


def _named(wish: PendingRequest, options: list[ListedOption], *, exact: bool) -> Shortlist:
    name, refused = _name_said(wish, options)
    told = [out for words in wish.words if (out := excluded(normalise(words)))]
    pick = NOT + ", ".join(out.removeprefix(NOT) for out in told) if told else None
    if refused or pick:
        left = [o for o in options if not refused or _head(o).lower() != name.lower()]
        left = remaining(pick, left) if pick else left
        thinned = _thinned(left or options, exact=exact and bool(left))
        return thinned if left else replace(thinned, absent="anything else")
    named = tuple(o for o in options if name and _head(o).lower() == name.lower())
    if named:
        return Shortlist(named, exact, named=True, all=named)
    thinned = _thinned(options, exact=exact and not name)
    return replace(thinned, absent=name)


def _thinned(options: Sequence[ListedOption], *, exact: bool) -> Shortlist:
    shown = options
    if len(options) > MOST_FULL and all(o.start for o in options):
        shown = list({(o.day, o.start): o for o in reversed(options)}.values())[::-1]
    return Shortlist(tuple(shown), exact, all=tuple(options))


def _fits(wish: PendingRequest, start: str) -> bool:
    if wish.time is not None:
        return start == f"{wish.time:%H:%M}"
    after = wish.start is None or start >= f"{wish.start:%H:%M}"
    return after and (wish.end is None or start < f"{wish.end:%H:%M}")


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _nearest(wish: PendingRequest, options: list[ListedOption]) -> list[ListedOption]:
    at = wish.time or wish.start or wish.end
    if at is None:
        return options
    wanted = at.hour * 60 + at.minute
    ranked = sorted(options, key=lambda o: abs(_minutes(o.start) - wanted) if o.start else 9999)
    return ranked[:MOST_NEAR]


def _head(option: ListedOption) -> str:
    return option.label.split(",")[0].strip()


def _name_said(wish: PendingRequest, options: Sequence[ListedOption]) -> tuple[str, bool]:
    """Find the name that the user spoke of last, such as "Court B"; says whether to avoid it.

    A name of the same form that no option has counts as well: "court Z" is a wish for none.
    """
    heads = {_head(o) for o in options}
    kinds = {m[1] for h in heads if (m := re.fullmatch(r"(\w+) (?:[A-Za-z]|\d{1,2})", h))}
    patterns = [re.escape(h) for h in sorted(heads, key=len, reverse=True) if h]
    # A small "a" is the article and an I the person: only a capital A is a name.
    letter = r"(?:(?-i:A)|(?![aAiI]\b)[A-Za-z]|\d{1,2})"
    patterns += [f"{re.escape(k)} {letter}" for k in sorted(kinds)]
    patterns += [f"{noun} {letter}" for noun in ANY_NOUN[:2] if len(kinds) == 1]
    if not patterns:
        return "", False
    pattern = rf"(?<!\w)(?:{'|'.join(patterns)})(?![\w:])"
    for words in reversed(wish.words):
        if m := re.search(pattern, words, re.I):
            before = words[: m.start()].lower()
            refused = bool(rx(r"(?:\bnot|except|but|without|avoid)\s+$").search(before))
            noun, _, label = m[0].rpartition(" ")
            said = f"{next(iter(kinds))} {label}" if noun.lower() in ANY_NOUN else m[0]
            kept = next((h for h in heads if h.lower() == said.lower()), said)
            return kept, refused
    return "", False
