"""Choices that say both what is wanted and what is not: "not the first one, book the second"."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.offline.options import ListedOption, picked, take
from batuta.offline.when_words import MOST_CHARACTERS, normalise, rx

_CLAUSES = r"(?i)[,;.!]+\s+|\s+but\s+|\s+and\s+(?=(?:please )?(?:do not|don['’]?t|not)\b)"
_ONE = r"(?:the |court |slot |option |number |no\.? )*(?:[a-z]|\d{1,2}|[a-z]+(?:st|nd|rd|th)|last)"
_REFUSED = (
    r"^(?:(?:please|just|no|so|ok|okay|sorry|well),? )*(?:do not|don'?t|never|not)"
    r"(?: (?:please|book|take|reserve|choose|pick|give|get|want|hold|me|us))*"
    rf" ({_ONE}(?: (?:1|one|court|slot|option))?)(?: (?:please|though|thanks))?\W*$"
)
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
    if len(text) <= MOST_CHARACTERS and not rx(_REFUSING).search(normalise(text)):
        return text
    clauses = [c for c in rx(_CLAUSES).split(text) if c.strip()]
    refused = [m[1] for c in clauses if (m := rx(_REFUSED).search(normalise(c)))]
    kept = [c for c in clauses if not rx(_REFUSED).search(normalise(c))]
    wanted = [p for c in kept if (p := picked(c, nouns))]
    if len(refused) != 1 or len(wanted) != 1 or not rx(_WANTED).search(normalise(", ".join(kept))):
        return text
    other = picked(refused[0], nouns) or refused[0].rpartition(" ")[2].upper()
    return ", ".join(kept) if _differ(wanted[0], other, options) else text


def _differ(wanted: str, refused: str, options: Sequence[ListedOption]) -> bool:
    """Say whether two picks stand for two things, for certain."""
    if options:
        taken, left = take(wanted, options), take(refused, options)
        return taken is not None and left is not None and taken != left
    return all(len(p) == 1 and p.isalpha() for p in (wanted, refused)) and wanted != refused
