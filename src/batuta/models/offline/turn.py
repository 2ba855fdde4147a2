"""Reading one user message in the light of what was said before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.models.offline.intent import Action, Signs, action_of
from batuta.models.offline.options import Option, options_said, picked
from batuta.models.offline.schema import Field, fields_of, fits
from batuta.models.offline.when import When, read_when
from batuta.models.offline.when_words import normalise, rx

_NOW = r"Now:\s*(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)"
_STOP = frozenset(
    "about above action after again agent all also always and answer any anything are array ask asked "
    "assistant available before being between boolean but call can cancel change changes check choice "
    "choose confirm confirmation date day days description detail details digits else enum every field "
    "fields find finds first for format free from give given gives good has have help hour hours how "
    "integer into its iso json label last later like list mean message messages more name named needs "
    "never new next none not nothing now null number numbers object offer offered once one only open "
    "option options order ordinal other otherwise over part person picked picks plain please proposed "
    "read reject reply request required restart result results return returns said say says second "
    "see set short show something specialist start starts string system take task tell text than that "
    "the their them then there they thing things this those time times today tomorrow tool tools type "
    "use used user users using value values want wants was what when where which who will with word "
    "words works write you your yes zone europe london whatever mind said saying".split()
)


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
    def options(self) -> list[Option]:
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
    """

    text: str
    action: Action
    when: When
    choice: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


def now_of(messages: Sequence[Message]) -> datetime:
    """Read "now" from the system messages.

    Without a ``Now:`` line the start of the Unix era stands in, so that nothing counts as past.
    """
    for message in messages:
        if message.role == "system" and (m := rx(_NOW).search(message.text)):
            return datetime.fromisoformat(m[1])
    return datetime(1970, 1, 1)


def domain_of(request: ModelRequest) -> frozenset[str]:
    """Collect the words that the instructions, tools and fields are about."""
    texts = [m.text for m in request.messages if m.role == "system"]
    for tool in request.tools:
        texts += [tool.name, tool.description]
        texts += [f.words for f in fields_of(tool.parameters)]
    if request.output is not None:
        texts += [f.words for f in fields_of(request.output.schema)]
        texts.append(request.output.description)
    words = rx(r"[a-z]{4,}").findall(" ".join(texts).lower().replace("_", " "))
    return frozenset(w.rstrip("s") for w in words if w not in _STOP)


def nouns_of(fields: Sequence[Field]) -> list[str]:
    """List the words that a label may follow: names of string fields and what ids identify."""
    named = [f.name.split("_")[0] for f in fields if f.kind == "string"]
    return [n for n in named if not rx(r"^(?:date|time|action|choice|reason)$").search(n)]


def _people(field: Field, text: str, rest: str) -> int | None:
    """Read a number of people from the text without its times."""
    if rx(r"\b(?:just|only) me\b|\b(?:by myself|alone|on my own)\b").search(text):
        return 1
    if rx(r"\b(?:me and (?:a|my) \w+|(?:a|my) \w+ and (?:me|i)|the 2 of us)\b").search(text):
        return 2
    nouns = r"(?:people|persons?|players?|of us|guests?|adults?|pax|participants?)"
    for pattern in (rf"\b(\d+) {nouns}\b", r"\b(?:party|group|table) of (\d+)\b", r"\bfor (\d+)\b"):
        if m := rx(pattern).search(rest):
            return int(m[1])
    return None


def _integer(field: Field, text: str, rest: str) -> int | None:
    if rx(r"people|person|player|guest|party|participant").search(field.words):
        return _people(field, text, rest)
    name = re.escape(field.name.replace("_", " ").removesuffix("s"))
    near = rx(rf"\b(\d+) (?:more )?{name}s?\b|\b{name}s?(?: of| is| to|:|=)? (\d+)\b").search(rest)
    return int(near[1] or near[2]) if near else None


def _boolean(field: Field, text: str) -> bool | None:
    name = re.escape(field.name.replace("_", " ").removeprefix("is ").removeprefix("wants "))
    if rx(rf"\b(?:no|not|without|don'?t (?:need|want)) (?:\w+ )?{name}").search(text):
        return False
    return True if rx(rf"\b{name}\b").search(text) else None


def _string(field: Field, raw: str, text: str) -> str | None:
    """Read a free string: a label after the field's name, a quotation, or a name in capitals."""
    name = re.escape(field.name.split("_")[0])
    if rx(r"^(?:preferences?|wish(?:es)?|notes?|comments?|remarks?)$").search(field.name):
        return _preference(raw)
    if field.name in ("name", "title", "query", "topic", "subject"):
        return _title(raw) or _object(raw)
    if rx(r"\bauthor|writer|artist|by whom").search(field.words):
        m = re.search(r"\b[Bb]y ((?:[A-Z][\w'.-]*)(?: [A-Z][\w'.-]*)*)", raw)
        return m[1].rstrip(".") if m else None
    m = re.search(
        rf"(?i:\b{name})\s+(?:(?:number|no\.?|called|named)\s+)?([A-Z]\b|\d+\b|[a-z](?![\w']))", raw
    )
    return m[1].upper() if m and m[1] not in ("a", "i") else None


def _object(raw: str) -> str | None:
    """Take what follows the verb of a request as the thing's name, where it has no capitals."""
    m = re.search(
        r"(?i)\b(?:borrow|find|look(?:ing)? for|search(?:ing)? for|have|got|read|order|called|titled"
        r"|named)\s+(?:(?:a copy of|copies of|the book|the)\s+)*"
        r"(?!(?:an?|some|any|to|it|that|this|one|me|us|you)\b|books?\b)([^.?!,;]+)",
        raw,
    )
    name = re.sub(r"(?i)\s+(?:by\s.+|please.*|for me.*|instead)$", "", m[1]).strip() if m else ""
    return name if 2 <= len(name) <= 80 else None


def _preference(raw: str) -> str | None:
    """Take the words that say how the thing should be, as the user put them."""
    m = re.search(
        r"(?i)\b(?:(?:i(?:'d| would)? )?prefer(?:ably|red|ring)?|ideally|if possible,?|rather"
        r"|the (?:earlie|late|cheape|neare|quiete|sunnie|shadie)st"
        r"|earliest|latest|indoors?|outdoors?|(?:not |near|close to|next to|away from|with(?:out)? )"
        r"(?:the |a |an )?(?!me\b|my\b|it\b|that\b|sure\b|\d)[a-z]+)\b[^.!?;]*",
        raw,
    )
    return m[0].strip(" ,") if m else None


def _title(raw: str) -> str | None:
    quoted = re.search(r"[\"“‘']([^\"”’]{2,80}?)[\"”’'](?!\w)", raw)
    if quoted:
        return quoted[1].strip()
    plain = re.sub(r"\s+by (?:[A-Z][\w'.-]*\s?)+", " ", raw)
    found = re.findall(
        r"(?<![.!?] )(?<!^)\b[A-Z][\w'-]*(?: (?:(?:of|the|and|in|a|to|for|on) )*[A-Z0-9][\w'-]*)*",
        plain,
    )
    names = [f for f in found if f not in ("I", "I'd", "I'm", "I'll", "I've", "OK", "Yes", "No")]
    return max(names, key=len) if names else None


def _value(field: Field, turn_text: str, plain: str, when: When) -> Any:
    if field.options:
        return _enum(field, plain)
    if field.is_date:
        return when.date.isoformat() if when.date and when.problem is None else None
    if field.is_time:
        return _time(field, when)
    if field.kind in ("integer", "number"):
        return _integer(field, plain, when.rest)
    if field.kind == "boolean":
        return _boolean(field, plain)
    return _string(field, turn_text, plain) if field.kind == "string" else None


def _enum(field: Field, plain: str) -> Any:
    said = [
        o
        for o in field.options
        if rx(rf"\b{re.escape(str(o).lower().replace('_', ' '))}\b").search(plain)
    ]
    return said[0] if len(said) == 1 else None


def _time(field: Field, when: When) -> str | None:
    if rx(r"(?:^|_)(?:to|end|until|till|before|latest)(?:$|_)").search(field.name):
        value = when.end
    elif rx(r"(?:^|_)(?:from|start|after|earliest|begin)(?:$|_)").search(field.name):
        value = when.start
    else:
        value = when.time or (when.start if when.part is None and when.end else None)
    return f"{value:%H:%M}" if value and when.problem is None else None


def read_values(fields: Sequence[Field], text: str, when: When) -> dict[str, Any]:
    """Read what the text says for each field; ids and control fields are left alone."""
    plain = normalise(text)
    found: dict[str, Any] = {}
    for each in fields:
        if each.is_id or each.name in ("action", "choice", "reason"):
            continue
        value = _value(each, text, plain, when)
        if value is not None and fits(each, value):
            found[each.name] = value
    return found


def read_turn(text: str, scene: Scene) -> Turn:
    """Read one user message."""
    plain = normalise(text)
    options = scene.options
    nouns = [*nouns_of(scene.fields), *(o.label.split(" ")[0].lower() for o in options)]
    choice = _choice(picked(text, nouns), options)
    when = read_when(text, scene.now, expected=scene.expected)
    if choice and (choice.isdigit() or choice == "last") and (not when.time or _is_bare(plain)):
        when = When(rest=plain)
    values = read_values(scene.fields, text, when)
    values |= _answered(text, scene, any(values.values()) or choice is not None)
    chosen = choice is not None and bool(options or choice == "any")
    action = action_of(
        plain,
        Signs(
            detailed=when.said or any(v not in (None, choice) for v in values.values()),
            terse=_terse(when),
            chosen=chosen and not (when.said and choice == "any"),
            filled=any(v not in (None, choice) for v in values.values()),
            offered=bool(options) or "?" in scene.last,
            ongoing=bool(scene.last),
        ),
        scene.domain,
    )
    return Turn(text, action, _kept(when, action, plain), choice, values)


_NO_ANSWER = (
    r"(?i)^\W*(?:yes|yeah|ok|no|nope|never ?mind|cancel|start over|forget|any|help|hi|hello|thanks?)\b"
)


def _answered(text: str, scene: Scene, settled: bool) -> dict[str, str]:  # noqa: FBT001
    """Take a short text as the answer to a question for a free string, such as a title."""
    asked = " ".join(rx(r"[^.!?\n]*\?").findall(scene.last.lower())[-1:])
    field = next((f for f in scene.fields if f.is_free and rx(rf"\b{f.spoken}\b").search(asked)), None)
    if field is None or settled or rx(_NO_ANSWER).search(text) or len(text.split()) > 10:
        return {}
    opening = r"(?i)^(?:it'?s|it is|the title is|i want|i'?d like)\s+|[.!]+$|,? please.*$"
    name = re.sub(opening, "", text.strip())
    return {field.name: name} if len(name) > 1 and rx(r"[^\W_]").search(name) else {}


def _choice(pick: str | None, options: Sequence[Option]) -> str | None:
    """Drop a place in a list that nobody offered, or that the list does not have."""
    if pick is None or not (pick.isdigit() or pick == "last"):
        return pick
    inside = bool(options) and (pick == "last" or 1 <= int(pick) <= len(options))
    return pick if inside or any(pick in o.label.split(",")[0].split() for o in options) else None


def _is_bare(plain: str) -> bool:
    return bool(rx(r"^\W*(?:the )?\d{1,2}(?:st|nd|rd|th)?(?: please)?\W*$").search(plain))


def _terse(when: When) -> bool:
    """Say whether next to nothing is left of a text without its date and time."""
    fillers = r"(?:please|thanks?|the|an?|on|at|in|for|of|to|from|by|then|maybe|it|is|or|and|so|starting|this|next|before|after|between|until|or|later|hours?|minutes?)"
    left = rx(rf"\b{fillers}\b|\W|\d").sub("", when.rest)
    return len(left) < 4


def _kept(when: When, action: Action, plain: str) -> When:
    """Drop a date that does not speak of the wish: of a booking's making, or beside the subject."""
    if action == "cancel" and when.problem == "past":
        return When(time=when.time, rest=when.rest)
    changing = rx(r"\b(?:change|move|shift|switch|re-?book|re-?schedule|modify|postpone)\b").search(
        plain
    )
    if action == "other" and not changing:
        return When(rest=when.rest)
    return when
