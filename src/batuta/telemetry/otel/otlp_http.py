"""Spans as OTLP over HTTP: the library sends, and what it sends is encoded here, in a third.

What repeats from span to span is encoded once. Protobuf's fields may stand in any order, and the
bytes of one message, put behind another's, are the same as both in one: so each attribute is a
message of its own, made by the library's classes, and kept.

Source: protobuf's "Encoding", read 2026-12, and opentelemetry-proto 1.45's ``trace.proto``.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
)
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status
from requests.adapters import HTTPAdapter

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExportResult
    from opentelemetry.trace import SpanContext

_FLAGS, _REMOTE = 0x100, 0x200
_SECOND, _FIRST = b"\x12", b"\x0a"
"""The tags of the fields 2 and 1 where they hold messages: what repeats, in all that is here."""
_LONG = 200
"""A text that is longer hardly comes again, and is not kept."""


class SpansOverHttp(OTLPSpanExporter):
    """The library's exporter, with all of its variables, that sends what is encoded here.

    Args:
        session: That it sends with.
        more: As the library's own.
    """

    def __init__(self, *, session: requests.Session, **more: Any) -> None:
        self._body = _Body()
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._body)
        super().__init__(session=session, **more)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send some; called by one thread at a time."""
        self._body.content = encoded(spans)
        return super().export(())


class _Body(HTTPAdapter):
    """Puts what was encoded in the place of the nothing that the library was given."""

    content = b""

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        packed = _PACKED.get(str(request.headers.get("content-encoding", "")))
        request.body = packed(self.content) if packed else self.content
        request.prepare_content_length(request.body)
        return super().send(request, *args, **more)


_PACKED: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda content: gzip.compress(content, 1),
    "deflate": lambda content: zlib.compress(content, 1),
}
"""Spans say the same again and again: the least effort leaves a twelfth, more a fourteenth."""


def encoded(spans: Sequence[ReadableSpan]) -> bytes:
    """Encode spans of one resource and scope as an ``ExportTraceServiceRequest``."""
    if not spans:
        return b""
    one = spans[0]
    scope = ScopeSpans()
    if one.instrumentation_scope is not None:
        named = one.instrumentation_scope
        scope.scope.CopyFrom(InstrumentationScope(name=named.name, version=named.version or ""))
        scope.schema_url = named.schema_url or ""
    about = [_key_value(name, value) for name, value in one.resource.attributes.items()]
    resource = ResourceSpans(
        resource=Resource(attributes=about), schema_url=one.resource.schema_url
    )
    parts = [scope.SerializeToString()]
    for span in spans:
        body = _span(span)
        parts += (_SECOND, _length(len(body)), body)
    inside = b"".join(parts)
    whole = resource.SerializeToString() + _SECOND + _length(len(inside)) + inside
    return _FIRST + _length(len(whole)) + whole


def _span(span: ReadableSpan) -> bytes:
    context, parent = span.get_span_context(), span.parent
    if context is None:
        raise ValueError("a span without an id is of no trace")
    kind: Any = span.kind.value + 1
    code: Any = span.status.status_code.value
    head = Span(
        trace_id=context.trace_id.to_bytes(16),
        span_id=context.span_id.to_bytes(8),
        parent_span_id=_id_bytes(parent),
        name=span.name,
        kind=kind,
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or 0,
        flags=_FLAGS | _REMOTE if parent is not None and parent.is_remote else _FLAGS,
        events=[_event(event) for event in span.events] if span.events else None,
        status=Status(code=code, message=span.status.description or ""),
    )
    attributes = (span.attributes or {}).items()
    return b"".join([head.SerializeToString(), *[_attribute(*each) for each in attributes]])


def _id_bytes(parent: SpanContext | None) -> bytes:
    return b"" if parent is None else parent.span_id.to_bytes(8)


def _attribute(name: str, value: Any) -> bytes:
    if isinstance(value, str) and len(value) > _LONG:
        return _made_attribute(name, value)
    return _kept_attribute(name, value)


def _made_attribute(name: str, value: Any) -> bytes:
    return Span(attributes=[_key_value(name, value)]).SerializeToString()


@lru_cache(maxsize=4_096, typed=True)
def _kept_attribute(name: str, value: Any) -> bytes:
    return _made_attribute(name, value)


def _event(event: Event) -> Span.Event:
    return Span.Event(
        name=event.name,
        time_unix_nano=event.timestamp,
        attributes=[_key_value(name, value) for name, value in (event.attributes or {}).items()],
    )


def _key_value(name: str, value: Any) -> KeyValue:
    return KeyValue(key=name, value=_any_value(value))


def _any_value(value: Any) -> AnyValue:
    if isinstance(value, str):
        return AnyValue(string_value=value)
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(array_value=ArrayValue(values=[_any_value(each) for each in value]))


def _length(count: int) -> bytes:
    """Give a length as protobuf's ``varint``: seven bits a byte, the last ones first."""
    made = bytearray()
    while count > 0x7F:
        made.append(count & 0x7F | 0x80)
        count >>= 7
    made.append(count)
    return bytes(made)
