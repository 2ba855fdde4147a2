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

from batuta.core.redaction import masked
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.otel.span_attributes import (
    common_attributes,
    error_type,
    note_attributes,
    own_attributes,
    span_name,
)
from batuta.telemetry.span_tree import TraceSpan, span_tree

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

    from batuta.telemetry.span_tree import EndedRun

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_CLIENT = {"model": SpanKind.CLIENT}


class SpanMaker:
    """Makes spans of runs.

    Args:
        version: Of this package.
        sampler: Says which traces are told; what it drops costs nothing more.
        content: Whether what was said is told too.
    """

    def __init__(
        self, resource: Resource, version: str, *, sampler: Sampler, content: bool
    ) -> None:
        self._resource, self._sampler, self._content = resource, sampler, content
        self._scope = InstrumentationScope(names.SCOPE, version)

    def spans(self, ended: EndedRun) -> Iterator[ReadableSpan]:
        """Make a run's spans, its own first; none where its trace is not sampled."""
        trace_id, found = span_tree(ended)
        number = int(trace_id, 16)
        outer = self._outer(ended, number)
        if not self._sampled(found[0], number, outer):
            return
        common = common_attributes(ended)
        for span in found:
            parent = outer
            if span is not found[0]:
                parent = SpanContext(number, int(span.parent_id, 16), False, _SAMPLED)
            context = SpanContext(number, int(span.span_id, 16), False, _SAMPLED)
            own = own_attributes(span, ended, content=self._content)
            yield self._made(span, context, parent, attributes={**common, **own})

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
            attributes={name: _sendable(value) for name, value in attributes.items()},
            events=[self._event(span, at, note) for at, note in span.notes],
            kind=_CLIENT.get(span.kind, SpanKind.INTERNAL),
            status=self._status(span),
            start_time=span.start_ns,
            end_time=span.end_ns,
            instrumentation_scope=self._scope,
        )

    def _event(self, span: TraceSpan, at: int, note: Any) -> SpanEvent:
        told = note_attributes(note, content=self._content)
        sent = {name: _sendable(value) for name, value in told.items()}
        return SpanEvent(note.kind, sent, min(max(at, span.start_ns), span.end_ns))

    def _status(self, span: TraceSpan) -> Status:
        if span.error is None and not span.cut:
            return Status(StatusCode.UNSET)
        words = masked(span.error) if self._content and span.error else error_type(span)
        return Status(StatusCode.ERROR, _sendable(words))


def _sendable(value: Any) -> Any:
    """Replace halves of surrogate pairs: one of them would spoil all that is sent with it."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "replace").decode()
