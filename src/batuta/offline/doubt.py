"""Whether a text that names something to do really asks for it, now, and for the speaker.

A request is acted on only where every word of weight is accounted for: politeness is taken out,
the clause with the verb must open as a request does and hold nothing but what was understood, and
every other clause must be a plain statement of the present. Whatever is left is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from batuta.offline import doubt_words as doubts
from batuta.offline import request_words as words
from batuta.offline.labels import ANY_NOUN
from batuta.offline.when_words import rx

Kind = Literal[
    "negation", "question", "report", "condition", "someone else", "amount", "language", "unclear"
]  # fmt: skip
MOST_LEFT = 6
"""Left-over words that are said back."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a text is no request to act on at once.

    Args:
        left: Words that no rule accounts for, as far as they are worth saying back.
    """

    kind: Kind
    left: str = ""


_MARKUP = (
    r"[{}<>`\[\]|\\]|\w\(|\b\w+_\w+\b|=|^\s*(?:system|assistant|tool|user|error|warning|note|debug"
    r"|exception|traceback|function|result|output)\b\s*[:>]|\berror:"
)
_QUOTED = r"\"[^\"]{3,}\"?|“[^”]{3,}”?|«[^»]{3,}»?|(?<!\w)'[^']{3,}'(?!\w)|(?<!\w)‘[^’]{3,}’(?!\w)"
_DEED = r"(?i)\b(?:book|reserv|schedul|cancel|order|make|get|hold)\w*\b"
TIMES = (
    r"(?:(?:\b(?:on|at|for|from|to|until|till|before|after|between|around|in|the|this|next|and|or"
    r"|of"
    r"|by|starting|during)\b\s*|[-,]\s*)*[§¤¶]\s*"
    r"(?:,\s*(?=[§¤¶]|(?:on|at|in|from|for|the) [^,]{0,12}[§¤¶]))?)+"
)
_OBJECT = (
    r" ?(?:(?:me|us|a|an|the|1|one|another|some|my|our) )*((?:[a-z]{2,} )?[a-z]{2,})\b"
    r"(?! (?:a|an|the|1|to|you|i)\b)"
)
_UNFINISHED = (
    r"\b(?:(?:at|for|around|by) )?(?:half|quarter) (?:past|to)"
    r"(?:\W+(?:no|sorry|oops|wait|i mean|rather|make (?:it|that)))+\W+(?=(?:(?:at|for) )?¤)"
)
"""An hour that the speaker broke off, and put another in its place."""
CLAUSES = r"[.!?;:\n]+(?!\d)|\s-+\s|,"


@cache
def any_of(*phrases: str) -> re.Pattern[str]:
    """Match any of the phrases as words of their own."""
    return re.compile(rf"(?<![\w'])(?:{'|'.join(phrases)})(?![\w'])")


@cache
def request_opening() -> re.Pattern[str]:
    """Match the opening of a request, up to and with its verb."""
    adverbs = rf"(?:(?:{words.ADVERBS}(?![\w'])|~)\s*)*"
    joint = r"(?:(?:\w+ ){1,3}and (?=i\b))?"
    lead = rf"(?:(?:{'|'.join(words.LEADS)})(?![\w'])\s*)?"
    verb = rf"(?:{words.VERBS}|{words.WANTS})(?![\w'])"
    return re.compile(rf"^{adverbs}{joint}(?:{lead}{adverbs}{verb})")


def _plainly(marked: str) -> str:
    """Take times and politeness out of a text in which date and time are marked."""
    text = rx(TIMES).sub(" ~ ", rx(_UNFINISHED).sub(" ", marked))
    text = any_of(*words.COURTESIES).sub(" ", text)
    return rx(r"\s+").sub(" ", text).strip()


def is_quoted(raw: str) -> bool:
    """Say whether a text is written as a program or a log would be, or quotes a request."""
    if rx(_MARKUP).search(raw.lower()):
        return True
    return any(rx(_DEED).search(each) for each in rx(_QUOTED).findall(raw))


def request_doubt(raw: str, marked: str, *, known: AbstractSet[str] = frozenset()) -> Doubt | None:
    """Say what stands against acting on a text at once, None where it is a plain request.

    Args:
        marked: The normalised text with date and time marked, as ``When.marked``.
        known: Words that stand for values understood, and the subject's own nouns.
    """
    if is_quoted(raw):
        return Doubt("report")
    text, known = _plainly(marked), unmarked(frozenset(known))
    left: list[str] = []
    beside: list[str] = []
    found = False
    for clause in (c.strip() for c in rx(CLAUSES).split(text)):
        if rx(r"^[~\W]*$").search(clause):
            continue
        if found and (m := request_opening().search(clause)):
            if rx(_FURTHER).search(clause):
                return Doubt("amount")
            if _is_same(clause[m.end() :], known):
                continue
        rest = None if found else _beside(clause, known)
        found = found or rest is not None
        left += _misplaced(clause)
        said = clause if rest is None else rest
        if rest is not None or not _states(clause):
            left += left_of(said, known)
        beside.append(said)
    if found and _only_asks(raw, text):
        return Doubt("question")
    hedged = rx(
        r"\b(?:maybe|perhaps|might|probably)\b|(?<!you )(?<! u )(?<! i )(?<! we )\bpossibly\b"
    ).search(f" {raw.lower()}")
    if found and not (left or hedged or _is_amount(text, known) or _turned(" , ".join(beside))):
        return None
    return _classified(f"maybe {text}" if hedged else text, left, known)


def standing_doubt(raw: str, marked: str, *, known: AbstractSet[str], first: bool) -> Doubt | None:
    """Say what stands against a request where it is to be told.

    Args:
        first: Nothing was said before, so that it is no correction, and no answer to a question.
    """
    if not (first or is_explicit(marked)):
        return None
    doubt = request_doubt(raw, marked, known=known)
    corrects = not first and doubt is not None and doubt.kind in ("negation", "question")
    return None if corrects else doubt


def is_explicit(marked: str) -> bool:
    """Say whether a text names a deed, as "book" does."""
    return bool(rx(words.DEEDS).search(marked))


def opens_request(marked: str) -> bool:
    """Say whether a clause of a text opens as a request of the speaker's own does."""
    clauses = rx(CLAUSES).split(_plainly(marked))
    return any(request_opening().search(c.strip()) for c in clauses)


def _beside(clause: str, known: AbstractSet[str]) -> str | None:
    """Give what a clause that opens as a request says beside that, None where it does not."""
    if m := request_opening().search(clause):
        return clause[m.end() :].strip()
    if rx(doubts.QUESTIONS).search(clause) or left_of(clause, known):
        return None
    return clause if _names_subject(clause, known) else None


def _only_asks(raw: str, text: str) -> bool:
    """Say whether a bare deed ends in a question mark: "book a court at 4?"."""
    if not raw.rstrip(" \"')!").endswith("?") or rx(r"(?i)\b(?:please|pls|plz)\b").search(raw):
        return False
    last = [c for c in rx(CLAUSES).split(text) if rx(r"[a-z]").search(c)][-1:]
    m = request_opening().search(last[0].strip()) if last else None
    return m is not None and len(m[0].split()) == 1


def _misplaced(clause: str) -> list[str]:
    """List what shows that the verb of a clause asks for nothing: "order in court", "book X is"."""
    m = request_opening().search(clause)
    if m is None:
        return []
    rest = clause[m.end() :].strip()
    aside = rx(words.NO_OBJECT).match(rest)
    told = rx(words.TOLD_OF).match(rest) if len(m[0].split()) == 1 else None
    return [each[1] or each[0] for each in (aside, told) if each]


def _is_same(rest: str, known: AbstractSet[str]) -> bool:
    """Say whether a further request is for the very same: "I need a court, can you book one"."""
    named = rx(r"\b(?:[b-hj-z]|\d+)\b(?! *$)|\b[b-hj-z]$").search(rest)
    return bool(rx(_THE_SAME).search(rest)) or not (named or left_of(rest, known))


_FURTHER = r"\b(?:another|second|2nd|(?:one|1|two|2) more|further)\b"
_THE_SAME = r"^(?:it|that|this|1|one|me|us|for|please|then|now|up|~|\W)+$"


def _names_subject(clause: str, known: AbstractSet[str]) -> bool:
    opened = rx(r"^(?:~ |for |a |an |the |1 |one |another |any |please )*(\w+)").search(clause)
    return bool(opened) and opened[1].rstrip("s") in known


def left_of(clause: str, known: AbstractSet[str]) -> list[str]:
    """List the words of weight that no rule accounts for."""
    for pattern in words.HARMLESS:
        m = any_of(pattern).search(clause)
        if m and (pattern == words.HARMLESS[0] or not _is_marked(m[0])):
            clause = f"{clause[: m.start()]} {clause[m.end() :]}"
    tokens = rx(r"\w+(?:'\w+)*").findall(clause)
    before = ["", *tokens]
    return [
        t
        for t, prior in zip(tokens, before, strict=False)
        if t not in words.FREE
        and not {t, t.rstrip("s")} & known
        and (len(t) > 1 or (t in _NAMES and prior not in known and prior not in ANY_NOUN))
    ]


_NAMES = frozenset("bcdefghjkl")
"""Letters that name a thing where its noun stands before them, and that nobody knows elsewhere."""


@lru_cache(maxsize=64)
def unmarked(known: frozenset[str]) -> frozenset[str]:
    """Drop the words that could turn a request, whatever else they stand for."""
    return frozenset(w for w in known if not any_of(*(p for _, p in _KINDS)).search(w))


_KINDS: tuple[tuple[Kind, str], ...] = (
    ("negation", doubts.NEGATIONS),
    ("condition", doubts.CONDITIONS),
    ("report", doubts.REPORTS),
)
_CONTRASTS = r"but|except|whereas|although|though|however|actually"


def _turned(text: str) -> bool:
    plain = any_of(words.HARMLESS[0]).sub(" ", text)
    return bool(any_of(doubts.NEGATIONS, doubts.CONDITIONS).search(plain))


def _is_marked(clause: str) -> bool:
    """Say whether a clause holds a word that could turn what stands beside it."""
    if any_of(*(pattern for _, pattern in _KINDS), _CONTRASTS, words.MARKING).search(clause):
        return True
    return bool(rx(doubts.QUESTIONS).search(clause))


def _states(clause: str) -> bool:
    """Say whether a clause beside the request is a plain statement of the present."""
    opened = (
        r"^(?:and |so |as |because |since )?(?:i|we|it|my|our|the|this|that|there|he|she|they|~)\b"
        r"|^(?:it|that|there|he|she|i|we|they)'|^\w+ (?:is|are|will)\b"
    )
    stated = any_of(words.EXPLAINS).search(clause) and rx(opened).search(clause)
    if not stated or rx(words.OPEN_STILL).search(clause) or _is_marked(clause):
        return False
    ahead = rx(words.AHEAD).search(clause)
    return ahead is None or any_of(words.HARMLESS_AHEAD).match(clause, ahead.end()) is not None


def _is_amount(text: str, known: AbstractSet[str]) -> bool:
    """Say whether more than one is wished for, or another length, that no field takes."""
    named = (
        r"(?:court|slot|table|room|seat)s? [a-z0-9](?: ~)*(?:,| and| &| plus)+"
        r" (?:also )?(?:court |slot )?[a-z0-9]"
        r"(?= |$)"
    )
    counted = (
        rf"{doubts.QUANTITIES} (?!of us\b)(?:\w+ )?(?!{words.PEOPLE}\b)"
        r"(?:\w+s|of (?:them|these|those))"
    )
    if any_of(doubts.LENGTHS, doubts.ANOTHER_PLACE, named).search(text):
        return True
    return any(m[0].split()[0] not in known for m in any_of(counted).finditer(text))


def _classified(text: str, left: list[str], known: AbstractSet[str]) -> Doubt:
    """Name the doubt by the words that carry it."""
    said = " ".join(left[:MOST_LEFT])
    ordered = r"^(?:\W|please|can you|could you|just)*(?:tell|ask|remind|let|have)\b"
    others = any_of(doubts.OTHERS).search(text)
    if others and rx(ordered).search(text):
        return Doubt("someone else", said)
    found: list[tuple[int, Kind]] = []
    for kind, pattern in _KINDS:
        if m := any_of(pattern).search(text):
            found.append((m.start(), kind))
    first = min(found, default=None)
    leads = first is None or first[0] > 0 or first[1] == "report"
    if leads and rx(doubts.QUESTIONS).search(text):
        return Doubt("question", said)
    if first is not None:
        return Doubt(first[1], said)
    if others:
        return Doubt("someone else", said)
    return Doubt("amount" if _is_amount(text, known) else "unclear", said)


def words_of(values: Iterable[object], marked: str) -> frozenset[str]:
    """List the words that values account for, with the noun that one of them describes.

    >>> sorted(words_of(["flu"], "book a flu shot §"))
    ['flu', 'shot']
    """
    said = rx(r"\w+(?:'\w+)*").findall(" ".join(map(str, values)).lower())
    named = [w for w in said if len(w) > 1]  # "A" in "take a look" is no value
    heads = [m[1] for w in named for m in rx(rf"\b{re.escape(w)} (\w+)").finditer(marked)]
    return frozenset([*said, *heads])


def names_said(marked: str, known: AbstractSet[str]) -> frozenset[str]:
    """List the names of one letter or number behind a noun, beside values understood.

    >>> sorted(names_said("book court b §", frozenset({"court"})))
    ['B']
    """
    text = rx(r"(?<=[a-z])[\s:#\"-]+'?(?=[a-z]\b|\d{1,2}\b)").sub(" ", marked)
    pairs = rx(r"(?<![\w'])([a-z]{2,}) ([b-hj-z]|(?!1\b)\d{1,2})(?![\w':.])").findall(text)
    nouns = {*known, *ANY_NOUN}
    return frozenset(
        name.upper()
        for noun, name in pairs
        if name not in known and (name.isalpha() or noun in nouns) and noun not in _NO_NOUNS
    )


_NO_NOUNS = frozenset("can could would will do may are if so or and plan vitamin".split())


_AMOUNTS = frozenset("whole entire full double all both".split())


def object_of(marked: str) -> frozenset[str]:
    """Give the words that name what a request is for, right behind its verb."""
    for clause in rx(CLAUSES).split(_plainly(marked)):
        m = request_opening().search(clause.strip())
        thing = m and rx(_OBJECT).match(clause.strip(), m.end())
        if thing:
            return unmarked(frozenset(thing[1].split())) - _AMOUNTS
    return frozenset()


def content_of(marked: str, known: AbstractSet[str] = frozenset()) -> list[str]:
    """List the words that say what a request is about, beside the subject's common ones.

    Args:
        known: Further words that are accounted for.
    """
    found: list[str] = []
    for clause in (c.strip() for c in rx(CLAUSES).split(_plainly(marked))):
        m = request_opening().search(clause)
        if m or not _states(clause):
            found += left_of(clause[m.end() :] if m else clause, known)
    return [w for w in found if not any_of(words.VERBS, doubts.NEGATIONS).fullmatch(w)]


def refuses(marked: str) -> bool:
    """Say whether a text wants something not done, and asks for nothing else."""
    if not rx(doubts.NOT_DOING).search(marked) or rx(doubts.NOT_REFUSED).search(marked):
        return False
    text = _plainly(marked)
    rest = [c for c in rx(CLAUSES).split(text) if not rx(doubts.NOT_DOING).search(c)]
    return not any(request_opening().search(c.strip()) for c in rest)
