"""Records to draw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.core.trace import Decider, Event, Kind, Phase

EMPTY = RunRecord(
    run_id="r",
    agent="desk",
    principal_id="ana",
    question=Message.user("Book tomorrow at 2"),
    reply=None,
    events=(),
)


def event(
    kind: Kind, phase: Phase, span: str, name: str, by: Decider = "code", **more: Any
) -> Event:
    """Make an event at a second that says its place; its parent is a step further out."""
    parent = more.pop("parent", span.rpartition(".")[0])
    return Event(0, kind, phase, span, parent, name, by, more.pop("at_s", 0.0), **more)


def record(*events: Event, **more: Any) -> RunRecord:
    """Make a record with events a tenth of a second apart."""
    placed = (e._replace(seq=n, at_s=n / 10) for n, e in enumerate(events))
    return replace(EMPTY, events=tuple(placed), **more)


def span(kind: Kind, path: str, name: str, *inside: Event, **more: Any) -> Iterable[Event]:
    """Make a span around events: its start with ``asked``, its end with ``answered``."""
    by: Decider = more.get("by", "code")
    yield event(kind, "start", path, name, by, data=more.get("asked"))
    yield from inside
    figures = {k: more[k] for k in ("usage", "cost", "error") if k in more}
    yield event(kind, "end", path, name, by, data=more.get("answered"), **figures)


def booked() -> RunRecord:
    """A manager who asks a specialist, who asks a model and uses a tool at the second try."""
    model = span(
        "model", "1.2.1", "acme:large", by="agent",
        answered={"text": "", "tools": ["find_slots"], "stand_in": True},
        usage=Usage(100, 20), cost=Cost(0.00012, 0.00012),
    )  # fmt: skip
    again = event(
        "retry", "point", "1.2.2.retry1", "find_slots", parent="1.2",
        data={"attempt": 2, "wait_s": 0.25}, error="AgentUnreachable: gone",
    )  # fmt: skip
    tool = span(
        "tool", "1.2.2", "find_slots", again, by="model",
        asked={"arguments": {"day": "2019-03-02", "near": None}, "effect": "read"},
        answered={"result": [{"slot_id": "2019-03-02T14:00/A"}]},
    )  # fmt: skip
    specialist = span(
        "agent", "1.2", "availability", *model, *tool, by="manager",
        asked={"text": "Free tomorrow at 2?"}, answered={"text": "Court A"},
    )  # fmt: skip
    choice = event("decision", "point", "1.3", "choose Court A", "model", data={"why": "only one"})
    step = span("step", "1.4", "note it", by="workflow")
    failed = span(
        "tool", "1.5", "book", by="code",
        asked={"arguments": {"slot_id": "2019-03-02T14:00/A"}}, error="ToolFailed: taken",
    )  # fmt: skip
    return record(
        *span(
            "agent", "1", "desk", *specialist, choice, *step, *failed, by="user",
            asked={"text": "Book tomorrow at 2"}, answered={"text": "Somebody was faster."},
        ),
        model_calls=1,
        tool_calls=2,
        usage=Usage(100, 20),
        cost=Cost(0.00012, 0.00012),
        stand_in=True,
        seconds=1.6,
    )  # fmt: skip
