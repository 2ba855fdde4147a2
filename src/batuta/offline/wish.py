"""What the user wants by now: the conversation replayed, later words over earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from batuta.core.message import Message
from batuta.core.model import ModelRequest
from batuta.core.replacement import replace
from batuta.offline.carried import OnTable
from batuta.offline.desk import OfferedTool, ReadResult, read_result
from batuta.offline.lengths import lasts
from batuta.offline.options import options_said
from batuta.offline.premises import Premises, premises_of
from batuta.offline.prose import say_done
from batuta.offline.schema import Field
from batuta.offline.turn import Scene, Turn, holds_back, read_turn
from batuta.offline.when import When
from batuta.offline.when_words import rx
from batuta.offline.wishes import wishes_in

SUBJECT = Field("title", "string", "", "", (), nullable=True, required=False, spec={})
"""What a specialist is asked about, where its schema shows no fields of its own."""
DONE = "Done"
"""How the text after an action begins; a history without tool messages is known by it."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """The state of the conversation after its last message.

    Args:
        turn: The user's last message, read.
        first: Whether that was the user's first message.
        trouble: The last date or time that cannot be acted upon and has not been replaced.
        done: Whether the wish has been carried out, or given up.
        made: Facts of the last thing done.
        object: Label of the option it was done to, "" where it is not known.
        found: The last result of a finding tool since the wish changed, None without one.
        results: Results since the user's last message, with the use of the tool each came from.
        words: The user's texts since the wish began, latest last.
        told: What was said of all that was done in this conversation.
        just: What of it was done since the user's last message, while another wish of it stands.
        rest: Further wishes of the user's last message.
    """

    premises: Premises
    turn: Turn | None = None
    last: str = ""
    first: bool = True
    date: date | None = None
    time: time | None = None
    start: time | None = None
    end: time | None = None
    part: str | None = None
    sure: bool = True
    trouble: When | None = None
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    done: bool = False
    made: dict[str, Any] = field(default_factory=dict[str, Any])
    object: str = ""
    found: ReadResult | None = None
    results: tuple[tuple[str, ReadResult], ...] = ()
    words: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    just: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def timed(self) -> bool:
        """Whether a time or a window is known."""
        return any(t is not None for t in (self.time, self.start, self.end))

    @property
    def refused(self) -> ReadResult | None:
        """The acting tool's error since the user's last message."""
        return next((f for use, f in reversed(self.results) if use != "find" and f.error), None)

    @property
    def text(self) -> str:
        """All that the user said of this wish."""
        return "\n".join(self.words)


def _repeats_part(wish: PendingRequest, when: When) -> bool:
    """Say whether a text names no more than the part of the day that the wished hour lies in."""
    if wish.time is None or when.date is not None or when.time is not None or when.part is None:
        return False
    after = when.start is None or when.start <= wish.time
    return after and (when.end is None or wish.time < when.end) and when.problem is None


def _kept_hour(wish: PendingRequest, when: When) -> When:
    """Keep the wished hour where a new day comes with a part of the day that it lies in."""
    if not _repeats_part(wish, replace(when, date=None)):
        return when
    return replace(when, time=wish.time, start=None, end=None)


def _with_when(wish: PendingRequest, when: When) -> PendingRequest:
    if not when.said:
        return wish
    if _repeats_part(wish, when):
        return wish
    when = _kept_hour(wish, when)
    if when.part is None and lasts(when.start, when.end, wish.premises.minutes):
        when = replace(when, time=when.start, start=None, end=None)
    if when.problem in ("past", "impossible", "recurring", "conflict", "vague", "several"):
        wish = replace(wish, trouble=when)
    elif when.date or (wish.trouble and wish.trouble.problem == "several") or wish.trouble is None:
        wish = replace(wish, trouble=None)
    if when.date and not when.problem:
        wish = replace(wish, date=when.date, sure=when.sure)
    elif when.problem and when.problem != "several" and when.named is not None:
        wish = replace(wish, date=None)
    if when.timed and when.problem != "several":
        wish = replace(wish, time=when.time, start=when.start, end=when.end, part=when.part)
        if when.problem is None and wish.trouble and wish.trouble.problem == "past" and wish.date:
            wish = replace(wish, trouble=None)
    return wish


def _said(wish: PendingRequest, turn: Turn, *, further: bool = False) -> PendingRequest:
    """Take in one user message, or a further wish of it."""
    fresh = wish.turn is None or further
    wish = replace(wish, turn=turn, first=fresh, results=())
    if turn.action in ("restart", "cancel"):
        blank = PendingRequest(
            wish.premises,
            turn,
            wish.last,
            first=fresh,
            done=wish.done,
            made=wish.made,
            told=wish.told,
        )
        return (
            blank if turn.action == "cancel" else _with_when(replace(blank, done=False), turn.when)
        )
    if turn.action not in ("request", "check") and not (turn.action == "choose" and turn.when.said):
        return replace(wish, words=(*wish.words, turn.text))
    values = {**wish.values, **turn.values}
    changed = turn.when.said or values != wish.values
    wish = _with_when(replace(wish, values=values, words=(*wish.words, turn.text)), turn.when)
    return replace(wish, done=False, found=None if changed else wish.found)


def _resulted(
    wish: PendingRequest, message: Message, desks: Sequence[OfferedTool]
) -> PendingRequest:
    """Take in one tool result."""
    desk = next((d for d in desks if d.name == message.name), None)
    found = read_result(message)
    if desk is None or desk.use not in ("act", "cancel"):
        kept = found if found.error is None else None
        return replace(wish, results=(*wish.results, ("find", found)), found=kept)
    if found.error is None and _refuses(desk, found):
        found = replace(found, error=found.text.strip())
    wish = replace(wish, results=(*wish.results, (desk.use, found)), found=None)
    return wish if found.error else replace(wish, done=True, made=dict(found.facts), words=())


def tell_done(wish: PendingRequest, acted: ReadResult) -> str:
    """Say what an action did."""
    told = say_done(acted.facts, wish.object) if acted.facts else acted.text.strip()
    return told if told.startswith(DONE) else f"{DONE}: {told}"


def _went_on(wish: PendingRequest, scene: Scene) -> PendingRequest:
    """Take up the next wish of the user's message once the one before it is done."""
    use, found = wish.results[-1] if wish.results else ("find", ReadResult())
    if not wish.rest or not wish.done or use == "find":
        return wish
    just = (*wish.just, tell_done(wish, found))
    following = replace(wish, just=just, rest=wish.rest[1:], object="")
    return _said(following, read_turn(wish.rest[0], scene), further=True)


def _skipped(wish: PendingRequest, scene: Scene) -> PendingRequest:
    """Take up the last wish of a message whose actions this history does not show."""
    if wish.rest and not wish.results:
        wish = _said(wish, read_turn(wish.rest[-1], scene))
    return replace(wish, rest=(), just=())


def _with_object(wish: PendingRequest, message: Message) -> PendingRequest:
    """Remember which of the options found a call names by its id."""
    if not message.tool_calls:
        return wish
    named = {str(v) for c in message.tool_calls for v in c.arguments.values()}
    options = wish.found.options if wish.found else ()
    label = next((o.label for o in options if o.id in named), None)
    return wish if label is None else replace(wish, object=label)


_REFUSALS = (
    r"(?i)\b(?:sorry|could not|cannot|can't|unable|failed|not able|did not work|taken|need)\b"
)


def _refuses(desk: OfferedTool, found: ReadResult) -> bool:
    """Say whether a specialist's prose says that it did not do it."""
    prose = desk.free_text is not None and not found.facts
    asks = found.text.rstrip().endswith("?")
    return (
        prose
        and not found.text.startswith(DONE)
        and (asks or bool(rx(_REFUSALS).search(found.text)))
    )


def replay(request: ModelRequest, desks: Sequence[OfferedTool]) -> PendingRequest:
    """Walk through the messages and keep what the user wants by the last one."""
    fields = tuple(f for d in desks if d.free_text is None for f in d.fields)
    if any(d.free_text and d.use == "find" and not d.is_dated for d in desks):
        fields = (*fields, SUBJECT)
    shown = any(d.free_text is None for d in desks)
    premises = premises_of(request, [f for d in desks for f in d.fields], telling=shown)
    wish = PendingRequest(premises)
    scene = Scene(premises, fields=fields)
    for message in request.messages:
        wish = _with_object(wish, message)
        if message.role == "user":
            week = wish.trouble.week if wish.trouble else None
            table = OnTable(wish.date, week, wish.time)
            held = bool(wish.words) and holds_back(wish.words[-1])
            scene = Scene(premises, wish.last, fields, table, wish.done, held)
            first, *rest = wishes_in(message.text, scene)
            wish = replace(_said(wish, read_turn(first, scene)), rest=tuple(rest), just=())
        elif message.role == "tool":
            wish = _went_on(_resulted(wish, message, desks), scene)
        elif message.role == "assistant" and message.text:
            wish = _heard(_skipped(wish, scene), message.text)
    return wish


def _heard(wish: PendingRequest, text: str) -> PendingRequest:
    """Take in what the assistant said itself."""
    told = tuple(line for line in text.splitlines() if line.startswith(DONE))
    open_still = bool(options_said(text))
    done = wish.done or (bool(told) and not open_still)
    return replace(wish, last=text, done=done, told=(*wish.told, *told))
