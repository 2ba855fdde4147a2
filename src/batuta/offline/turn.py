"""Reading one user message in the light of what was said before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from batuta.offline.doubt import Doubt, choice_is_plain, consents, refuses, request_doubt
from batuta.offline.intent import Action, Signs, action_of
from batuta.offline.options import ListedOption, options_said, picked
from batuta.offline.schema import Field
from batuta.offline.values import nouns_of, read_values
from batuta.offline.when import When, read_when
from batuta.offline.when_words import normalise, rx


@dataclass(frozen=True, slots=True)
class Scene:
    """What stood before a user message.

    Args:
        last: The assistant's last words, "" where it has not spoken.
        domain: Words of the application's subject.
    """

    now: datetime
    last: str = ""
    domain: frozenset[str] = frozenset()
    fields: Sequence[Field] = ()

    @property
    def options(self) -> list[ListedOption]:
        """The options that the assistant's last words offer."""
        return options_said(self.last)

    @property
    def expected(self) -> Literal["date", "time"] | None:
        """What the assistant's last question asked for, date or time."""
        asked = " ".join(rx(r"[^.!?\n]*\?").findall(self.last.lower())[-1:])
        time = bool(rx(r"\b(?:time|hour|o'clock|when)\b").search(asked))
        day = bool(rx(r"\b(?:date|day)\b").search(asked))
        return None if time == day else "time" if time else "date"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one user message says.

    Args:
        values: Values of the scene's fields, by name; only those said.
        marked: The text normalised, with date and time marked in it.
        doubt: Why it cannot be read at all, or is no plain answer.
    """

    text: str
    action: Action
    when: When
    choice: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    marked: str = ""
    doubt: Doubt | None = None


def read_turn(text: str, scene: Scene) -> Turn:
    """Read one user message."""
    plain = normalise(text)
    options = scene.options
    nouns = [*nouns_of(scene.fields), *(o.label.split(" ")[0].lower() for o in options)]
    choice = _choice(picked(text, nouns), options)
    when = read_when(text, scene.now, expected=scene.expected)
    marked = when.marked
    if choice and (choice.isdigit() or choice == "last") and (not when.time or _is_bare(plain)):
        when = When(rest=plain)
    values = read_values(scene.fields, text, when)
    if choice is None and not any(values.values()):
        values |= _answered(text, scene)
    chosen = choice is not None and bool(options or choice == "any")
    chosen = chosen and not (when.said and choice == "any")
    signs = Signs(
        detailed=when.said or any(v not in (None, choice) for v in values.values()),
        complete=when.date is not None and when.timed,
        past=when.problem == "past",
        terse=_terse(when),
        chosen=chosen and _is_plain_choice(text, marked, scene, nouns=nouns),
        filled=any(values.get(f.name) not in (None, choice) for f in scene.fields if f.is_free),
        offered=bool(options) or "?" in scene.last,
        ongoing=bool(scene.last),
        done=bool(rx(_TELLS_DONE).search(scene.last)),
    )
    action = _meant(action_of(plain, signs, scene.domain), text, marked)
    if action not in ("choose", "request", "confirm"):
        choice = None
    kept = _kept(when, action)
    if kept is not when:
        values = read_values(scene.fields, text, kept)
    return Turn(text, action, kept, choice, values, marked)


_TELLS_DONE = r"(?i)^(?:done|booked|reserved|confirmed|ordered|borrowed)\b|\byour \w+ id is\b"


def _is_plain_choice(text: str, marked: str, scene: Scene, *, nouns: Sequence[str]) -> bool:
    """Say whether the whole text picks one of the options, or asks plainly for one."""
    shown = {w for o in scene.options for w in rx(r"\w+").findall(o.label.lower())}
    if choice_is_plain(text, marked, shown | set(nouns)):
        return True
    return request_doubt(text, marked, known=scene.domain | shown | set(nouns)) is None


def _meant(action: Action, text: str, marked: str) -> Action:
    """Take a yes that is not the whole text for no yes, and a refused deed for a no."""
    if action == "confirm" and not consents(text, marked):
        return "other"
    return "reject" if action == "request" and refuses(marked) else action


_NO_ANSWER = (
    r"(?i)^\W*(?:yes|yeah|ok|no|nope|never ?mind|cancel|start over|forget|any|help|hi|hello"
    r"|thanks?)\b"
)


def _answered(text: str, scene: Scene) -> dict[str, str]:
    """Take a short text as the answer to a question for a free string, such as a title."""
    asked = " ".join(rx(r"[^.!?\n]*\?").findall(scene.last.lower())[-1:])
    named = r"\b(?!which|would|what|like|want|with|that|this|their|your|give|have)[a-z]{4,}\b"
    asked_for = set(rx(named).findall(asked))
    about = ((f, set(rx(named).findall(f.words))) for f in scene.fields if f.is_free)
    field = next((f for f, known in about if asked_for & known), None)
    if field is None or rx(_NO_ANSWER).search(text) or len(text.split()) > 10:
        return {}
    opening = r"(?i)^(?:it'?s|it is|the title is|i want|i'?d like)\s+|[.!]+$|,? please.*$"
    name = re.sub(opening, "", text.strip())
    return {field.name: name} if len(name) > 1 and rx(r"[^\W_]").search(name) else {}


def _choice(pick: str | None, options: Sequence[ListedOption]) -> str | None:
    """Drop a place in a list that nobody offered, or that the list does not have."""
    if pick is None or pick == "any" or (len(pick) == 1 and not options and pick.isalpha()):
        return pick
    if pick == "last" or (pick.isdigit() and 1 <= int(pick) <= len(options)):
        return pick if options else None
    named = any(pick.lower() in o.label.lower().split(",")[0].split() for o in options)
    return pick if named or (pick not in ("Y", "N", "K") and pick.isalpha()) else None


def _is_bare(plain: str) -> bool:
    return bool(rx(r"^\W*(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: please)?\W*$").search(plain))


_FILLERS = (
    r"\b(?:please|thanks?|the|an?|on|at|in|for|of|to|from|by|then|maybe|it|is|or|and|so|starting|this"
    r"|next|before|after|between|until|later|hours?|minutes?)\b|\W|\d"
)


def _terse(when: When) -> bool:
    """Say whether next to nothing is left of a text without its date and time."""
    return len(rx(_FILLERS).sub("", when.rest)) < 4


def _kept(when: When, action: Action) -> When:
    """Drop a date that does not speak of the wish: of a booking's making, or beside the subject."""
    if action == "cancel" and when.problem == "past":
        return When(time=when.time, rest=when.rest)
    return When(rest=when.rest) if action in ("other", "recall") else when
