"""What a request says of its surroundings: the present time, and what the application is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.offline.schema import fields_of
from batuta.offline.when_words import rx

_NOW = r"Now:\s*(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)"
_STOP = """
about above action after again agent all alone also always and answer any anything are array
ask asked asks assistant available before being between booked boolean but call can cancel
cannot change changes check choice choose come confirm confirmation data date day days
description detail details digits does doesn earlier else ended ends enum europe every
exactly exist exists field fields find finds first fits for form format forms free friday
from give given gives good guess has have help helps hour hours how inside instead
instruction instructions integer into iso its json keep kept label last later least leave
left like list london look looks make many mean means message messages mind minute minutes
missing monday more most much name named nearest needs never new next none not nothing now
null number numbered numbers object offer offered once one only open opened opens option
options order ordinal other otherwise over part past person picked picks plain please
possible preference preferences present proposed read reject relative repeating reply
request required resolve resolved restart result results return returns right rule rules
said same saturday say saying says second see set several short show some something
specialist start starting starts string such sunday system take task tell text than that the
their them then there they thing things this those thursday time times today tomorrow tool
tools tuesday type under understand understood until use used user users using value values
want wants was wednesday what whatever when where which who will window wish wished wishes
with word words works write yes you your zone
"""
"""Words of instructions and schemas that say nothing of an application's subject."""


def now_of(messages: Sequence[Message]) -> datetime:
    """Read "now" from the system messages.

    Without a ``Now:`` line the start of the Unix era stands in, so that nothing counts as past.
    """
    for message in messages:
        if message.role == "system" and (m := rx(_NOW).search(message.text)):
            return datetime.fromisoformat(m[1])
    return datetime.fromisoformat("1970-01-01T00:00")


def domain_of(request: ModelRequest) -> frozenset[str]:
    """Collect the words that the instructions, tools and fields are about."""
    texts = [rx(_NOW).sub("", m.text) for m in request.messages if m.role == "system"]
    for tool in request.tools:
        texts += [tool.name, tool.description]
        texts += [f.words for f in fields_of(tool.parameters)]
    if request.output is not None:
        texts += [f.words for f in fields_of(request.output.schema)]
        texts.append(request.output.description)
    return _telling_words(" ".join(texts).lower().replace("_", " "))


@lru_cache(maxsize=64)
def _telling_words(text: str) -> frozenset[str]:
    stop = set(_STOP.split())
    words = rx(r"[a-z]{4,}").findall(text)
    return frozenset(w.rstrip("s") for w in words if not {w, w.rstrip("s")} & stop)


def turn_to(messages: Sequence[Message]) -> str:
    """Find whom the instructions send the user to for what cannot be done here, "" for nobody."""
    for message in messages:
        if message.role == "system" and (m := rx(r"\b[Tt]urn to ([^.\n;]+)").search(message.text)):
            return m[1].strip()
    return ""
