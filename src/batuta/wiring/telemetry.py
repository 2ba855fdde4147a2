"""Picks what ended runs are told to, once for the process: a collector, Langfuse, metrics."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Collection, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from batuta.core.custom import listeners
from batuta.core.runtime import OpenRun
from batuta.errors import DISTRIBUTION, missing_extra
from batuta.styles.table import PATTERNS

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.resources import Resource

    from batuta.core.runtime import Observer
    from batuta.settings import Settings
    from batuta.settings.telemetry import TelemetrySettings
    from batuta.telemetry.otel.destinations import SpanReceiver
    from batuta.telemetry.otel.metrics import MetricsProbe
    from batuta.telemetry.pipeline import Pipeline, Receiver, Telemetry
    from batuta.telemetry.prometheus import PrometheusMetrics

AT_EXIT_S = 1.5
"""Longest that the end of the process waits for what was not sent yet."""
_SPANS_OF_A_RUN = 8
"""Roughly: the variables of OpenTelemetry count spans, the queue counts runs."""

_LOG = logging.getLogger(__name__)
_made: dict[TelemetrySettings, Telemetry] = {}


def telemetry_of(settings: Settings) -> Telemetry | None:
    """Give what is told of ended runs; None where they are told to nobody.

    Raises:
        ConfigError: A library that it needs is missing.
    """
    wanted = settings.telemetry
    if not wanted.sends:
        return None
    if wanted not in _made:
        if not _made:
            atexit.register(_leave)
        made = _made[wanted] = _opened(wanted)
        listeners.append(made)
    return _made[wanted]


def flush_telemetry(timeout_s: float) -> bool:
    """Wait until all that has ended is told, or for so long at most in all; says which."""
    if not _made:
        return True
    from batuta.telemetry.pipeline import Telemetry

    return Telemetry([line for each in _made.values() for line in each.pipelines]).flush(timeout_s)


def _leave() -> None:
    """Tell what was not told yet, in the little time that the end of a process may take.

    What is not told then is lost, and said so in one line, unless it was said before.
    """
    if flush_telemetry(AT_EXIT_S):
        return
    every = (pipeline for each in _made.values() for pipeline in each.pipelines)
    lost = list(dict.fromkeys(line.receiver.name for line in every if line.loses))
    if lost:
        where = " and ".join(lost)
        _LOG.warning("Telemetry does not reach %s in time, and is lost", where)


def span_receivers(wanted: TelemetrySettings) -> list[SpanReceiver]:
    """Make what spans are sent with.

    Raises:
        ConfigError: A library that it needs is missing.
    """
    if not (wanted.traces or wanted.langfuse):
        return []
    try:
        from opentelemetry.sdk.trace import TracerProvider

        from batuta.telemetry.otel.destinations import SpanReceiver, collector, langfuse
        from batuta.telemetry.otel.spans import SpanMaker
    except ImportError as error:
        raise missing_extra("Sending spans needs OpenTelemetry", "otel") from error
    read = TracerProvider(shutdown_on_exit=False)  # it reads OTEL_TRACES_SAMPLER and its like
    maker = SpanMaker(
        _resource(),
        version(DISTRIBUTION),
        sampler=read.sampler,
        content=wanted.content,
        patterns={style.key: PurePosixPath(style.page).stem for style in PATTERNS},
    )
    opened = [
        *([collector(wanted)] if wanted.traces else []),
        *([langfuse(wanted)] if wanted.langfuse else []),
    ]
    return [SpanReceiver(to, maker, at_once=wanted.most_at_once) for to in opened]


class Meter(NamedTuple):
    """What counts for Prometheus."""

    metrics: PrometheusMetrics
    pipeline: Pipeline
    content_type: str


def open_meter(settings: Settings) -> Meter | None:
    """Begin to count for Prometheus; None where that is off, or its library is not here."""
    if settings.metrics == "off" or find_spec("prometheus_client") is None:
        return None
    from batuta.telemetry.prometheus import CONTENT_TYPE, PrometheusMetrics

    metrics = PrometheusMetrics()
    return Meter(metrics, _pipeline(metrics, settings.telemetry), CONTENT_TYPE)


def joined(before: Observer | None, more: Sequence[Pipeline]) -> Observer | None:
    """Give an observer that tells more pipelines what it tells already."""
    if not more:
        return before
    from batuta.telemetry.pipeline import Telemetry

    return Telemetry([*pipelines_of(before), *more])


def pipelines_of(observer: Observer | None) -> Sequence[Pipeline]:
    """Give the pipelines that an observer of ours tells."""
    if observer is None:
        return ()
    from batuta.telemetry.pipeline import Telemetry

    return observer.pipelines if isinstance(observer, Telemetry) else ()


def _opened(wanted: TelemetrySettings) -> Telemetry:
    from batuta.telemetry.pipeline import Telemetry

    open_runs = set[OpenRun]()
    pipelines = [_pipeline(receiver, wanted, open_runs) for receiver in span_receivers(wanted)]
    if wanted.metrics:
        pipelines.append(_pipeline(_otel_metrics(wanted), wanted))
    return Telemetry(pipelines, open_runs)


def _pipeline(
    receiver: Receiver, wanted: TelemetrySettings, open_runs: Collection[OpenRun] = ()
) -> Pipeline:
    from batuta.telemetry.pipeline import Pipeline

    return Pipeline(
        receiver,
        most_queued=wanted.most_queued,
        at_once=max(1, wanted.most_at_once // _SPANS_OF_A_RUN),
        delay_s=wanted.delay_s,
        open_runs=open_runs,
    )


def _resource() -> Resource:
    """Say what this process is, as OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have it."""
    from opentelemetry.sdk.resources import Resource

    found = Resource.create()
    if str(found.attributes.get("service.name", "")).startswith("unknown_service"):
        found = found.merge(Resource({"service.name": "batuta"}))
    return found


def metrics_probe(wanted: TelemetrySettings) -> MetricsProbe:
    """Make what asks where metrics go whether it answers.

    Raises:
        ConfigError: A library is missing.
    """
    exporter = _metric_exporter(wanted)
    from batuta.telemetry.otel.metrics import MetricsProbe

    return MetricsProbe(exporter, wanted.metrics_to)


def _metric_exporter(wanted: TelemetrySettings) -> MetricExporter:
    try:
        if wanted.metrics == "console":
            from opentelemetry.sdk.metrics.export import ConsoleMetricExporter

            return ConsoleMetricExporter()
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    except ImportError as error:
        raise missing_extra("Sending metrics needs OpenTelemetry", "otel") from error
    return OTLPMetricExporter(endpoint=wanted.metrics_to)


def _otel_metrics(wanted: TelemetrySettings) -> Receiver:
    """Make what hands metrics to OpenTelemetry; it reads OTEL_METRIC_EXPORT_INTERVAL itself.

    Raises:
        ConfigError: A library is missing.
    """
    exporter = _metric_exporter(wanted)
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    from batuta.telemetry.otel.metrics import OtelMetrics

    reader = PeriodicExportingMetricReader(exporter)
    provider = MeterProvider([reader], resource=_resource(), shutdown_on_exit=False)
    return OtelMetrics(provider, version(DISTRIBUTION), beside_spans=wanted.traces == "otlp")
