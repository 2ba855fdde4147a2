"""What a request says of its surroundings: the present time, and what the application is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from batuta.core.identity_cache import cached_by_identity
from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.offline.lengths import usual_minutes
from batuta.offline.schema import Field
from batuta.offline.when_days import HOME
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
    return _now_in([m.text for m in messages if m.role == "system"])


def _now_in(told: Sequence[str]) -> datetime:
    for text in told:
        if m := rx(_NOW).search(text):
            return datetime.fromisoformat(m[1])
    return datetime.fromisoformat("1970-01-01T00:00")


@dataclass(frozen=True, slots=True)
class Premises:
    """What a request says of its surroundings.

    Args:
        now: Local time, without a zone.
        region: Country whose way of writing dates and whose feasts hold.
        domain: Words of the application's subject, in the singular.
        nouns: Those of them that name what is found and done, which a request may hold.
        elsewhere: Whom the instructions send the user to for what cannot be done here.
        minutes: How long the thing lasts that it is for, 0 where that is not told.
        telling: Whether the tools show what they take, which a manager's specialists do not.
    """

    now: datetime
    region: str = HOME
    domain: frozenset[str] = frozenset()
    nouns: frozenset[str] = frozenset()
    elsewhere: str = ""
    minutes: int = 0
    telling: bool = True


def premises_of(
    request: ModelRequest, fields: Sequence[Field], *, telling: bool = True
) -> Premises:
    """Read the premises of a request.

    Args:
        fields: The fields of its tools, or of the form to fill.
    """
    told = tuple(m.text for m in request.messages if m.role == "system")
    output = "" if request.output is None else request.output.description
    said = _of_fields(*fields), _of_tools(*request.tools)
    return _premises(told, *said, output=output, telling=telling)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What tools or fields say of an application's subject.

    Args:
        texts: All of it.
        deeds: Names, and the sentences that say what they are for.
        named: Words of the values that they take.
    """

    texts: tuple[str, ...]
    deeds: tuple[str, ...]
    named: frozenset[str] = frozenset()


@cached_by_identity
def _of_fields(*fields: Field) -> _Subject:
    named = frozenset(w for f in fields for v in f.named for w in v.lower().split())
    return _Subject(tuple(f.words for f in fields), tuple(f.name for f in fields), named)


@cached_by_identity
def _of_tools(*tools: ToolSchema) -> _Subject:
    return _Subject(
        tuple(f"{t.name} {t.description}" for t in tools),
        tuple(f"{t.name} {t.description.partition('.')[0]}" for t in tools),
    )


@lru_cache(maxsize=256)
def _premises(
    system: tuple[str, ...], fields: _Subject, tools: _Subject, *, output: str, telling: bool
) -> Premises:
    told = "\n".join(system)
    texts = [rx(_NOW).sub("", told), *fields.texts, *tools.texts, output]
    purpose = output.partition("form:")[2].partition(".")[0]
    deeds = " ".join((*fields.deeds, *tools.deeds, purpose)).lower().replace("_", " ")
    locale = rx(r"\b[Ll]ocale:? [a-z]{2,3}[-_]([A-Z]{2})\b").search(told)
    turn_to = rx(r"\b[Tt]urn to ([^.\n;]+)").search(told)
    return Premises(
        _now_in(system),
        locale[1] if locale else HOME,
        _telling_words(" ".join(texts).lower().replace("_", " ")) | fields.named,
        _telling_words(f"{_opening(told)} {deeds}") | fields.named,
        turn_to[1].strip() if turn_to else "",
        usual_minutes(told),
        telling=telling,
    )


def _opening(told: str) -> str:
    """Give the first sentence of what is told of the application."""
    about = told.partition("is for:")[2] or told
    return about.strip().partition(".")[0].lower()


@lru_cache(maxsize=64)
def _telling_words(text: str) -> frozenset[str]:
    stop = set(_STOP.split())
    words = rx(r"[a-z]{4,}").findall(text)
    return frozenset(w.rstrip("s") for w in words if not {w, w.rstrip("s")} & stop)
