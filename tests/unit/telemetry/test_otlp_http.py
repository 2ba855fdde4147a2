"""What is sent is what OpenTelemetry's own encoder would send, by whatever compression."""

from __future__ import annotations

import dataclasses
import gzip
import zlib
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from batuta import Budget, Message
from batuta.settings.telemetry import read_telemetry
from batuta.telemetry.otel.destinations import collector as collector_of
from batuta.telemetry.otel.otlp_http import SpansOverHttp, encoded
from batuta.telemetry.otel.spans import SpanMaker
from batuta.telemetry.span_tree import EndedRun
from tests.unit.telemetry.test_spans import CAME_WITH, booked


async def spans_of_runs() -> list[ReadableSpan]:
    """Spans with notes, numbers of each sort, words of any length, a parent elsewhere, an error."""
    about = Resource({"service.name": "batuta", "parts": (1, 2.5, True)}, "https://schema")
    maker = SpanMaker(about, "1", sampler=ALWAYS_ON, content=True)
    second = dataclasses.replace(
        await booked(traceparent=CAME_WITH),
        question=Message.user("Grüße 🎾 " * 100),
        error={"code": "tool_failed", "message": "no"},
    )
    ended = [EndedRun(record, Budget(), 10**18) for record in (await booked(), second)]
    return [span for each in ended for span in maker.spans(each)]


@pytest.fixture
async def spans() -> list[ReadableSpan]:
    return await spans_of_runs()


def test_the_bytes_say_what_the_library_says(spans: list[ReadableSpan]) -> None:
    kinds = {type(value) for span in spans for value in (span.attributes or {}).values()}
    assert kinds >= {str, int, float, bool, tuple}
    assert any(span.events for span in spans)
    for some in (spans, spans[:1], []):
        assert ExportTraceServiceRequest.FromString(encoded(some)) == encode_spans(some)


@pytest.mark.parametrize("packed", ["", "gzip", "deflate"])
def test_a_request_has_them_by_the_compression_that_is_set(
    spans: list[ReadableSpan], packed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[bytes, Mapping[str, str | bytes]]] = []

    def kept(_: Any, request: PreparedRequest, *args: Any, **more: Any) -> Response:
        assert isinstance(request.body, bytes)
        sent.append((request.body, request.headers))
        response = Response()
        response.status_code = 200
        return response

    monkeypatch.setattr(HTTPAdapter, "send", kept)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", packed or "none")
    exporter = SpansOverHttp(session=Session(), endpoint="http://collector/v1/traces")
    for some in (spans, []):
        assert exporter.export(some) is SpanExportResult.SUCCESS
    unpack = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(packed, bytes)
    (first, headers), (nothing, _) = sent
    assert ExportTraceServiceRequest.FromString(unpack(first)) == encode_spans(spans)
    assert unpack(nothing) == b""
    assert headers["Content-Length"] == str(len(first))
    assert headers["Content-Type"] == "application/x-protobuf"


def test_a_plug_in_that_signs_requests_sends_by_the_library_itself() -> None:
    there = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector"}
    signed = {"OTEL_PYTHON_EXPORTER_OTLP_HTTP_CREDENTIAL_PROVIDER": "of_a_cloud"}
    exporters = [collector_of(read_telemetry(there | more)).exporter for more in ({}, signed)]
    assert [type(exporter) for exporter in exporters] == [SpansOverHttp, OTLPSpanExporter]
