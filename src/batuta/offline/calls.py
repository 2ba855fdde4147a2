"""Filling the arguments of a call from what the user wants, or naming what is missing for it."""

from __future__ import annotations

import re
from typing import Any

from batuta.offline.desk import OfferedTool
from batuta.offline.doubt import content_of
from batuta.offline.options import ListedOption
from batuta.offline.schema import Field, empty
from batuta.offline.speech import say_time
from batuta.offline.when import read_when
from batuta.offline.when_words import normalise, rx
from batuta.offline.wish import SUBJECT, PendingRequest

FIRST_FREE = r"\b(?:first available|earliest|soonest|next available|first free)\b"
_SPELT = r"[\w./:+-]*\d[\w./:+-]*\w"
_MARKED = (
    r"(?=[\w./:+-]*\d)(?!\d{4}-\d\d-\d\d(?![\w/-]))(?!\d{1,2}:\d\d\b)(?!\d+/\d+\b)"
    r"\w+[-/_:][\w./:+-]*\w"
)
"""An identifier: after its noun, and so marked by its signs that it needs no noun."""
_WORD = r"[\w./:+-]*\w"
"""An identifier behind the word "id", which may be any word."""
_NOUN_OF_ID = r"\b(?!(?:its|the|an?|this|that|their|your|by|with|given|one) )(\w+) id\b"


def _field(name: str, form: str, *, nullable: bool) -> Field:
    return Field(name, "string", form, "", (), nullable, True, {})


_DAY_AND_TIME = (
    _field("date", "date", nullable=False),
    _field("time", "time", nullable=True),
)


def known(field: Field, wish: PendingRequest) -> Any:
    """Take a field's value out of the wish, None where it is not known."""
    if field.is_date:
        return wish.date.isoformat() if wish.date else None
    if field.is_time:
        at = wish.time or (wish.start if wish.part is None and wish.end else None)
        return f"{at:%H:%M}" if at and not _is_wide(wish) else None
    return wish.values.get(field.name)


def _is_wide(wish: PendingRequest) -> bool:
    """Say whether a window leaves several times open, so that one start would narrow it."""
    if wish.time is not None or wish.start is None or wish.end is None:
        return False
    first, last = (t.hour * 60 + t.minute for t in (wish.start, wish.end))
    return last - first > 60


def missing_for(
    desk: OfferedTool | None, wish: PendingRequest, *, asked: bool = False
) -> list[Field]:
    """List what must be known before looking; a time counts where something is to be done.

    Args:
        asked: Ask for the time even where the user only wanted to know what there is.
    """
    if desk is None:
        return []
    dated = _DAY_AND_TIME[: 1 + desk.is_timed] if desk.is_dated else ()
    fields = desk.fields if desk.free_text is None else dated
    return [f for f in fields if known(f, wish) is None and _is_needed(f, wish, asked=asked)]


def _is_needed(field: Field, wish: PendingRequest, *, asked: bool) -> bool:
    if field.is_id:
        return False
    if not field.is_time:
        return field.required and not field.nullable
    looking = not asked and wish.turn is not None and wish.turn.action == "check"
    open_choice = wish.turn is not None and wish.turn.choice == "any"
    return not (wish.timed or looking or open_choice or rx(FIRST_FREE).search(normalise(wish.text)))


def look_arguments(desk: OfferedTool, wish: PendingRequest) -> dict[str, Any]:
    """Fill the call of a finding tool; a specialist gets a task that needs no other context."""
    if desk.free_text is not None:
        return {desk.free_text: _task(desk, wish)}
    values = {f.name: known(f, wish) for f in desk.fields}
    return {f.name: values[f.name] for f in desk.fields if values[f.name] is not None or f.required}


def _task(desk: OfferedTool, wish: PendingRequest) -> str:
    if not desk.is_dated:
        title = wish.values.get(SUBJECT.name)
        return f'Find "{title}".' if title else " ".join(wish.words[-3:])
    day = f" on {wish.date.isoformat()}" if wish.date else ""
    about = " ".join(
        dict.fromkeys(w for said in wish.words for w in content_of(_marked(said, wish)))
    )
    for_what = f" for {about}" if about and desk.free_text else ""
    return f"Check which slots are open{day} {say_time(wish)}".strip() + f"{for_what}."


def _marked(text: str, wish: PendingRequest) -> str:
    premises = wish.premises
    return read_when(text, premises.now, region=premises.region).marked


def act_arguments(
    desk: OfferedTool, wish: PendingRequest, identifier: str, *, chosen: ListedOption | None = None
) -> dict[str, Any]:
    """Fill the call of an acting tool with the identifier of what was chosen."""
    if desk.free_text is not None:
        return {desk.free_text: _order(desk, identifier, chosen)}
    made: dict[str, Any] = {}
    for each in desk.fields:
        fact = chosen.facts.get(each.name) if chosen else None
        value = identifier if each is desk.id_field else known(each, wish)
        value = value if value is not None else fact
        if value is not None or each.required:
            made[each.name] = value if value is not None else empty(each)
    return made


def _order(desk: OfferedTool, identifier: str, chosen: ListedOption | None) -> str:
    noun = rx(_NOUN_OF_ID).search(desk.tool.description)
    named = f"{noun[1]} id" if noun and not rx(_SPELT).search(identifier) else noun and noun[1]
    what = f"{named} {identifier}" if named else identifier
    label = f" ({chosen.label})" if chosen and chosen.label != identifier else ""
    return f"{desk.verb.capitalize()} {what}{label}."


def spelt_id(desk: OfferedTool, text: str, *, alone: bool) -> str | None:
    """Find the identifier that a request itself spells out.

    Args:
        alone: No tool finds identifiers here, so one without its noun counts as well.
    """
    if desk.id_field is None:
        return None
    noun = re.escape(desk.id_field.name.split("_")[0])
    spelt = re.search(rf"\b{noun}(?:[ _]id)?:?\s+[\"'`]?({_SPELT})", text, re.IGNORECASE)
    spelt = spelt or re.search(rf"\b{noun}[ _]id:?\s+[\"'`]?({_WORD})", text, re.IGNORECASE)
    marked = re.search(rf"(?<!\w)({_MARKED})", text) if alone else None
    found = spelt or marked
    return found[1] if found else None
