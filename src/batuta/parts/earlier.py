"""What is told of a run that had no answer of its own, and of answers that claim too much."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from batuta.core.message import Message
from batuta.core.record import UNDONE_CLAIM, RunRecord
from batuta.core.trace import Event
from batuta.errors import AnswerNotKept, BatutaError
from batuta.parts.claims import claims
from batuta.parts.effects import done_text
from batuta.parts.requests import Resolved, unresolved

if TYPE_CHECKING:
    from batuta.core.ask import Ask
    from batuta.core.effect import LoggedEffect
    from batuta.core.session import Session
    from batuta.core.tool import Tool
    from batuta.parts.requests import RequestDesk

_CUT_RUN = "cut_runs"
_UNFOUNDED = "unfounded_claim"
_BULLET = "-*• "
NOTHING_ELSE = "As far as is known nothing else was begun: ask anew for what is missing."
"""Of a try that was cut, its writes alone are known, and not what it would have done after them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Earlier:
    """A request whose earlier try was cut short, as it is answered now."""

    ask: Ask
    session_id: str
    agent: str
    style: str
    app: str
    started_at: str

    def answer(self, resolved: Resolved, desk: RequestDesk) -> RunRecord:
        """Answer with what was done; an error where it is not known whether it was."""
        events: list[Event] = []
        for number, effect in enumerate((*resolved.done, *resolved.unknown), start=1):
            events += _events(effect, desk.line(effect), span=str(number), seq=len(events))
        made = RunRecord(
            run_id=self.ask.run_id or "",
            agent=self.agent,
            principal_id=self.ask.principal.id,
            question=Message.user(self.ask.text),
            reply=None,
            events=tuple(events),
            started_at=self.started_at,
            style=self.style,
            app=self.app,
            session_id=self.session_id,
        )
        if resolved.unknown:
            failure = unresolved(resolved.unknown)
            stands = "; ".join(desk.line(effect) for effect in resolved.done)
            failure.done = f"This is done: {stands}." if stands else ""
            told = {"code": failure.code, "message": str(failure)}
            return replace(made, stop_reason="error", error=told, failure=failure)
        said = f"Done: {desk.sentences(resolved.done)} {NOTHING_ELSE}"
        return replace(made, reply=Message.assistant(said))


def _events(effect: LoggedEffect, line: str, *, span: str, seq: int) -> list[Event]:
    """Tell of a write of an earlier run as a trace does."""
    asked = {"arguments": dict(effect.arguments), "effect": "write", "run_id": effect.run_id}
    where = (span, "", effect.tool, "code", 0.0)
    begun = Event(seq, "tool", "start", *where, asked)
    if effect.status != "done":
        return [begun]
    gave = {"result": effect.result, "done": line}
    return [begun, Event(seq + 1, "tool", "end", *where, gave)]


def turn_of(record: RunRecord) -> list[Message]:
    """Give what a run adds to its conversation; of one that failed, what it had done by then."""
    if record.reply is not None:
        reply = record.reply
        if record.false_claims:
            reply = reply.with_metadata(**{_UNFOUNDED: True})
        return [record.question, *record.steps, reply]
    done = done_text(record.events)
    if not done:
        return []
    cut = "This was cut short before it was answered."
    note = Message.assistant(f"({cut} {done} Nothing else was done.)")
    return [record.question, note.with_metadata(**{_CUT_RUN: [record.run_id]})]


def cut_note(resolved: Resolved, desk: RequestDesk) -> Message:
    """Tell a conversation what runs did that ended with their process."""
    done = "; ".join(desk.line(effect) for effect in resolved.done)
    unknown = ", ".join(effect.tool for effect in resolved.unknown)
    said = ["(An earlier message was cut short before it was answered."]
    said += [f"This is done and need not be done again: {done}."] if done else []
    said += [f"Whether this was done is not known: {unknown}."] if unknown else []
    said += ["As far as is known nothing else was begun."]
    runs = sorted({effect.run_id for effect in (*resolved.done, *resolved.unknown)})
    return Message.assistant(" ".join(said) + ")").with_metadata(**{_CUT_RUN: runs})


async def left_behind(session: Session, desk: RequestDesk, request: str) -> set[str]:
    """Put into a conversation what runs of it did that ended with their process.

    Gives the requests that they were for.

    Args:
        request: Of which the writes are known otherwise.
    """
    if not session.version:
        return set()
    found = await desk.log.orphans(session.id, session.principal_id)
    orphans = [effect for effect in found if effect.request != request]
    resolved = await desk.resolved(orphans)
    if resolved.done or resolved.unknown:
        session.history.append(cut_note(resolved, desk))
    return {effect.request for effect in orphans}


def has_note(history: Sequence[Message], resolved: Resolved) -> bool:
    """Tell whether a conversation was told of these writes when their run was cut."""
    runs = {effect.run_id for effect in resolved.done}
    told = (run for message in history for run in message.metadata.get(_CUT_RUN, ()))
    return not runs.isdisjoint(told)


def without_notes(history: Sequence[Message], resolved: Resolved, asked: str) -> list[Message]:
    """Give a conversation as the try heard it that made these writes, before it was told of them.

    Args:
        asked: What the request says.
    """
    kept: list[Message] = []
    for message in history:
        if not has_note([message], resolved):
            kept.append(message)
        elif kept and (kept[-1].role, kept[-1].text) == ("user", asked):
            del kept[-1]  # it is asked again
    return kept


def can_go_on(resolved: Resolved, now: dt.datetime, time_zone: str) -> bool:
    """Tell whether the run that made these writes can be gone on with.

    On another day "tomorrow" is another day, too.
    """
    if resolved.unknown or not all(effect.steps for effect in resolved.done):
        return False
    zone = ZoneInfo(time_zone)
    days = {dt.datetime.fromisoformat(e.begun_at).astimezone(zone).date() for e in resolved.done}
    return days == {now.astimezone(zone).date()}


def not_kept(error: BatutaError, record: RunRecord) -> AnswerNotKept:
    """Make the error of a run that did something and whose record cannot be kept."""
    failure = AnswerNotKept(error.code, tuple(e.to_json() for e in record.effects))
    failure.done = done_text(record.events)
    return failure


def reviewed(
    record: RunRecord, tools: Sequence[Tool], history: Sequence[Message] = ()
) -> RunRecord:
    """Add a warning to a record whose answer claims a write that nobody did.

    Args:
        history: Of the conversation: what it was told rightly before may be said again.
    """
    if record.reply is None or record.effects or record.false_claims:
        return record
    told = [m.text for m in history if m.role == "assistant" and not m.metadata.get(_UNFOUNDED)]
    made = claims(record.reply.text, tools)
    claim = next((c for c in made if not any(c.strip(_BULLET) in said for said in told)), "")
    if not claim:
        return record
    text = f"The answer says {claim!r}, and this run has done nothing of the kind."
    last = record.events[-1].at_s if record.events else 0.0
    data: dict[str, Any] = {"text": text, "claim": claim}
    seq = len(record.events)
    warning = Event(seq, "warning", "point", "claim", "", UNDONE_CLAIM, "code", last, data)
    return replace(record, events=(*record.events, warning))
