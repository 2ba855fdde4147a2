"""What a run did, and what failed for good, as its events tell it."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.effect import WriteOutcome, effects_in, facts_text, failure_in
from batuta.core.trace import Decider, Event, Kind, Phase


def event(
    kind: Kind, phase: Phase, span: str, name: str, *, by: Decider = "model", **more: Any
) -> Event:
    return Event(0, kind, phase, span, "", name, by, 0.0, **more)


def use(span: str, name: str, error: str | None = None, **data: Any) -> list[Event]:
    begun = event("tool", "start", span, name, data={"effect": data.pop("effect", "read")})
    return [begun, event("tool", "end", span, name, data=data or None, error=error)]


def asked(span: str, name: str, by: Decider, error: str | None, *inside: Event) -> list[Event]:
    begun = event("agent", "start", span, name, by=by)
    return [begun, *inside, event("agent", "end", span, name, by=by, error=error)]


BUSY = "ToolFailed: Tool book: the database is busy"
BOOKED = use("1.9", "book", effect="write", result={"court": "A"}, done="booked Court A")


@pytest.mark.parametrize(
    ("events", "failure"),
    [
        (use("1.1", "book", BUSY), BUSY),
        ([*use("1.1", "book", BUSY), *use("1.2", "look")], BUSY),
        ([*use("1.1", "look", BUSY), *use("1.2", "look")], ""),
        ([*use("1.1", "look", BUSY), *BOOKED], ""),
        ([*BOOKED, *use("1.10", "look", BUSY)], BUSY),
        (use("1.1", "book", "ToolRetry: Tool book: taken"), ""),
        (use("1.1", "book", "AccessDenied: no"), ""),
        (asked("1.1", "desk", "manager", "AgentUnreachable: Agent desk"), "AgentUnreachable: "),
        (asked("1.1", "desk", "manager", None, *use("1.1.1", "book", BUSY)), BUSY),
        (asked("1.4", "book", "workflow", None, *use("1.4.1", "book", BUSY)), BUSY),
        (asked("1.1", "member", "code", "AgentFailed: x", *use("1.1.1", "book", BUSY)), ""),
        (asked("1.1", "member", "code", None), ""),
    ],
)
def test_a_failure_is_what_nothing_made_good(events: list[Event], failure: str) -> None:
    assert failure_in(events).startswith(failure)
    assert bool(failure_in(events)) is bool(failure)


def test_effects_are_told_by_how_their_writes_ended() -> None:
    cut = use("1.2", "pay", "CancelledError", effect="write")
    done_and_cut = use("1.3", "pay", "CancelledError", effect="write", result=1, done="paid 1")
    refused = use("1.4", "pay", "ToolRetry: no", effect="write")
    lost = use("1.5", "pay", effect="write")[:1]
    told = effects_in([*BOOKED, *cut, *done_and_cut, *refused, *lost, *use("1.6", "look")])
    assert [(e.tool, e.status, e.text) for e in told] == [
        ("book", "done", "booked Court A"),
        ("pay", "unknown", "pay"),
        ("pay", "done", "paid 1"),
        ("pay", "unknown", "pay"),
    ]
    assert effects_in([*BOOKED, *cut], "1.2") == ()


def test_words_that_fail_undo_no_work() -> None:
    outcome = WriteOutcome(verb="paid", said=lambda result: result["no such"])
    assert outcome.line({"sum_due": 3}) == "paid sum due 3"
    assert facts_text(["a", 1]) == '["a", 1]'
