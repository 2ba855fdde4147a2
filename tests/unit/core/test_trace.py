"""What happened elsewhere finds its place in a run's trace, told late or at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from batuta.core.clock import ManualClock
from batuta.core.model import Usage
from batuta.core.trace import Event, Trace, Where


def _event(at_s: float) -> Event:
    return Event(-1, "decision", "point", "1.1", "1", "x", "code", at_s)


def test_an_event_told_late_keeps_its_time_and_never_goes_back() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    trace = Trace(clock.monotonic)
    clock.advance(1.0)
    trace.add("agent", "start", ("1", "", "a", "code"))
    clock.advance(9.0)
    for at_s in (0.5, 3.0, 2.0, 99.0):
        trace.take(_event(at_s), late=True)
    trace.take(_event(0.0))
    assert [(e.seq, e.at_s) for e in trace.events] == [
        (0, 1.0), (1, 1.0), (2, 3.0), (3, 3.0), (4, 10.0), (5, 10.0),
    ]  # fmt: skip


def test_a_warning_that_is_there_is_left_out_whoever_tells_it() -> None:
    trace = Trace(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)).monotonic)
    where: Where = ("1.price", "1", "price unknown", "code")
    for reason in ("m", "m", "n", "m"):
        trace.warn_once(where, {"reason": reason})
    told = Event(-1, "warning", "point", "2.price", "2", "price unknown", "code", 0.0)
    for reason in ("n", "o", "o"):
        trace.take(told._replace(data={"reason": reason}))
    trace.take(told._replace(name="another", data={"reason": "m"}))
    assert [(e.name, (e.data or {})["reason"]) for e in trace.events] == [
        ("price unknown", "m"), ("price unknown", "n"), ("price unknown", "o"), ("another", "m"),
    ]  # fmt: skip


_KINDS = ("agent", "model", "tool", "decision")
_PATHS = st.lists(st.integers(1, 11), min_size=1, max_size=4).map(
    lambda path: ".".join(map(str, path))
)


@given(st.lists(st.tuples(_PATHS, st.sampled_from(_KINDS)), max_size=40), st.integers(0, 40))
def test_what_counts_inside_a_span_is_that_of_all_inside_it_whenever_one_looks(
    done: list[tuple[str, Any]], looked_at: int
) -> None:
    trace = Trace(ManualClock(datetime(2026, 1, 1, tzinfo=UTC)).monotonic)
    for number, (span, kind) in enumerate(done):
        if number == looked_at:
            trace.inside(span)
        where: Where = (span, "", "x", "code")
        if kind == "model":
            trace.end_model(where, usage=Usage(number), cost=None)
        else:
            trace.add(kind, "end", where)

    for span in {"", "1", "9.9.9", *(span for span, _ in done)}:
        around = f"{span}." if span else ""
        assert list(trace.inside(span)) == [
            event
            for event in trace.events
            if event.kind in {"model", "tool", "agent"}
            and (event.span == span or event.span.startswith(around))
        ]
