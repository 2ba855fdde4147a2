"""What a message leaves unread beside an offer: while anything is, a plain yes takes nothing."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from batuta.offline import consent_words as consent
from batuta.offline import request_words as words
from batuta.offline.doubt import any_of, content_of
from batuta.offline.options import excluded
from batuta.offline.when_words import normalise, rx

_SOUNDS = frozenset(
    """
    hm hmm hmmm mm ah oh eh um uh er well so right i see let me us understood noted lovely fine
    know got it gotcha that's that is all for the info information help very useful helpful to
    ok okay and interesting
    hold on wait a an one 1 moment minute second sec just please give
    """.split()
)
"""Words that answer an offer and neither take, change nor question it."""
_ASKING = frozenset(
    """
    what what's whats how how's about is are there any have got have you do does can could would
    will may might show tell which one ones when if whether look check see find still else other
    others then instead rather better prefer but no not yes yeah yep ok okay sorry actually mean
    meant make move change switch want need said say says let's lets try go going take play come
    wait well oh hm hmm ah maybe perhaps after before hour hours than was were did don't can't i'm
    we're we'd they i'll we'll i'd of course too late early soon works work suits suit me us
    possible already those these them that's fine good great perfect nice ok alright best
    pm am right correct
    exactly sure
    only until till since onwards onward sooner
    """.split()
)
"""Words by which a message asks for other things of the same kind."""
_NAME = r"(?<![\w'])(?:[A-HJ-Z]|[b-h])(?![\w'])(?!(?<=A) [a-z])"
"""A name of one letter; a capital A before a word is the article."""


def is_noise(marked: str, known: AbstractSet[str] = frozenset()) -> bool:
    """Say whether a text only greets, thanks or muses, so that an offer stands as it did.

    Args:
        known: The subject's own nouns, which by themselves change nothing.

    >>> is_noise("hm, thanks"), is_noise("i need two of them"), is_noise("")
    (True, False, True)
    """
    text = any_of(*words.COURTESIES).sub(" ", marked)
    text = any_of(consent.THANKING, consent.PRAISES, consent.FILLING).sub(" ", text)
    return all(t in _SOUNDS or t in known for t in rx(r"\w+(?:'\w+)*").findall(text))


def left_unread(text: str, marked: str, known: AbstractSet[str]) -> list[str]:
    """List the words of weight of a message that what is offered next does not answer to.

    Args:
        text: As it was said.
        marked: The same, with date and time marked.
        known: Words that stand for values understood, and the subject's nouns.
    """
    said = {w for w in content_of(marked, known) if w not in _ASKING}
    return [w for w in rx(r"\w+(?:'\w+)*").findall(text.lower()) if w in said]


def other_names(text: str, label: str) -> list[str]:
    """List the names of one letter in a text that stand for something else than what is offered.

    >>> other_names("A is not good, B please", "Court A, 16:00"), other_names("not A", "Court B")
    (['B'], [])
    """
    ruled_out = excluded(normalise(text)) or ""
    has = {*rx(r"\b[A-Z]\b").findall(f"{label} {ruled_out}".upper())}
    return [n for n in dict.fromkeys(rx(_NAME).findall(text)) if n.upper() not in has]
