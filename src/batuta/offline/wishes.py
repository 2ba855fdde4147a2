"""Several wishes in one message: the parts that each ask for something of their own."""

from __future__ import annotations

from batuta.offline.doubt import request_doubt
from batuta.offline.labels import with_noun
from batuta.offline.lengths import without_usual_length
from batuta.offline.own_verbs import with_known_verb
from batuta.offline.past import without_past
from batuta.offline.turn import Scene
from batuta.offline.when import When
from batuta.offline.when_words import normalise, rx

_DEED = r"(?:re-?book|book|reserve|schedule|get|make|arrange|grab|order|borrow|rent|hire)"
_FURTHER = (
    rf"(?:{_DEED}\b|another\b|one (?:more|on|for|at)\b|a (?:second|further|third|different|court"
    rf"|slot)\b"
    r"|court [a-z0-9]\b|the same\b|again\b|i(?:'d| would) (?:also )?(?:like|want|need)\b"
    r"|i (?:also )?(?:want|need)\b|(?:can|could|would) you (?:also )?)"
)
_JOINT = (
    r"(?i)(?:[.;!?]\s+|,?\s+(?:and|plus|then|as well as)\s+|,\s+)(?:(?:and|then|also|please"
    r"|after that"
    rf"|plus|secondly)\s+)*(?={_FURTHER})"
)
_NOUN = (
    rf"\b{_DEED} (?:me |us )*(?:a|an|the|1|any|another) ([a-z]+)(?= [a-z]\b| \d|$| (?:for|at|on|in"
    rf"|tomorrow|today|this|next)\b)"
)
_BARE = (
    r"(?i)\b(?:another(?: one)?|one more|one|a (?:second|further|third|different)(?: one)?"
    r"|the same)(?= (?:for|at|on|in|tomorrow|today|this|next)\b)"
)
MOST = 3
"""More wishes in one message are not told apart."""


def wishes_in(text: str, scene: Scene) -> list[str]:
    """Part a message into its wishes, each readable by itself; one where it holds no more.

    A part is a wish of its own where it names a day or a time, and what stands before it is a plain
    and whole request.
    """
    text = without_usual_length(with_noun(without_past(text)), scene.premises.minutes)
    text = with_known_verb(text, scene.premises.domain)
    parts = rx(_JOINT).split(text)
    if not 1 < len(parts) <= MOST:
        return [text]
    whens = [scene.read(part) for part in parts]
    if not all(w.problem is None and (w.date or w.time) for w in whens):
        return [text]
    if whens[0].date is None or whens[0].time is None:
        return [text]
    noun = rx(_NOUN).search(normalise(parts[0]))
    further = [rx(_BARE).sub(rf"another {noun[1]}", p) if noun else p for p in parts[1:]]
    made = [parts[0], *(_whole(p, w, whens[0]) for p, w in zip(further, whens[1:], strict=True))]
    plain = all(
        request_doubt(p, scene.read(p).marked, known=scene.premises.nouns) is None for p in made
    )
    return made if plain else [text]


def _whole(part: str, when: When, first: When) -> str:
    """Give a further wish the deed and the day of the first where it names none."""
    deed = "" if rx(rf"\b{_DEED}\b").search(normalise(part)) else "Book "
    day = f" on {first.date}" if when.date is None else ""
    clock = f" at {first.time:%H:%M}" if first.time and not when.timed else ""
    return f"{deed}{part.strip().rstrip('.!?')}{day}{clock}"
