"""Whether a reply to an offer takes it: consent and a choice are the whole of a reply."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from batuta.offline import consent_words as consent
from batuta.offline import request_words as words
from batuta.offline.doubt import (
    CLAUSES,
    TIMES,
    any_of,
    is_quoted,
    left_of,
    request_opening,
    unmarked,
)
from batuta.offline.when_words import rx


def consents(raw: str, marked: str, *, known: AbstractSet[str] = frozenset()) -> bool:
    """Say whether a text as a whole gives consent: nothing stands beside its yes.

    Args:
        known: The subject's own nouns.
    """
    if "?" in raw or is_quoted(raw) or any_of(consent.NO_CONSENT).search(raw.lower()):
        return False
    if rx(consent.ALL_QUOTED).search(raw):
        return False
    thanked = any_of(consent.THANKING).search(marked)
    rest, agreed = any_of(consent.AGREES).subn(" ", rx(TIMES).sub(" ~ ", marked))
    rest, praised = any_of(consent.PRAISES).subn(" ", rest)
    rest = any_of(*words.COURTESIES, words.HARMLESS[1], consent.FILLING).sub(" ", rest)
    if (not agreed and (thanked or not praised)) or rx(consent.BARE_THANKS).search(marked):
        return False
    clauses = [c.strip() for c in rx(CLAUSES).split(rest)]
    return all(_repeats(c, unmarked(frozenset(known))) for c in clauses)


def _repeats(clause: str, known: AbstractSet[str]) -> bool:
    """Say whether a clause beside a yes is empty, or asks for the very same once more."""
    tokens = rx(r"\w+(?:'\w+)*").findall(clause)
    if all(t in words.FREE or t in known for t in tokens):
        return True
    m = request_opening().search(clause)
    return bool(m) and not left_of(clause[m.end() :], known)


def choice_is_plain(raw: str, marked: str, labels: AbstractSet[str]) -> bool:
    """Say whether a text as a whole does nothing but pick one of what was offered.

    Args:
        labels: Words of the options' labels, in lower case.
    """
    if "?" in rx(r"(?i)^(?:can|could|may) (?:i|we|you) .*\?\W*$").sub("", raw) or is_quoted(raw):
        return False
    if rx(consent.NO_CHOICE).search(raw.lower()):
        return False
    text = any_of(*words.COURTESIES).sub(" ", rx(TIMES).sub(" ~ ", marked))
    text = any_of(*words.HARMLESS[:5], consent.OF_THE_DAY, consent.AND_THANKS).sub(" ", text)
    tokens = rx(r"\w+(?:'\w+)*").findall(text)
    return all(
        len(t.removesuffix("'s")) == 1
        or t in consent.CHOOSING
        or t in labels
        or rx(r"^\d{1,2}(?:st|nd|rd|th|[ap]m)?$").search(t)
        for t in tokens
    )
