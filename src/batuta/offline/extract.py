"""Filling a schema from what the user said last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.offline.carried import OnTable
from batuta.offline.doubt import MOST_LEFT, Doubt, names_said, standing_doubt, words_of
from batuta.offline.intent_words import PRICE
from batuta.offline.leftover import is_noise, left_unread, other_names
from batuta.offline.options import NOT, excluded
from batuta.offline.premises import Premises, premises_of
from batuta.offline.schema import Field, empty, fields_of, fits
from batuta.offline.turn import Scene, Turn, holds_back, read_turn
from batuta.offline.values import REMARKS, all_day, read_values
from batuta.offline.when import read_when
from batuta.offline.when_words import normalise, rx
from batuta.offline.wishes import wishes_in


def last_said(messages: Sequence[Message], role: str) -> str:
    """Return the last text of a role, "" where there is none."""
    return next((m.text for m in reversed(messages) if m.role == role and m.text), "")


def before_last_user(messages: Sequence[Message]) -> Sequence[Message]:
    """Return the messages that stood before the user's last one."""
    for at in range(len(messages) - 1, -1, -1):
        if messages[at].role == "user":
            return messages[:at]
    return messages


def extract(request: ModelRequest, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read the last user message into the schema's fields; what it does not say stays empty."""
    fields = fields_of(schema)
    earlier = before_last_user(request.messages)
    told = tuple(f for f in fields if f.name not in _OF_FORM)
    premises = premises_of(request, told)
    last = last_said(earlier, "assistant")
    held = holds_back(last_said(earlier, "user"))
    scene = Scene(premises, last, told, _on_table(earlier, last, premises), held=held)
    text, *further = wishes_in(last_said(request.messages, "user"), scene)
    turn = read_turn(text, scene)
    silent = turn.action == "other" and not turn.when.said
    values = {} if silent else {**read_values(told, turn.text, turn.when), **turn.values}
    if turn.choice == "any" and scene.expected == "time":
        values = {**all_day(told), **values}
    if refused := excluded(normalise(turn.text)):
        out = refused.removeprefix(NOT).split(", ")
        values = {k: v for k, v in values.items() if str(v).upper() not in out}
    if turn.action == "choose":  # "the earliest" picks, and is no wish for later
        values = _without_remarks(values)
    doubt = _doubt(turn, scene) if any(f.name == "doubt" for f in fields) else None
    control = {
        "action": turn.action,
        "choice": turn.choice,
        "doubt": doubt.kind if doubt else None,
        "unread": (doubt.left or None) if doubt else None,
        "further": " ".join(f"{each}." for each in further) or None,
    }
    return {
        f.name: _filled(f, {**values, **control})
        for f in fields
        if f.required or f.name in values or f.nullable or f.name in control
    }


_OF_FORM = ("action", "doubt", "unread", "further")
"""Fields that hold what a form makes of a message; their words say nothing of its subject."""
_SPOKEN_DAY = r"\b[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+(?: \d{4})?"


def _on_table(earlier: Sequence[Message], last: str, premises: Premises) -> OnTable:
    """Find the day that was spoken of last, and the week that the user named without a day."""
    asked = read_when(last_said(earlier, "user"), premises.now, region=premises.region)
    said = rx(_SPOKEN_DAY).search(last)
    day = read_when(said[0], premises.now).date if said else asked.date
    return OnTable(day, asked.week, asked.time)


def _without_remarks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not rx(REMARKS).search(name)}


def _doubt(turn: Turn, scene: Scene) -> Doubt | None:
    if turn.doubt is not None or turn.action != "request":
        return turn.doubt or _unread(turn, scene)
    values = _without_remarks(turn.values).values()
    known = scene.premises.nouns | words_of(values, turn.marked)
    said = names_said(turn.marked, known)
    if said and turn.choice is None and not excluded(normalise(turn.text)):
        return Doubt("unclear", " ".join(sorted(said)))
    return standing_doubt(turn.text, turn.marked, known=known, first=not scene.last)


def _unread(turn: Turn, scene: Scene) -> Doubt | None:
    """Say what a reply to an offer holds that neither takes, moves nor merely greets it."""
    answers = turn.action not in ("other", "check") or not scene.options
    if (
        answers
        or is_noise(turn.marked, scene.premises.nouns)
        or rx(PRICE).search(turn.text.lower())
    ):
        return None
    offered = " ".join(o.label.split(",")[0] for o in scene.options[:1])
    said = " ".join(str(v) for v in (*turn.values.values(), turn.choice or ""))
    known = scene.premises.nouns | words_of(turn.values.values(), turn.marked)
    names = other_names(turn.text, said if turn.action == "check" else offered)
    left = [*left_unread(turn.text, turn.marked, known), *names]
    if turn.action == "other" and not left:
        left = [turn.text.strip(" .!?")]
    return Doubt("unclear", " ".join(left[:MOST_LEFT])) if left else None


def _filled(field: Field, values: Mapping[str, Any]) -> Any:
    value = values.get(field.name)
    return value if value is not None and fits(field, value) else empty(field)
