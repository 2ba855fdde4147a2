"""Reading one user message in the light of what was said before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from batuta.offline.carried import OnTable, placed
from batuta.offline.consent import choice_is_plain, consents
from batuta.offline.consent_words import AGREES_OUTRIGHT, NO_CHOICE
from batuta.offline.contrast import (
    corrected,
    refused_by_name,
    refuses_one,
    without_refused,
    without_yes,
)
from batuta.offline.doubt import (
    Doubt,
    is_explicit,
    opens_request,
    refuses,
    request_doubt,
)
from batuta.offline.intent import Action, Signs, action_of
from batuta.offline.labels import ANY_NOUN, asked_by_name
from batuta.offline.language import is_foreign
from batuta.offline.options import (
    ListedOption,
    PickedHour,
    end_picked,
    excluded,
    hour_picked,
    invites_yes,
    options_said,
    picked,
)
from batuta.offline.preference import preferred, settled_name
from batuta.offline.premises import Premises
from batuta.offline.schema import Field
from batuta.offline.table_hours import at_table
from batuta.offline.values import POLITE, nouns_of, read_values
from batuta.offline.when import When, read_when
from batuta.offline.when_words import normalise, rx


@dataclass(frozen=True, slots=True)
class Scene:
    """What stood before a user message.

    Args:
        last: The assistant's last words, "" where it has not spoken.
        table: The day and the week that the conversation speaks of.
        done: Whether something has been done in it.
        held: Whether the user's last words were that nothing be done.
    """

    premises: Premises
    last: str = ""
    fields: tuple[Field, ...] = ()
    table: OnTable = field(default_factory=OnTable)
    done: bool = False
    held: bool = False

    @property
    def options(self) -> list[ListedOption]:
        """The options that the assistant's last words offer."""
        return options_said(self.last)

    def read(self, text: str) -> When:
        """Read date and time of a user message."""
        if self.last and (self.table.day or self.table.week):
            text = placed(normalise(text), self.table)
        premises = self.premises
        return read_when(text, premises.now, expected=self.expected, region=premises.region)

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


@lru_cache(maxsize=512)
def read_turn(text: str, scene: Scene) -> Turn:
    """Read one user message; a conversation is read again at each of its turns."""
    if is_foreign(text):
        return Turn(text, "other", When(rest=normalise(text)), doubt=Doubt("language"))
    options = scene.options
    nouns = [*nouns_of(scene.fields), *(o.label.split(" ")[0].lower() for o in options), *ANY_NOUN]
    text = _refusing_plainly(text, scene, nouns)
    plain, hour = normalise(text), hour_picked(normalise(text), options)
    choice = _read_choice(text, plain, hour, nouns=nouns, scene=scene)
    when = at_table(scene.read(text), plain, options, spoken=scene.table.hour)
    marked = when.marked
    if hour is not None:
        when = When(time=hour.time, rest=plain)
    elif choice and (choice.isdigit() or choice == "last") and _is_place(plain, choice, when):
        when = When(rest=plain)
    values = read_values(scene.fields, text, when)
    if choice is None and not any(values.values()):
        values |= _answered(text, scene)
    plain_choice = choice is not None and _is_plain_choice(text, marked, scene, nouns=nouns)
    named = plain_choice and not options and len(choice or "") == 1
    proposed = named and invites_yes(scene.last) and not when.said
    chosen = plain_choice and (bool(options) or choice == "any" or proposed)
    signs = Signs(
        detailed=when.said or named or any(v not in (None, choice) for v in values.values()),
        complete=when.date is not None and when.timed,
        past=when.problem == "past",
        terse=_terse(when),
        chosen=chosen and not (when.said and choice == "any"),
        filled=any(values.get(f.name) not in (None, choice) for f in scene.fields if f.is_free),
        offered=bool(options) or "?" in scene.last,
        ongoing=bool(scene.last),
        asking=bool(when.date and when.time and is_explicit(marked) and opens_request(marked)),
        told=scene.premises.telling,
        done=scene.done or bool(rx(_TELLS_DONE).search(scene.last)),
    )
    action = _meant(
        action_of(plain, signs, scene.premises.domain),
        text,
        marked,
        nouns=scene.premises.nouns,
        offered=bool(options) or invites_yes(scene.last),
        several=len(options) > 1,
    )
    if action not in ("choose", "request", "confirm") or (options and not plain_choice):
        choice = None
    if action == "confirm" and scene.held and not rx(_TAKEN_UP).search(plain):
        action = "other"
    if (kept := _kept(when, action)) is not when:
        values = read_values(scene.fields, text, kept)
    unsure = hour is not None and hour.choice is None and hour.time is None
    doubt = Doubt("unclear", plain.strip(" .!")) if unsure else None
    return Turn(text, action, kept, choice, values, marked, doubt)


_TAKEN_UP = r"\b(?:ye+s|yeah|yep|book|reserve|take|do it|go ahead|please)\b"
"""What takes up a deed that was held back, as a mere "ok" does not."""
_TELLS_DONE = r"(?i)^(?:done|booked|reserved|confirmed|ordered|borrowed)\b|\byour \w+ id is\b"


def _read_choice(
    text: str,
    plain: str,
    hour: PickedHour | None,
    *,
    nouns: Sequence[str],
    scene: Scene,
) -> str | None:
    """Read which option a text picks, or which it rules out."""
    options = scene.options
    if _leaves_hour(plain, scene):
        return "any"
    choice = hour.choice if hour else _choice(picked(text, nouns), options)
    cut = bool(rx(r"(?m)^… and \d+ more\b").search(scene.last))
    choice = excluded(plain) or end_picked(plain, options, cut=cut) or choice
    return None if _is_elsewhen(choice, plain, scene) else choice


_EARLIEST = (
    r"^\W*(?:(?:ok|okay|well|oh|hm+|then|maybe|just|please|i'?d like|i'?ll take|at|your"
    r"|the|as) ?,? ?)*"
    r"(?:(?:earliest|soonest|first)(?: (?:1|one|slot|court|hour|time|free|available"
    r"|possible|you have|of the day"
    r"|you'?ve got|there is|that is))*"
    r"|(?:early|soon) as (?:possible|you can|it gets)|any ?time(?: at all| of (?:the )?day)?"
    r"|when(?:ever)?(?: (?:you like|you want|suits you|it is free|is fine))?"
    r"|no matter when|(?:it )?does(?: not|n't) matter(?: when| to me)?|i (?:do not"
    r"|don't) mind(?: when)?)"
    r"(?:,? (?:please|thanks|is (?:fine|ok|good)|works|will do|suits (?:me|us)|for (?:me|us)))*\W*$"
)
"""An answer to the question for an hour that leaves it open, or takes the first there is."""


def _leaves_hour(plain: str, scene: Scene) -> bool:
    """Say whether a text leaves open the hour that it was asked for."""
    return scene.expected == "time" and not scene.options and bool(rx(_EARLIEST).search(plain))


def _is_elsewhen(choice: str | None, plain: str, scene: Scene) -> bool:
    """Say whether a place in the list comes with another day than the one on the table."""
    day = scene.table.day
    if day is None or choice is None or not (choice.isdigit() or choice == "last"):
        return False
    said = scene.read(rx(_PLACE).sub(" ", plain)).date
    return said is not None and said != day


_PLACE = (
    r"\b(?:the )?(?:first|second|third|fourth|fifth|sixth|last|former|latter|earliest|latest"
    r"|\d{1,2}(?:st|nd|rd|th)?)\b(?: 1| one| option| slot)?"
)


def _is_plain_choice(text: str, marked: str, scene: Scene, *, nouns: Sequence[str]) -> bool:
    """Say whether the whole text picks one of the options, or asks plainly for one."""
    shown = {w for o in scene.options for w in rx(r"\w+").findall(o.label.lower())}
    if choice_is_plain(text, marked, shown | set(nouns)) or _leaves_hour(normalise(text), scene):
        return True
    if rx(NO_CHOICE).search(text.lower()):
        return False
    return request_doubt(text, marked, known=scene.premises.nouns | shown | set(nouns)) is None


def _meant(
    action: Action,
    text: str,
    marked: str,
    *,
    nouns: AbstractSet[str],
    offered: bool,
    several: bool,
) -> Action:
    """Take a yes that is not the whole text for no yes, and a refused deed for a no.

    A no to one of several things leaves the others open.
    """
    if action == "confirm" and not consents(text, marked, known=nouns):
        return "other"
    if action == "other" and offered and rx(AGREES_OUTRIGHT).search(text.lower()):
        return "confirm" if consents(text, marked, known=nouns) else action
    if action == "request" and refuses(marked):
        action = "check" if rx(_ASKS_BESIDE).search(text.lower()) else "reject"
    return "other" if action == "reject" and several and refuses_one(text) else action


_ASKS_BESIDE = (
    r"[.;!,] (?:just )?(?:is|are|do you have|have you got|any(?:thing)?|what is|what's)\b"
    r"[^.?]*\b(?:free|available|open|left)\b[^.?]*\?\W*$"
)
"""A question about what there is, beside a deed that is refused."""


def holds_back(text: str) -> bool:
    """Say whether a text says that nothing is to be done, whatever else it asks.

    >>> holds_back("Don't book. What is free tomorrow?"), holds_back("don't forget to book")
    (True, False)
    """
    return bool(rx(r"(?i)(?:\b(?:not|never)|n['’]?t)\b").search(text)) and refuses(normalise(text))


def _refusing_plainly(text: str, scene: Scene, nouns: Sequence[str]) -> str:
    """Write what a text refuses, or asks about, in the one way that the rules for choices know."""
    text = asked_by_name(text, [o.label.split(",")[0] for o in scene.options])
    named = [*nouns, *scene.premises.nouns]
    text = preferred(settled_name(text), named, scene.options)
    text = corrected(without_yes(text, named) if scene.options else text, named, scene.options)
    text = without_refused(text, named, scene.options)
    return refused_by_name(text, scene.options, proposed=invites_yes(scene.last))


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
    opening = r"(?i)^(?:it'?s|it is|the title is|i want|i'?d like)\s+|[.!]+$"
    opening = rf"{opening}|,? {POLITE}\b.*$"
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


def _is_place(plain: str, choice: str, when: When) -> bool:
    """Say whether the numbers of a text are the place of an option, and no time of day."""
    if not when.time or _is_bare(plain):
        return True
    numbers = rx(r"(?<![\d:.])(?<!at )\b\d{1,2}\b(?!:?\d| ?[ap]m|oclock)").findall(plain)
    clocks = rx(r"\d:\d\d|\d ?[ap]m|oclock|\bat \d|noon|midday|half|quarter").search(plain)
    if choice == "last" or clocks is not None or not {choice} <= set(numbers) <= {choice, "1"}:
        return False
    return when.time.hour % 12 == int(choice) % 12


def _is_bare(plain: str) -> bool:
    return bool(rx(r"^\W*(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: please)?\W*$").search(plain))


_FILLERS = (
    r"\b(?:please|thanks?|the|an?|on|at|in|for|of|to|from|by|then|maybe|it|is|or|and|so|starting"
    r"|this"
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
