"""Finished runs as OpenTelemetry's spans, with the ids that their traces have.

Nothing is attached to a context and no span is open while a run is on, so nothing can be left open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace import Event as SpanEvent
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.sampling import Decision, Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from batuta.core.custom import OwnSpan
from batuta.core.redaction import masked
from batuta.core.trace import traceparent
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.otel.span_attributes import (
    common_attributes,
    error_type,
    note_attributes,
    own_attributes,
    span_name,
    step_attributes,
)
from batuta.telemetry.span_tree import EndedRun, RunSoFar, TraceSpan, span_tree

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

    from batuta.telemetry.pipeline import Told

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_UNSET = Status(StatusCode.UNSET)
NO_PATTERNS: Mapping[str, str] = {}
_CLIENT = {"model": SpanKind.CLIENT}


class SpanMaker:
    """Makes spans of runs.

    Args:
        version: Of this package.
        sampler: Says which traces are told; what it drops costs nothing more.
        content: Whether what was said is told too.
        patterns: That of each style, by its key.
    """

    def __init__(
        self,
        resource: Resource,
        version: str,
        *,
        sampler: Sampler,
        content: bool,
        patterns: Mapping[str, str] = NO_PATTERNS,
    ) -> None:
        self._resource, self._sampler, self._content = resource, sampler, content
        self._patterns = patterns
        self._scope = InstrumentationScope(names.SCOPE, version)

    def spans(self, told: Told) -> Iterator[ReadableSpan]:
        """Make the spans of a run, its own first, or one of your own; none that is not sampled."""
        if isinstance(told, EndedRun):
            yield from self._of_run(told)
        elif isinstance(told, RunSoFar):
            yield from self._of_run(told.run, whole=False)
        elif isinstance(told, OwnSpan):
            yield self._own(told)

    def _own(self, own: OwnSpan) -> ReadableSpan:
        def context(place: str) -> SpanContext:
            _, trace_id, span_id, _ = traceparent(own.trace, place).split("-")
            return SpanContext(int(trace_id, 16), int(span_id, 16), False, _SAMPLED)

        span = TraceSpan(
            kind="step",
            name=own.name,
            by="code",
            span_id="",
            parent_id="",
            start_ns=own.start_ns,
            end_ns=own.end_ns,
            asked=own.attributes,
            error=own.error,
        )
        around = context(own.around) if own.around else None
        attributes = step_attributes(span)
        return self._made(span, context(own.place), around, attributes=attributes)

    def _of_run(self, ended: EndedRun, *, whole: bool = True) -> Iterator[ReadableSpan]:
        trace_id, found = span_tree(ended)
        number = int(trace_id, 16)
        outer = self._outer(ended, number)
        if not self._sampled(found[0], number, outer):
            return
        common, contexts = common_attributes(ended), {found[0].parent_id: outer}
        first = found[1] if len(found) > 1 else found[0]
        first.pattern = first.pattern or self._patterns.get(ended.record.style, "")
        found[0].pattern = first.pattern
        for span in found:
            context = SpanContext(number, int(span.span_id, 16), False, _SAMPLED)
            contexts[span.span_id] = context
            if not whole and (span.cut or span.kind == "run"):
                continue
            own = own_attributes(span, ended, content=self._content)
            yield self._made(span, context, contexts[span.parent_id], attributes=common | own)

    def _outer(self, ended: EndedRun, trace_id: int) -> SpanContext | None:
        context = ended.record.traceparent
        if not context:
            return None
        _, _, span_id, flags = context.split("-")
        return SpanContext(trace_id, int(span_id, 16), True, TraceFlags(int(flags, 16)))

    def _sampled(self, root: TraceSpan, trace_id: int, outer: SpanContext | None) -> bool:
        around = None if outer is None else set_span_in_context(NonRecordingSpan(outer))
        result = self._sampler.should_sample(around, trace_id, span_name(root))
        return result.decision == Decision.RECORD_AND_SAMPLE

    def _made(
        self,
        span: TraceSpan,
        context: SpanContext,
        parent: SpanContext | None,
        *,
        attributes: Mapping[str, Any],
    ) -> ReadableSpan:
        return ReadableSpan(
            _sendable(span_name(span)),
            context=context,
            parent=parent,
            resource=self._resource,
            attributes=_all_sendable(attributes),
            events=[self._event(span, at, note) for at, note in span.notes] if span.notes else (),
            kind=_CLIENT.get(span.kind, SpanKind.INTERNAL),
            status=self._status(span),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=self._scope,
        )

    def _event(self, span: TraceSpan, at: int, note: Any) -> SpanEvent:
        told = note_attributes(note, content=self._content)
        return SpanEvent(note.kind, _all_sendable(told), min(max(at, span.start_ns), span.end_ns))

    def _status(self, span: TraceSpan) -> Status:
        if span.error is None and not span.cut:
            return _UNSET
        words = masked(span.error) if self._content and span.error else error_type(span)
        return Status(StatusCode.ERROR, _sendable(words))


def _all_sendable(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    for value in attributes.values():
        if isinstance(value, str) and not value.isascii():
            return {name: _sendable(each) for name, each in attributes.items()}
    return attributes


def _sendable(value: Any) -> Any:
    """Replace halves of surrogate pairs: one of them would spoil all that is sent with it."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()
