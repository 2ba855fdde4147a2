"""Spans, counts and values of your own, in one line each; in a run they are a part of its trace."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from batuta.core.at_work import at_work
from batuta.core.clock import machine_ns
from batuta.core.ids import new_id
from batuta.core.redaction import redacted_text
from batuta.core.result import result_data
from batuta.core.trace import traceparent

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Where

MEASURE = "measure"
"""Kind of the events that counts and values are, in a run's trace."""
_LOOKED_AT = 64

_inside: ContextVar[tuple[str, str]] = ContextVar("inside", default=("", ""))
"""Run and path of the span of one's own around this one; outside of runs, trace and span."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSpan:
    """A span that was opened outside of any run.

    Args:
        trace: Name of its trace, ``place`` of itself in it and ``around`` of what is around it.
        error: Class and message of what ended it.
    """

    name: str
    attributes: Mapping[str, object]
    trace: str
    place: str
    around: str
    start_ns: int
    end_ns: int
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnMeasure:
    """A count or a value.

    Args:
        kind: ``count`` adds up, ``record`` is one value of many.
    """

    kind: Literal["count", "record"]
    name: str
    value: float
    labels: Mapping[str, str]


class OwnListener(Protocol):
    """Hears of what was told outside of runs; must not block."""

    def put(self, own: OwnSpan | OwnMeasure, /) -> None:
        """Take one."""
        ...


listeners: list[OwnListener] = []
"""Where spans, counts and values go that are told outside of runs; nowhere while it is empty."""


@contextmanager
def span(name: str, **attributes: object) -> Generator[None]:
    """Tell of a piece of work of yours: when it began and ended, and whether it failed.

    In a run it is a step of its trace, inside the agent, or the tool that works alone; the run's
    store, diagrams and collector have it. Outside of runs it goes to the collector, if there is
    one.

    Args:
        attributes: JSON-able facts about it.
    """
    frame = at_work.get()
    if frame is not None:
        with _in_run(frame, name, attributes):
            yield
    elif listeners:
        with _alone(name, attributes):
            yield
    else:
        yield


def count(name: str, value: float = 1, **labels: str) -> None:
    """Add to a counter of yours.

    Args:
        value: What is added, 0 or more.
        labels: Few, with few values each: every combination is kept apart.

    Raises:
        ValueError: The value is less than 0.
    """
    if value < 0:
        raise ValueError(f"batuta.count({name!r}) takes 0 or more, not {value:g}.")
    _tell(OwnMeasure(kind="count", name=name, value=value, labels=labels))


def record(name: str, value: float, **labels: str) -> None:
    """Tell one value of many, such as a size or a duration.

    Args:
        labels: As ``count`` takes them.
    """
    _tell(OwnMeasure(kind="record", name=name, value=value, labels=labels))


def trace_here() -> str:
    """Give the W3C trace context of where this works, for whoever is asked from here.

    It is that of a span of your own, the tool that works alone, or the agent; empty outside of
    runs.
    """
    frame = at_work.get()
    if frame is None:
        return ""
    return traceparent(frame.job.run_id, _around(frame), frame.job.trace.context)


def _tell(measure: OwnMeasure) -> None:
    frame = at_work.get()
    if frame is None:
        for each in listeners:
            each.put(measure)
        return
    around = _around(frame)
    data = {"what": measure.kind, "value": measure.value, "labels": dict(measure.labels)}
    where: Where = (_path(frame, around), around, measure.name, "code")
    frame.job.trace.add(MEASURE, "point", where, data=data)


@contextmanager
def _in_run(frame: Run, name: str, attributes: Mapping[str, object]) -> Generator[None]:
    trace, around = frame.job.trace, _around(frame)
    path = _path(frame, around)
    where: Where = (path, around, name, "code")
    trace.add("step", "start", where, data=result_data(dict(attributes)) if attributes else None)
    token = _inside.set((frame.job.run_id, path))
    error: str | None = None
    try:
        yield
    except BaseException as raised:
        error = redacted_text(raised)
        raise
    finally:
        _inside.reset(token)
        trace.add("step", "end", where, error=error)


def _around(frame: Run) -> str:
    """Give the path of what is around here: a span of your own, the one tool at work, the agent."""
    run_id, path = _inside.get()
    if run_id == frame.job.run_id and path.startswith(f"{frame.path}."):
        return path
    ended: set[str] = set()
    open_tools: list[str] = []
    for event in reversed(frame.job.trace.events[-_LOOKED_AT:]):
        if event.kind != "tool" or event.parent != frame.path:
            continue
        if event.phase == "end":
            ended.add(event.span)
        elif event.span not in ended:
            open_tools.append(event.span)
    return open_tools[0] if len(open_tools) == 1 else frame.path


def _path(frame: Run, around: str) -> str:
    """Give a place that no operation has: those have numbers alone."""
    return f"{around}.x{len(frame.job.trace.events)}"


@contextmanager
def _alone(name: str, attributes: Mapping[str, object]) -> Generator[None]:
    trace, around = _inside.get()
    trace = trace or new_id("span")
    place, began = new_id("span"), machine_ns()
    token = _inside.set((trace, place))
    error: str | None = None
    try:
        yield
    except BaseException as raised:
        error = redacted_text(raised)
        raise
    finally:
        _inside.reset(token)
        own = OwnSpan(
            name=name,
            attributes=result_data(dict(attributes)),
            trace=trace,
            place=place,
            around=around,
            start_ns=began,
            end_ns=machine_ns(),
            error=error,
        )
        for each in listeners:
            each.put(own)
