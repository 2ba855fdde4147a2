"""The ordered events of a run: what happened, inside what, and who decided it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.redaction import redacted_text

Decider = Literal["code", "workflow", "model", "agent", "manager", "aws", "user"]
Kind = Literal[
    "run",
    "agent",
    "model",
    "tool",
    "step",
    "decision",
    "retry",
    "text",
    "reasoning",
    "warning",
    "measure",
]
Phase = Literal["start", "end", "point"]
Listener = Callable[["Event"], None]
_FEW = 16
"""Events that are looked through one by one, before an index of them is worth its making."""
Where = tuple[str, str, str, Decider]
"""Span, parent, name, and who decided."""


class Event(NamedTuple):
    """One thing that happened; written once, never changed.

    A span is a start and an end with the same ``span`` id; a point stands alone. A span's id is its
    step path (``1.2`` is the second thing done inside ``1``), so that it is the same on every
    runtime, remote or not.

    Args:
        seq: Place in the run's order, from 0; -1 for what is told and not kept: streamed text, and
            the run's own start (with its ids) and end (with why it stopped), which its record has.
        parent: Id of the span around it; empty for the outermost.
        by: Who decided that this should happen.
        at_s: Seconds since the run began.
        data: JSON-able details: arguments, result, text, reason.
        error: Class name and message, where it failed.
    """

    seq: int
    kind: Kind
    phase: Phase
    span: str
    parent: str
    name: str
    by: Decider
    at_s: float
    data: Mapping[str, Any] | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    error: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data, leaving out what is not set; ``from_json`` reverses it."""
        made: dict[str, Any] = {k: v for k, v in self._asdict().items() if v is not None}
        if self.usage is not None:
            made["usage"] = self.usage.to_json()
        if self.cost is not None:
            made["cost"] = self.cost.to_json()
        return made

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Event:
        """Read what ``to_json`` wrote."""
        made = dict(raw)
        if "usage" in made:
            made["usage"] = Usage(**made["usage"])
        if "cost" in made:
            made["cost"] = Cost(**made["cost"])
        return cls(**made)


_Fill = Callable[[type[Event], tuple[Any, ...]], Event]
_event: _Fill = tuple.__new__  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
"""What ``Event(*told)`` does, in a third of its time."""


def span_id_of(run_id: str, span: str) -> str:
    """Give the id of a span as W3C wants it, in 16 hex digits.

    >>> span_id_of("run_1", "1.2")
    '0a1d4a7edea8a8e5'
    """
    return hashlib.sha256(f"{run_id}|{span}".encode("utf-8", "replace")).hexdigest()[:16]


_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
)


def is_traceparent(text: str) -> bool:
    """Tell whether it is a W3C trace context that a run can go on with.

    >>> is_traceparent("00-37ddff8ee13f1e57937fd048fa323f5e-0a1d4a7edea8a8e5-01")
    True
    >>> is_traceparent("00-00000000000000000000000000000000-0a1d4a7edea8a8e5-01")
    False
    """
    return _TRACEPARENT.fullmatch(text) is not None


def traceparent(run_id: str, span: str, context: str = "") -> str:
    """Give the W3C trace context of a span; the same wherever it is made from the same.

    Args:
        context: That which the run came with, or of any span of its trace; empty for none.

    Source: https://www.w3.org/TR/trace-context/ (2021).

    >>> traceparent("run_1", "1.2")
    '00-37ddff8ee13f1e57937fd048fa323f5e-0a1d4a7edea8a8e5-01'
    >>> traceparent("run_1", "1.2", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    '00-0af7651916cd43dd8448eb211c80319c-0a1d4a7edea8a8e5-00'
    """
    span_id = span_id_of(run_id, span)
    if context:
        return f"{context[:36]}{span_id}{context[52:]}"
    trace_id = hashlib.sha256(run_id.encode("utf-8", "replace")).hexdigest()[:32]
    return f"00-{trace_id}-{span_id}-01"


def _never() -> bool:
    return False


class Trace:
    """Collects a run's events and hands each to whoever listens.

    Args:
        monotonic: Where the seconds come from.
        listener: Called at once with every event; must not block.
        elapsed_s: Seconds that the run has taken already, of one that began elsewhere.
        streams: Whether the listener wants text in pieces now; None for always.

    ``context`` is the W3C trace context that the run came with; empty for none.
    """

    __slots__ = (
        *("_began", "_counts", "_indexes", "_inside", "_monotonic"),
        *("_streams", "_warnings", "context", "events", "listener"),
    )

    def __init__(
        self,
        monotonic: Callable[[], float],
        listener: Listener | None = None,
        elapsed_s: float = 0.0,
        *,
        streams: Callable[[], bool] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.context = ""
        self._warnings: tuple[Event, ...] = ()  # few, and looked up often
        self._counts: list[Event] | None = None
        self._inside: dict[str, list[Event]] | None = None
        self._indexes = 0
        self._monotonic = monotonic
        self._began = monotonic() - elapsed_s
        self.listener = listener
        self._streams = streams

    def elapsed_s(self) -> float:
        """Give seconds since the trace began."""
        return self._monotonic() - self._began

    def inside(self, span: str) -> Sequence[Event]:
        """Give what counts of a span and of all inside it: tool calls, answers, tokens and money.

        Each event is looked at once, however many spans are asked for.

        Args:
            span: Its step path; empty for the whole run.
        """
        counts = self._counts
        if counts is None:
            return ()
        if len(counts) <= _FEW:
            around = f"{span}." if span else ""
            return [e for e in counts if e.span == span or e.span.startswith(around)]
        return self._indexed(span, counts)

    def _indexed(self, span: str, counts: list[Event]) -> Sequence[Event]:
        """Look it up, once there are many: what was indexed before is not looked at again."""
        index = self._inside
        if index is None:
            index = self._inside = {}
        for event in counts[self._indexes :]:
            around = event.span
            while around:
                index.setdefault(around, []).append(event)
                around = around.rpartition(".")[0]
        self._indexes = len(counts)
        return index.get(span, ()) if span else counts

    def add(
        self,
        kind: Kind,
        phase: Phase,
        where: Where,
        *,
        data: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Record an event."""
        at_s = self._monotonic() - self._began
        events = self.events
        span, parent, name, by = where
        told = (len(events), kind, phase, span, parent, name, by, at_s, data, None, None, error)
        event = _event(Event, told)
        events.append(event)
        if kind == "tool" or (kind == "agent" and phase == "end"):
            self._count(event)
        elif kind == "warning":
            self._warnings += (event,)
        if self.listener is not None:
            self._tell(event)

    def end_model(
        self,
        where: Where,
        *,
        usage: Usage | None,
        cost: Cost | None,
        data: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Record the end of a model call: the only event with tokens and money."""
        at_s, seq = self._monotonic() - self._began, len(self.events)
        span, parent, name, by = where
        told = (seq, "model", "end", span, parent, name, by, at_s, data, usage, cost, error)
        event = _event(Event, told)
        self.events.append(event)
        self._count(event)
        if self.listener is not None:
            self._tell(event)

    def warn_once(self, where: Where, data: Mapping[str, Any]) -> None:
        """Record a warning, unless one with the same data is there."""
        if not any(event.data == data for event in self._warnings):
            self.add("warning", "point", where, data=data)

    def take(self, event: Event, *, late: bool = False) -> None:
        """Record an event of an agent elsewhere, with its place and time here.

        A warning that is there already is left out.

        Args:
            late: It is told some time after it happened; its own time counts then, but for what
                was recorded in between.
        """
        at_s = self.elapsed_s()
        if late:
            last = self.events[-1].at_s if self.events else 0.0
            at_s = max(last, min(event.at_s, at_s))
        here = event._replace(seq=len(self.events), at_s=at_s)
        if event.kind == "warning":
            if any((e.name, e.data) == (event.name, event.data) for e in self._warnings):
                return
            self._warnings += (here,)
        self._keep(here)

    def text(self, span: str, parent: str, piece: str, *, thoughts: bool = False) -> None:
        """Hand a piece of streamed text to the listener; it is not kept.

        Args:
            thoughts: It is of a summary of the model's thoughts, and no part of the answer.
        """
        kind = "reasoning" if thoughts else "text"
        self._pass(kind, "point", (span, parent, kind, "model"), data={"text": piece})

    def hold_text(self) -> None:
        """Let nothing be streamed in pieces any more: what a run says is still to be checked."""
        self._streams = _never

    def run(self, phase: Phase, agent: str, data: Mapping[str, Any]) -> None:
        """Tell the listener that the run itself begins or has ended; it is not kept.

        Args:
            agent: Name of the outermost agent.
        """
        self._pass("run", phase, ("", "", agent, "user"), data=data)

    def close(self) -> None:
        """Tell the listener nothing more: the run is over, whatever an agent left behind does."""
        self.listener = None

    def _pass(self, kind: Kind, phase: Phase, where: Where, *, data: Mapping[str, Any]) -> None:
        if self.listener is not None:
            self._tell(Event(-1, kind, phase, *where, self.elapsed_s(), data))

    def _keep(self, event: Event) -> None:
        self.events.append(event)
        if (
            event.kind == "tool"
            or event.usage is not None
            or event.cost is not None
            or (event.kind == "agent" and event.phase == "end")
        ):
            self._count(event)
        if self.listener is not None:
            self._tell(event)

    def _count(self, event: Event) -> None:
        """Keep what counts at hand; a run that waits for its first reply has nothing of it."""
        if self._counts is None:
            self._counts = [event]
        else:
            self._counts.append(event)

    def _tell(self, event: Event) -> None:
        """Tell the listener; one that fails is told nothing more, and the trace says so."""
        listener = self.listener
        if listener is None:
            return
        try:
            listener(event)
        except Exception as error:  # whoever listens must not end the run
            self.listener = None
            where: Where = (f"{event.span}.listener", event.parent, "listener failed", "code")
            self.add("warning", "point", where, error=redacted_text(error))

    @property
    def streaming(self) -> bool:
        """Whether anybody listens for text as it comes."""
        return self.listener is not None and (self._streams is None or self._streams())
