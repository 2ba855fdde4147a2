"""What an utterance asks for, by its words and by what was said before it."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

from batuta.offline import intent_words as words
from batuta.offline.past import tells_past
from batuta.offline.when_words import rx

Action = Literal[
    "request", "check", "choose", "confirm", "reject", "restart", "cancel", "change", "recall",
    "other",
]  # fmt: skip


def _about(text: str, domain: AbstractSet[str]) -> bool:
    """Say whether the text names something of the application's own subject."""
    return not domain or bool(rx(words.SUBJECT).search(text)) or bool(_stems(text) & domain)


def _is_foreign(text: str, domain: AbstractSet[str], *, told: bool) -> bool:
    """Say whether what is wished for is something that the application knows nothing of."""
    wished = " ".join(m[1] for m in rx(words.OBJECT).finditer(text))
    plain = rx(words.ELSE_WISHED).search(text) if domain and not wished else None
    if plain and plain[1] not in domain and rx(words.ELSEWHERE).fullmatch(plain[1]):
        return True
    if not wished or not domain:
        return False
    if any(place not in domain for place in rx(words.AT_ELSEWHERE).findall(text)):
        return True
    nouns = _stems(text) - (_VERBS - _stems(wished))
    elsewhere = rx(words.ELSEWHERE).search(re.sub(r"s\b", "", wished))
    if nouns & domain or (rx(words.OBJECTS).search(wished) and not elsewhere):
        return False
    return (told and len(domain) >= TELLING_DOMAIN) or bool(elsewhere)


def _stems(text: str) -> set[str]:
    words = set(rx(r"[a-z]{3,}").findall(text))
    return words | {w.rstrip("s") for w in words}


TELLING_DOMAIN = 8
"""Words about a subject from which on a thing that is not among them is taken for foreign."""
MOST_BRIEF = 18
"""Words of a wish with a date or time that need not name the application's subject."""
_VERBS = frozenset(
    {"book", "reserve", "schedule", "borrow", "order", "play", "make", "find", "date"}
)


def _is_cancel(text: str) -> bool:
    return bool(rx(words.CANCEL).search(text)) and not rx(words.CANCEL_TALK).search(text)


def _is_change(text: str) -> bool:
    return bool(rx(words.CHANGE).search(text) and rx(words.OWN).search(text))


def _answer(text: str, *, detailed: bool) -> Action | None:
    """Read the text as a yes or a no to what was proposed."""
    if rx(words.NO).search(text) and not rx(words.NOT_REFUSAL).search(text):
        return "request" if detailed else "reject"
    if (rx(words.YES).search(text) or rx(words.NOT_REFUSAL).search(text)) and not detailed:
        return "confirm"
    return None


def _is_talk(text: str, *, ongoing: bool) -> bool:
    return bool(rx(words.TALK).search(text)) and not (ongoing and rx(words.DECLARED).search(text))


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of an utterance beside its words.

    Args:
        detailed: The text itself gives a detail (date, time, a field's value).
        complete: Both a day and a time.
        past: It speaks of what is gone.
        terse: Beside such details it says next to nothing.
        filled: It gives a field other than date or time.
        chosen: It names one of the options offered, or leaves the choice open.
        offered: Options or a proposal stand open.
        ongoing: The assistant has spoken before.
        done: What it said last is that something is done.
        asking: It gives day and hour, and opens as a request does.
        told: The tools tell what the application's subject is.
    """

    detailed: bool = False
    complete: bool = False
    past: bool = False
    terse: bool = False
    chosen: bool = False
    filled: bool = False
    offered: bool = False
    ongoing: bool = False
    done: bool = False
    asking: bool = False
    told: bool = True


def _wish(text: str, domain: AbstractSet[str], signs: Signs) -> Action:
    """Tell a request from a question about what is free, and both from anything else."""
    text = rx(words.OWN_LEISURE).sub(" ", text)
    doing = bool(rx(words.DO).search(rx(words.WHAT_CAN).sub(" ", text)))
    if signs.detailed and not doing and _asks_outright(text):
        return "check"
    wanting = doing or bool(rx(words.WANT).search(text))
    brief = signs.detailed and len(text.split()) <= _most_words(text, signs, wanting=wanting)
    if _is_foreign(text, domain, told=signs.told) or not (_about(text, domain) or brief):
        return "other"
    if _asks_stock(text):
        return "check"
    if wanting:
        return "request"
    return _unworded(text, domain, signs)


def _unworded(text: str, domain: AbstractSet[str], signs: Signs) -> Action:
    """Read a text about the subject that neither asks what is free nor says what is wanted."""
    if not signs.detailed and rx(words.FREE).search(text):
        return "check"
    if rx(words.QUESTION).search(text):
        return "other" if domain else "check"
    if signs.detailed and not signs.ongoing and rx(words.BARE_ASKED).search(text):
        return "check"
    return "request" if signs.detailed or rx(words.NAMED_DEED).search(text) else "other"


def _asks_outright(text: str) -> bool:
    """Say whether a text that gives a date or a time asks what there is, whatever it names."""
    if _asks_free(text) or rx(words.CHECK_VERB).search(rx(words.GREETING).sub("", text)):
        return True
    named = rx(words.OBJECT).search(text) or rx(words.ELSEWHERE).search(text)
    return bool(rx(words.STOCK).search(text)) and not named


def _asks_stock(text: str) -> bool:
    """Say whether a text about the subject asks what there is."""
    if _asks_free(text) and (not rx(words.BOOKING).search(text) or rx(words.THERE_IS).search(text)):
        return True
    bare = rx(words.FREE).search(text) and rx(words.BARE_FREE).search(text)
    return bool(bare or rx(words.STOCK).search(text))


def _most_words(text: str, signs: Signs, *, wanting: bool) -> int:
    """Say how long a text with a date or time may be that does not name the subject."""
    if rx(words.QUESTION).search(text):
        return 0
    return MOST_BRIEF if wanting or signs.complete else MOST_BRIEF // 3


def _asks_free(text: str) -> bool:
    return bool(rx(words.FREE).search(text)) and bool(rx(words.ASKS).search(text))


def action_of(text: str, signs: Signs, domain: AbstractSet[str]) -> Action:
    """Name what the user wants with a normalised text.

    Args:
        domain: Words of the application's subject, in the singular.
    """
    if action := _of_what_was(text, signs):
        return action
    if signs.offered and signs.chosen:
        return "choose"
    if rx(words.FAREWELL).search(text):
        return "other"
    if signs.ongoing and (answer := _in_conversation(text, signs)):
        return answer
    if signs.past and not signs.ongoing and _is_talk(text, ongoing=False):
        return "other"
    if signs.detailed and signs.terse:
        return "check" if rx(words.BARE_ASKED).search(text) and not signs.ongoing else "request"
    if signs.asking and _about(text, domain) and not _is_foreign(text, domain, told=False):
        return "request"
    text = rx(words.GREETING).sub("", text)
    return _opening(text, signs, domain)


def _of_what_was(text: str, signs: Signs) -> Action | None:
    """Read what speaks of a wish or a deed that is there already."""
    if rx(words.RESTART).search(text):
        return "restart"
    if rx(words.RECALL).search(text) and not rx(words.HAVING).search(text):
        return "recall"
    if _is_cancel(text):
        return "cancel"
    changes = (signs.done or not signs.ongoing) and _is_change(text)
    return "change" if changes else None


def _in_conversation(text: str, signs: Signs) -> Action | None:
    """Read what only makes sense after the assistant has spoken."""
    if rx(words.THANKS).search(text) and not signs.detailed:
        thankful = "confirm" if signs.offered and rx(words.YES).search(text) else "other"
        return "reject" if text.startswith("no") else thankful
    if answer := _answer(text, detailed=signs.detailed):
        return answer
    if _is_talk(text, ongoing=True) or not signs.detailed:
        return None
    asks = _asks_free(text) or rx(words.STOCK).search(text)
    return "check" if asks and not rx(words.BOOKING).search(text) else "request"


def _opening(text: str, signs: Signs, domain: AbstractSet[str]) -> Action:
    """Read a text that stands by itself."""
    asking = signs.detailed and rx(words.CHECK_VERB).search(text)
    if _is_talk(text, ongoing=signs.ongoing) and not asking:
        return "other"
    if rx(words.SPOKEN_OF).search(text):
        return "other"
    if not signs.ongoing and rx(words.ELSE_VERB).search(text) and not _about(text, domain):
        return "other"
    answer = _answer(text, detailed=signs.detailed)
    if answer and len(text.split()) < 5:
        return answer
    wants = rx(words.DO).search(text) or rx(words.WANT).search(text)
    if not signs.ongoing and not wants and (signs.past or tells_past(text)):
        return "other"
    return _wish(text, frozenset[str]() if signs.filled else domain, signs)
