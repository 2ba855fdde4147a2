"""Metrics by OpenTelemetry: those of the GenAI conventions, and ours."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from batuta.core.custom import OwnMeasure
from batuta.core.redaction import masked
from batuta.telemetry.measures import METRICS, Bounded, measures, own_measures
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.otel.destinations import LibraryWords
from batuta.telemetry.otel.span_attributes import error_type, model_of, provider_of
from batuta.telemetry.span_tree import EndedRun, span_tree

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter

    from batuta.telemetry.pipeline import Told
    from batuta.telemetry.span_tree import TraceSpan

_LIBRARY = "opentelemetry.exporter.otlp.proto.http.metric_exporter"
_STATUS = re.compile(r"\bcode: \d{3}\b")
_DURATIONS = (
    *(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64),
    *(1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
)
_TOKENS = (
    *(1.0, 4.0, 16.0, 64.0, 256.0, 1024.0, 4096.0, 16384.0),
    *(65536.0, 262144.0, 1048576.0, 4194304.0, 16777216.0, 67108864.0),
)
"""Buckets as the conventions want them."""
_DURATION_OF = {
    "model": names.DURATION,
    "tool": names.TOOL_DURATION,
    "agent": names.AGENT_DURATION,
    "run": names.RUN_DURATION,
}


class _Value(NamedTuple):
    kind: str
    name: str
    amount: float
    labels: Mapping[str, str]
    buckets: tuple[float, ...] = ()


class MetricsProbe:
    """Asks where metrics go whether it answers, and sends it none.

    Args:
        where: Its address; it may hold a password.
    """

    def __init__(self, exporter: MetricExporter, where: str) -> None:
        self.name, self.where = OtelMetrics.name, masked(where)
        self._exporter: Any = exporter
        self._said = LibraryWords(_LIBRARY)

    def probe(self) -> str:
        """Say what is wrong with where they went; empty where all is well."""
        from opentelemetry.sdk.metrics.export import MetricExportResult, MetricsData

        sent, said = self._said.during(lambda: self._exporter.export(MetricsData([])))
        return "" if sent is MetricExportResult.SUCCESS else said or "it was refused"


class OtelMetrics:
    """A ``Receiver`` that hands values to a provider, whose reader sends them.

    Args:
        beside_spans: Whether spans go to a collector too, whose absence their sender tells.
    """

    name = "the collector of metrics"

    def __init__(
        self, provider: MeterProvider, version: str, *, beside_spans: bool = False
    ) -> None:
        self._provider = provider
        self._meter: Meter = provider.get_meter(names.SCOPE, version)
        self._bounded = Bounded()
        self._made: dict[tuple[str, str], Any] = {}
        logging.getLogger(_LIBRARY).addFilter(FirstLine(refusals=beside_spans))

    def take(self, told: Sequence[Told]) -> str:
        """Hand over what runs did."""
        for each in told:
            if isinstance(each, EndedRun):
                self._run(each)
            elif isinstance(each, OwnMeasure):
                self._own(each)
        return ""

    def flush(self, timeout_s: float) -> None:
        """Send now, in a thread that nobody waits for longer: the SDK does not keep its limit."""
        sending = threading.Thread(target=self._provider.force_flush, daemon=True)
        sending.start()
        sending.join(timeout_s)

    def _run(self, ended: EndedRun) -> None:
        for measure in measures(ended):
            metric = METRICS[measure.name]
            kept = self._bounded.labels(measure.name, measure.labels)
            labels = dict(zip(metric.labels, kept, strict=True))
            name = measure.name.replace("_", ".", 1)
            self._put(_Value(metric.kind, name, measure.value, labels))
        for span in span_tree(ended)[1]:
            self._span(span)
        for own in own_measures(ended):
            self._own(own)

    def _span(self, span: TraceSpan) -> None:
        name = _DURATION_OF.get(span.kind)
        if name is None:
            return
        labels = _labels(span)
        kept = self._bounded.labels(name, tuple(labels.values()))
        labels = dict(zip(labels, kept, strict=True))
        seconds = (span.end_ns - span.start_ns) / 1_000_000_000
        self._put(_Value("record", name, seconds, labels, _DURATIONS))
        if span.usage is not None:
            labels.pop(names.ERROR_TYPE, None)
            for kind in ("input", "output"):
                tokens = getattr(span.usage, f"{kind}_tokens")
                counted = {**labels, names.COUNTED: kind}
                self._put(_Value("record", names.TOKENS, tokens, counted, _TOKENS))

    def _own(self, own: OwnMeasure) -> None:
        kept = self._bounded.labels(own.name, tuple(map(str, own.labels.values())))
        labels = dict(zip(own.labels, kept, strict=True))
        self._put(_Value(own.kind, f"batuta.own.{own.name}", own.value, labels))

    def _put(self, value: _Value) -> None:
        made: Any = self._made.get((value.kind, value.name))
        if made is None:
            if value.kind == "count":
                made = self._meter.create_counter(value.name)
            else:
                made = self._meter.create_histogram(
                    value.name, explicit_bucket_boundaries_advisory=value.buckets or None
                )
            self._made[value.kind, value.name] = made
        (made.add if value.kind == "count" else made.record)(value.amount, value.labels)


class FirstLine(logging.Filter):
    """Lets the first of a library's complaints through, and none after it.

    Args:
        refusals: Whether only those count that have the status of an answer.
    """

    def __init__(self, *, refusals: bool = False) -> None:
        super().__init__()
        self._refusals, self._said = refusals, False

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether it is the first."""
        if self._refusals and not _STATUS.search(record.getMessage()):
            return False
        first, self._said = not self._said, True
        return first


def _labels(span: TraceSpan) -> dict[str, str]:
    made = {names.OPERATION: names.OPERATIONS[span.kind]}
    if span.kind == "model":
        answered = str(span.told.get("answered") or span.name)
        made[names.PROVIDER] = provider_of(answered)
        made[names.REQUEST_MODEL] = model_of(span.name)
        if span.told:
            made[names.RESPONSE_MODEL] = model_of(answered)
    elif span.kind == "tool":
        made[names.TOOL] = span.name
    elif span.kind == "agent":
        made[names.AGENT] = span.name
    else:
        made[names.WORKFLOW] = span.name
    if span.error is not None or span.cut:
        made[names.ERROR_TYPE] = error_type(span)
    return made
