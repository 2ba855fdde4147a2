"""Choices that say both what is wanted and what is not: "not the first one, book the second"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from batuta.offline.options import ListedOption, picked, take
from batuta.offline.when_words import MOST_CHARACTERS, normalise, rx

_CLAUSES = r"(?i)[,;.!]+\s+|\s+but\s+|\s+and\s+(?=(?:please )?(?:do not|don['’]?t|not)\b)"
_ONE = r"(?:the |court |slot |option |number |no\.? )*(?:[a-z]|\d{1,2}|\w+(?:st|nd|rd|th)|last)"
_RATHER = (
    rf"(?i)^\W*({_ONE}(?: one)?),? (?:rather than|instead of|over|and not|not)"
    rf" ({_ONE}(?: one)?)\W*$"
)
_REFUSED = (
    r"^(?:(?:please|just|no|so|ok|okay|sorry|well),? )*(?:do not|don'?t|never|not)"
    r"(?: (?:please|book|take|reserve|choose|pick|give|get|want|hold|me|us))*"
    rf" ({_ONE}(?: (?:1|one|court|slot|option))?)(?: (?:please|though|thanks))?\W*$"
)
_PICK = rf"^(?:but )?(?:rather )?{_ONE}(?: (?:1|one|court|slot|option))?(?:\W|$)"
_REFUSING = r"\b(?:not|don'?t|never)\b"
"""One of these stands in every clause that refuses."""
_WANTED = (
    r"\b(?:please|book|take|reserve|choose|pick|give|get|have|hold|instead|rather|i'?ll|i'?d|let'?s"
    r"|want|it is|make it|go)\b"
)


def without_refused(text: str, nouns: Sequence[str], options: Sequence[ListedOption]) -> str:
    """Drop the clause that refuses one thing where another clause asks for another.

    The text stays whole where it asks for nothing, for several, or for the very thing refused.

    Args:
        nouns: Words that a label follows, as "court" in "court B".
        options: What is on the table.
    """
    text = rx(_RATHER).sub(r"\1, not \2", text)
    if len(text) <= MOST_CHARACTERS and not rx(_REFUSING).search(normalise(text)):
        return text
    clauses = [c for c in rx(_CLAUSES).split(text) if c.strip()]
    refused = [m[1] for c in clauses if (m := rx(_REFUSED).search(normalise(c)))]
    kept = [c for c in clauses if not rx(_REFUSED).search(normalise(c))]
    wanted = [p for c in kept if (p := picked(c, nouns))]
    if len(refused) != 1 or len(wanted) != 1:
        return text
    rest = normalise(", ".join(kept))
    after = not rx(_REFUSED).search(normalise(clauses[0])) or rest.startswith("but ")
    if not (rx(_WANTED).search(rest) or (after and rx(_PICK).search(rest))):
        return text
    other = picked(refused[0], nouns) or refused[0].rpartition(" ")[2].upper()
    kept[0] = re.sub(r"(?i)^(?:but|and|rather|instead)\b,? ", "", kept[0])
    return ", ".join(kept) if _differ(wanted[0], other, options) else text


_CORRECTED = (
    r"(?i)^(?P<first>.{1,60}?)[\s,;.!?–—-]+(?:(?:or|oh|hm+|er+|uh|um)\b[\s,.]*)*"
    r"(?:(?:no|nope|wait|sorry|actually|rather|scratch that|i me(?:an|ant)|make (?:that|it))\b"
    r"(?:[\s,.!–—-]|\bor\b|\bhm+\b)*)+(?P<then>[^?]{1,60})$"
)


def corrected(text: str, nouns: Sequence[str], options: Sequence[ListedOption]) -> str:
    """Drop the pick that a text takes back at once: "court A, no, court D".

    The text stays whole where its two halves do not each pick one, and another one.

    Args:
        nouns: Words that a label follows, as "court" in "court B".
        options: What is on the table.
    """
    m = rx(_CORRECTED).search(text) if options and len(text) <= MOST_CHARACTERS else None
    if m is None:
        return text
    first, then = picked(m["first"], nouns), picked(m["then"], nouns)
    return m["then"] if first and then and _differ(then, first, options) else text


_YES_BUT = (
    r"(?i)^\W*(?:yes|yeah|yep|ok|okay|sure|fine|good|great|alright)\W+but (?!not\b)"
    r"|^\W*(?:not|neither of|none of) the (?:first|last) (?:two|three|2|3|ones?)\W+(?:but )?"
)


def without_yes(text: str, nouns: Sequence[str]) -> str:
    """Drop a yes, or a no to several, before the name of what is wanted: "yes, but B please".

    >>> without_yes("yes, but court B please", ["court"]), without_yes("yes, but not A", [])
    ('court B please', 'yes, but not A')
    """
    rest = rx(_YES_BUT).sub("", text)
    return rest if rest != text and picked(rest, nouns) else text


_REFUSED_IT = (
    r"^(?:(?:no|sorry|please|ok|okay|well|just|hmm|oh),? )*(?:(?:do not|don'?t|never|not)"
    r"(?: (?:please|book|take|reserve|want|hold|me|us|for))*) (?:that|this|it)(?: (?:1|one|court"
    r"|slot))?"
    r"(?: (?:please|though|thanks|again))?\W*$"
)


def refused_by_name(text: str, options: Sequence[ListedOption], *, proposed: bool) -> str:
    """Write a text that only refuses one of the options with that one's name: "not A".

    The text stays as it is where the option has no name of one letter or number.

    Args:
        proposed: Whether a yes would have taken the first of them.
    """
    if not options or len(text) > MOST_CHARACTERS:
        return text
    plain = normalise(text)
    if m := rx(_REFUSED).search(plain):
        option = take(picked(m[1]) or m[1].rpartition(" ")[2].upper(), options)
    else:
        option = options[0] if proposed and rx(_REFUSED_IT).search(plain) else None
    name = option.label.split(",")[0].rpartition(" ")[2] if option else ""
    return f"not {name}" if rx(r"^(?:[A-Za-z]|\d{1,2})$").search(name) else text


def refuses_one(text: str) -> bool:
    """Say whether a text does nothing but refuse one of several things."""
    plain = normalise(text)
    return bool(rx(_REFUSED).search(plain) or rx(_REFUSED_IT).search(plain))


def _differ(wanted: str, refused: str, options: Sequence[ListedOption]) -> bool:
    """Say whether two picks stand for two things, for certain."""
    if options:
        taken, left = take(wanted, options), take(refused, options)
        return taken is not None and left is not None and taken != left
    return all(len(p) == 1 and p.isalpha() for p in (wanted, refused)) and wanted != refused
