"""A finished run as spans with their places, times and parents, before any format of anybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from batuta.core.trace import span_id_of, traceparent

if TYPE_CHECKING:
    from batuta.core.budget import Budget
    from batuta.core.model import Usage
    from batuta.core.price import Cost
    from batuta.core.record import RunRecord
    from batuta.core.trace import Event

SpanKind = Literal["run", "agent", "model", "tool", "step"]


@dataclass(kw_only=True, slots=True)
class TraceSpan:
    """One span of a run.

    Args:
        span_id: 16 hex digits; the run's own for the first time that a path begins.
        parent_id: Empty for the outermost of a run that came with no trace context.
        start_ns: Since 1970; ``end_ns`` alike.
        asked: What its start tells; ``told`` is what its end tells.
        notes: What happened at a moment in it: decisions, retries, warnings, with their time.
        cut: Whether it never ended.
        pattern: The composition that an agent is; empty where it is none, or only hands on what
            one gave.
    """

    kind: SpanKind
    name: str
    by: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int = 0
    asked: Mapping[str, Any] = field(default_factory=dict[str, Any])
    told: Mapping[str, Any] = field(default_factory=dict[str, Any])
    usage: Usage | None = None
    cost: Cost | None = None
    error: str | None = None
    notes: list[tuple[int, Event]] = field(default_factory=list["tuple[int, Event]"])
    cut: bool = False
    pattern: str = ""


class EndedRun(NamedTuple):
    """A run that has ended, for whoever tells of it elsewhere.

    Args:
        budget: What it might have used.
        ended_ns: When it ended by the machine's own clock, in nanoseconds since 1970: its own clock
            may have stood still.
    """

    record: RunRecord
    budget: Budget
    ended_ns: int


class RunSoFar(NamedTuple):
    """A run that is still on, after a while: those of its parts count that have ended.

    Args:
        run: As it would be were it cut now.
    """

    run: EndedRun


def span_tree(ended: EndedRun) -> tuple[str, list[TraceSpan]]:
    """Give the trace's id and its spans, the run's own first; every parent is among them.

    But for the parent of the run itself, where it came with a trace context.
    """
    record = ended.record
    context = record.traceparent
    _, trace_id, root_id, _ = traceparent(record.run_id, "", context).split("-")
    last = max((event.at_s for event in record.events), default=0.0)
    began = ended.ended_ns - _ns(max(record.seconds, last))
    outer = context.split("-")[2] if context else ""
    root = TraceSpan(
        kind="run",
        name=record.style or record.agent,
        by="user",
        span_id=root_id,
        parent_id=outer,
        start_ns=began,
    )
    tree = _Tree(record.run_id, root)
    for event in record.events:
        tree.take(event)
    tree.close(ended.ended_ns)
    root.error = record.error["code"] if record.error else None
    root.cut = record.stop_reason == "cancelled"
    return trace_id, tree.spans


class _Tree:
    """Spans so far. A path may begin again after its end: a retried agent counts from 1 anew."""

    def __init__(self, run_id: str, root: TraceSpan) -> None:
        self.spans = [root]
        self._run_id, self._root, self._began = run_id, root, root.start_ns
        self._latest: dict[str, TraceSpan] = {}
        self._open: dict[str, TraceSpan] = {}
        self._times: dict[str, int] = {}
        self._composed: dict[tuple[str, str], list[str]] = {}

    def take(self, event: Event) -> None:
        if event.phase == "point":
            if event.kind not in {"text", "reasoning"}:
                near = self._near(event.span.rpartition(".")[0])
                near.notes.append((self._at(event), event))
        elif event.phase == "start":
            self._begin(event)
        else:
            span = self._open.pop(event.span, None)
            if span is None:  # its start is not in this trace
                self._begin(event._replace(data=None))
                span = self._open.pop(event.span)
            span.end_ns = max(self._at(event), span.start_ns)
            span.told = event.data or {}
            span.usage, span.cost, span.error = event.usage, event.cost, event.error
            if "pattern" in span.told:
                span.pattern = self._pattern(event.span, span.told)

    def close(self, end_ns: int) -> None:
        for span in self._open.values():
            span.end_ns, span.cut = max(end_ns, span.start_ns), True
        self._root.end_ns = end_ns

    def _begin(self, event: Event) -> None:
        path = event.span
        times = self._times[path] = self._times.get(path, 0) + 1
        if path in self._open:  # it begins anew, and its end never came
            left = self._open[path]
            left.end_ns, left.cut = max(self._at(event), left.start_ns), True
        place = path if times == 1 else f"{path}#{times}"
        span = TraceSpan(
            kind=_KINDS.get(event.kind, "step"),
            name=event.name,
            by=event.by,
            span_id=span_id_of(self._run_id, place),
            parent_id=self._near(event.parent).span_id,
            start_ns=self._at(event),
            asked=event.data or {},
        )
        self.spans.append(span)
        self._open[path] = self._latest[path] = span

    def _pattern(self, path: str, told: Mapping[str, Any]) -> str:
        """Give the composition that answered, unless it was one inside that said the same."""
        pattern = str(told["pattern"])
        inside = self._composed.setdefault((pattern, str(told.get("text"))), [])
        handed_on = any(each.startswith(f"{path}.") for each in inside)
        inside.append(path)
        return "" if handed_on else pattern

    def _near(self, path: str) -> TraceSpan:
        """Find the span of that path, or where it is not in this trace, the next one out."""
        while path and path not in self._latest:
            path = path.rpartition(".")[0]
        return self._latest[path] if path else self._root

    def _at(self, event: Event) -> int:
        return self._began + _ns(event.at_s)


_KINDS: Mapping[str, SpanKind] = {"agent": "agent", "model": "model", "tool": "tool"}


def _ns(seconds: float) -> int:
    return int(seconds * 1_000_000_000)
