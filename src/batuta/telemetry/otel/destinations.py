"""Where spans go: a collector, the console, Langfuse; each behind a receiver of its own."""

from __future__ import annotations

import base64
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.redaction import masked, redacted
from batuta.errors import ConfigError
from batuta.telemetry.span_tree import EndedRun, RunSoFar

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter
    from requests import PreparedRequest

    from batuta.settings.telemetry import TelemetrySettings
    from batuta.telemetry.otel.spans import SpanMaker
    from batuta.telemetry.pipeline import Told

_LIBRARY = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
_GRPC_LIBRARY = "opentelemetry.exporter.otlp.proto.grpc.exporter"
_MOST_LONG = 1_000
_LANGFUSE_PATH = "/api/public/otel/v1/traces"
_OF_HTTP = {
    *("accept", "accept-encoding", "authorization", "connection", "content-encoding"),
    *("content-length", "content-type", "host", "transfer-encoding", "user-agent"),
}


class Destination(NamedTuple):
    """Where spans go.

    Args:
        name: What it is called in a warning.
        where: Its address; it may hold a password.
        logger: Of the exporter's library, which would tell of each failure by itself; empty for
            none.
    """

    name: str
    where: str
    exporter: SpanExporter
    logger: str = ""


class SpanReceiver:
    """Turns runs into spans and sends them, so many spans at once."""

    def __init__(self, to: Destination, maker: SpanMaker, *, at_once: int = 512) -> None:
        self.name, self.where = to.name, masked(to.where)
        self._exporter, self._maker, self._at_once = to.exporter, maker, at_once
        self._said = LibraryWords(to.logger)
        self._sent: dict[str, set[int]] = {}

    def flush(self, timeout_s: float) -> None:
        """Do nothing: what was taken was sent."""

    def take(self, told: Sequence[Told]) -> str:
        """Send spans; what cannot be sent within the exporter's time is lost."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        spans = [span for each in told for span in self._unsent(each)]
        wrong = ""
        for first in range(0, len(spans), self._at_once):
            sent, said = self._said.during(self._export(spans[first : first + self._at_once]))
            if sent is not SpanExportResult.SUCCESS:
                wrong = said or "it was refused"
        return wrong

    def _unsent(self, told: Told) -> Iterable[Any]:
        """Make the spans that were not sent while the run was on; only those of long runs were."""
        if isinstance(told, RunSoFar):
            run_id = told.run.record.run_id
            sent = self._sent.setdefault(run_id, set())
        elif isinstance(told, EndedRun) and told.record.run_id in self._sent:
            sent = self._sent.pop(told.record.run_id)
        else:
            return self._maker.spans(told)
        if len(self._sent) > _MOST_LONG:  # of runs that another process went on with
            self._sent.pop(next(iter(self._sent)))
        every = {_id_of(span): span for span in self._maker.spans(told)}
        made = [span for span_id, span in every.items() if span_id not in sent]
        sent.update(every)
        return made

    def probe(self) -> str:
        """Send nothing, and say what is wrong with where it went; empty where all is well."""
        from opentelemetry.sdk.trace.export import SpanExportResult

        sent, said = self._said.during(self._export([]))
        return "" if sent is SpanExportResult.SUCCESS else said or "it was refused"

    def _export(self, spans: Sequence[Any]) -> Callable[[], Any]:
        return lambda: self._exporter.export(spans)


def _id_of(span: ReadableSpan) -> int:
    context = span.get_span_context()
    return 0 if context is None else context.span_id


class LibraryWords(logging.Filter):
    """Keeps a library's own log lines back while it works in a thread of ours, and gives the last.

    Args:
        logger: The library's logger; empty for none. What others do with it is let through.
    """

    def __init__(self, logger: str) -> None:
        super().__init__()
        self._thread, self._last = 0, ""
        if logger:
            logging.getLogger(logger).addFilter(self)

    def during(self, work: Callable[[], Any]) -> tuple[Any, str]:
        """Do some work; gives what came of it and what the library said, without secrets."""
        self._thread, self._last = threading.get_ident(), ""
        try:
            return work(), redacted(self._last)
        finally:
            self._thread = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a line back that our own thread caused."""
        if threading.get_ident() != self._thread:
            return True
        self._last = record.getMessage()
        return False


def collector(settings: TelemetrySettings) -> Destination:
    """Make the way to the collector that the settings name.

    Raises:
        ConfigError: Its library is missing.
    """
    name = "the collector"
    if settings.traces == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return Destination(name, "the console", ConsoleSpanExporter())
    if settings.protocol == "grpc":
        try:
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import (  # pyright: ignore[reportMissingImports]
                OTLPSpanExporter as GrpcExporter,  # pyright: ignore[reportUnknownVariableType]
            )
        except ImportError as error:
            raise ConfigError(
                "Spans by gRPC need opentelemetry-exporter-otlp-proto-grpc",
                "Install it, or set OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf.",
            ) from error
        exporter: Any = GrpcExporter()  # pyright: ignore[reportUnknownVariableType]
        return Destination(name, settings.traces_to, exporter, _GRPC_LIBRARY)
    if settings.signed:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        return Destination(name, settings.traces_to, OTLPSpanExporter(settings.traces_to), _LIBRARY)
    import requests

    from batuta.telemetry.otel.otlp_http import SpansOverHttp

    exporter = SpansOverHttp(session=requests.Session(), endpoint=settings.traces_to)
    return Destination(name, settings.traces_to, exporter, _LIBRARY)


def langfuse(settings: TelemetrySettings) -> Destination:
    """Make the way to Langfuse.

    Source: https://langfuse.com/docs/opentelemetry/get-started, read 2026-11: OTLP over HTTP with
    protobuf, basic authentication, and ``x-langfuse-ingestion-version`` 4 to be shown at once.
    """
    import requests
    from opentelemetry.exporter.otlp.proto.http import Compression

    from batuta.telemetry.otel.otlp_http import SpansOverHttp

    keys = f"{settings.langfuse_public_key}:{settings.langfuse_secret_key.reveal()}"
    headers = {
        "authorization": f"Basic {base64.b64encode(keys.encode()).decode()}",
        "x-langfuse-ingestion-version": "4",
        "x-langfuse-sdk-name": "batuta",
        "x-langfuse-public-key": settings.langfuse_public_key,
    }
    session = requests.Session()
    session.auth = _only({*headers, *_OF_HTTP})
    exporter = SpansOverHttp(
        session=session,
        endpoint=settings.langfuse + _LANGFUSE_PATH,
        headers=headers,
        compression=Compression.Gzip,
    )
    return Destination("Langfuse", settings.langfuse, exporter, _LIBRARY)


def _only(names: set[str]) -> Callable[[PreparedRequest], PreparedRequest]:
    """Let no other header out: the library adds those of OTEL_EXPORTER_OTLP_HEADERS to any address.

    They may hold the key of another collector.
    """

    def strip(request: PreparedRequest) -> PreparedRequest:
        for name in [each for each in request.headers if each.lower() not in names]:
            del request.headers[name]
        return request

    return strip
