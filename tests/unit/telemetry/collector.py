"""A collector on loopback that decodes what it is sent, or refuses, or never answers."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.patience import scaled


@dataclass(frozen=True, kw_only=True)
class SentSpan:
    """A span as it was sent."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    start_ns: int
    end_ns: int
    failed: bool
    attributes: Mapping[str, Any]
    events: tuple[str, ...]
    resource: Mapping[str, Any]


@dataclass
class Collector:
    """What came, and how it is answered.

    Args:
        status: With which each request is answered.
        silent: Set while none is answered at all.
    """

    address: str = ""
    status: int = 200
    silent: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    spans: list[SentSpan] = field(default_factory=list)
    metrics: list[Any] = field(default_factory=list)

    def take(self, path: str, headers: Mapping[str, str], raw: bytes) -> None:
        self.paths.append(path)
        self.headers.append({name.lower(): value for name, value in headers.items()})
        if self.headers[-1].get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        if path.endswith("metrics"):
            sent = ExportMetricsServiceRequest.FromString(raw)
            self.metrics += [
                m for r in sent.resource_metrics for s in r.scope_metrics for m in s.metrics
            ]
            return
        for resource in ExportTraceServiceRequest.FromString(raw).resource_spans:
            about = {each.key: value_of(each.value) for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.spans += [_span(span, about) for span in scope.spans]


def _span(span: Any, resource: Mapping[str, Any]) -> SentSpan:
    return SentSpan(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        kind=span.kind,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        failed=span.status.code == 2,
        attributes={each.key: value_of(each.value) for each in span.attributes},
        events=tuple(event.name for event in span.events),
        resource=resource,
    )


def value_of(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [value_of(each) for each in value.array_value.values]
    return getattr(value, kind)


def _say_nothing(*_: Any) -> None:
    """Log no request."""


@contextmanager
def collecting() -> Generator[Collector]:
    """Run one on a port of its own."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        log_message = _say_nothing  # pyright: ignore[reportAssignmentType]

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            if made.silent.is_set():
                made.go_on.wait(scaled(60))
            made.take(self.path, dict(self.headers.items()), raw)
            self.send_response(made.status)
            self.send_header("content-length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
