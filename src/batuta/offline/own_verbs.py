"""Verbs of an App's own: what it has a noun for, such as a collection, may be asked for by verb."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from batuta.offline.when_words import rx

_ASKED = (
    r"(?i)^(\W*(?:(?:hi|hello|hey|ok|so|please|kindly),? )*(?:(?:(?:can|could|would|will) (?:you|u)"
    r"|(?:i|we)(?:'d| would)? (?:like|want|need)(?: you)? to)(?: please| kindly)? )?(?:please )?)"
    r"([a-z]{4,}) (up )?(?=(?:me|us|a|an|the|my|our|one|1|some)\b)"
)
_NOUNS = ("ion", "ment", "al", "ance", "y")
"""What makes a noun of a verb: collection, treatment, rental, maintenance, delivery."""
_TAKING = frozenset({"claim"})
"""Verbs that tell of what others say, unless the App has a tool of that name."""
_DEED = "book"
"""The verb that stands for whatever the App does."""


def with_known_verb(text: str, domain: AbstractSet[str]) -> str:
    """Write a request whose verb is of the App's own with one that every rule knows.

    Args:
        domain: Words of the App's subject, in the singular.

    >>> with_known_verb("Can you collect a parcel tomorrow?", {"collection"})
    'Can you book a parcel tomorrow?'
    >>> with_known_verb("I want to claim the red umbrella", {"claim"})
    'I want to book the red umbrella'
    >>> with_known_verb("Can you collect a parcel tomorrow?", {"court"})
    'Can you collect a parcel tomorrow?'
    """
    m = rx(_ASKED).search(text)
    if m is None:
        return text
    verb = m[2].lower()
    nouns = {f"{verb}up"} if m[3] else {verb.removesuffix("e") + end for end in _NOUNS}
    known = {re.sub(r"s$", "", each) for each in domain}
    rest = rx(r"(?i)^(me|us) against ").sub(r"\1 for ", text[m.end() :])
    return f"{m[1]}{_DEED} {rest}" if (nouns | ({verb} & _TAKING)) & known else text
