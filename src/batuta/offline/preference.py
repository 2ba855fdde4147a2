"""Which of two things a text prefers: "A is not good, B please", "rather D than A", "B, not A"."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.offline.labels import label_in
from batuta.offline.options import ListedOption, excluded, take
from batuta.offline.when_words import MOST_CHARACTERS, normalise, rx

_NAMED = (
    r"(?:(?:the )?(?:court|slot|option|number|table|room) )?"
    r"(?<![\w'])((?-i:[A-HJ-Z]|[b-h]))(?![\w'])"
)
_CLAUSES = (
    r"(?i)\s*[,;.!:]+\s+|\s+-+\s+"
    r"|\s*[,;]?\s+(?:(?<!thing )(?<!any )(?<!all )(?<!court )but|so)\s+(?!not\b)"
)
_AGAINST = (
    r"\b(?:not|no|never|nope|cannot|cant|wont|isnt|dont|doesnt|\w+n'?t|too|bad|worse|awful|poor"
    r"|wrong|useless|broken|hate|dislike|avoid|skip|forget|without|except|hardly|less)\b"
)
"""One of these makes a clause speak against what it names."""
_OPEN = (
    r"\?|\b(?:if|unless|maybe|perhaps|or|might|whether|both|he|she|they|last time|was|were|had"
    r"|when|until|but (?:first|let|i need))\b"
)
"""One of these leaves open what is wanted, or tells of something else."""
_SAYING = r"say|for instance|for example|instead|then|rather"
_FOR_IT = rf"(?i)^(?:yes to|{_SAYING}|like|such as|e\.?g\.?)\s+|\s+(?:{_SAYING})\W*$"
_TAKEN = r"(?:i'?d (?:like|take|have|prefer) |i'?ll (?:take|have) |give (?:me|us) |take )?"
_THAN = (
    r"(?:(?:is|looks|seems|sounds|would be) )?(?:rather than|sooner than|better than|over"
    r"|instead of|in place of|beats)"
)
_WANTED_FIRST = (
    rf"(?i)\brather {_NAMED} than {_NAMED}",
    rf"(?i){_NAMED} {_THAN} {_NAMED}",
    rf"(?i)\bprefer {_NAMED} (?:to|over) {_NAMED}",
)
_WANTED_LAST = rf"(?i)\b(?:instead of|rather than) {_NAMED},? (?:please )?{_TAKEN}{_NAMED}"
_NOT_THEN = (
    rf"(?i)^\W*(?:no,? )?(?:please )?not {_NAMED}, ((?:but |rather )*){_NAMED}\W*"
    r"(please|then|thanks|instead)?\W*$"
)
"""One refused, another behind a comma, which could be refused as well where no word tells."""
_OTHER = r"(?i)^\W*(?:(?:no|ok|then|and),? )*(?:the )?other (?:one|1|court|slot)\b\W*(?=\w)"
"""Announces a name: "the other one, B"."""


def preferred(text: str, nouns: Sequence[str], options: Sequence[ListedOption]) -> str:
    """Write a text that speaks for one option and against others as the wish for that one.

    The text stays whole where it names no two of them, or is no plain contrast.

    Args:
        nouns: Words that a label follows, as "court" in "court B".
        options: What is on the table.
    """
    if len(options) < 2 or len(text) > MOST_CHARACTERS:
        return text
    text = rx(_OTHER).sub("", text)
    if rx(_OPEN).search(text.lower()):
        return text
    for pattern in _WANTED_FIRST:
        if (m := rx(pattern).search(text)) and _differ(m[1], m[2], options):
            return _wish_for(m[1], options)
    if (m := rx(_WANTED_LAST).search(text)) and _differ(m[2], m[1], options):
        return _wish_for(m[2], options)
    if (m := rx(_NOT_THEN).search(text)) and _differ(m[3], m[1], options):
        wish = _wish_for(m[3], options)
        return wish if m[2] or m[4] else f"Is {wish.partition(',')[0]} free?"
    return _by_clauses(text, nouns, options)


def _by_clauses(text: str, nouns: Sequence[str], options: Sequence[ListedOption]) -> str:
    """Find the one clause that picks, beside clauses that each speak against another option."""
    wanted: list[str] = []
    against = False
    for clause in (c.strip() for c in rx(_CLAUSES).split(text)):
        names = rx(_NAMED).findall(clause)
        if not names:
            continue
        if rx(_AGAINST).search(normalise(clause)) or excluded(normalise(clause)):
            against = True
        elif len(names) == 1 and (name := label_in(rx(_FOR_IT).sub("", clause), nouns)) is not None:
            wanted.append(name)
        else:
            return text
    if len(wanted) != 1 or not against or take(wanted[0], options) is None:
        return text
    return _wish_for(wanted[0], options)


def _wish_for(name: str, options: Sequence[ListedOption]) -> str:
    option = take(name.upper(), options)
    head = option.label.split(",")[0] if option else name
    return f"{head}, please"


def _differ(wanted: str, refused: str, options: Sequence[ListedOption]) -> bool:
    taken, left = take(wanted.upper(), options), take(refused.upper(), options)
    return taken is not None and left is not None and taken != left


_LETTER = r"(?-i:[A-HJ-Z]|[b-h])"
_EXCEPT_SAY = (
    r"(?i)\bany (?P<noun>\w+) (?:except|but|other than|apart from) (?:\w+ )?[a-z]\b(?P<rest>.*?),"
    rf" (?:say |e\.?g\.? |for instance |for example )?(?P<name>{_LETTER})"
    r"(?: say| for instance| for example| please)*\W*$"
)
_BACK = r"(?:no|sorry|wait|rather|i mean|actually|make (?:it|that))"
_TAKEN_BACK = (
    rf"(?i)^(?P<before>.*\b(?P<noun>court|slot|table|room) ){_LETTER}(?P<rest>\b.*?),?"
    rf" {_BACK}[, ]+(?:{_BACK},? )*(?:(?P=noun) )?(?P<name>{_LETTER})(?: please)?"
    r"(?P<then>(?: (?:tomorrow|today|tonight|on|at|this|next)\b[^,;!?]*)?)\W*$"
)


def settled_name(text: str) -> str:
    """Put the name that a request settles on in the place of the one that it takes back.

    >>> settled_name("Book court A tomorrow at 4pm, no, B")
    'Book court B tomorrow at 4pm'
    >>> settled_name("any court except B tomorrow, C for instance")
    'court C tomorrow'
    """
    if len(text) > MOST_CHARACTERS:
        return text
    if m := rx(_TAKEN_BACK).search(text):
        return f"{m['before']}{m['name']}{m['rest']}{m['then']}"
    if m := rx(_EXCEPT_SAY).search(text):
        return f"{text[: m.start()]}{m['noun']} {m['name']}{m['rest']}"
    return text
