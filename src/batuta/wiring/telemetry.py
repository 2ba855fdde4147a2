"""Picks what ended runs are told to, once for the process: a collector, Langfuse, metrics."""

from __future__ import annotations

import atexit
from importlib.metadata import version
from typing import TYPE_CHECKING

from batuta.errors import DISTRIBUTION, missing_extra

if TYPE_CHECKING:
    from batuta.settings import Settings
    from batuta.settings.telemetry import TelemetrySettings
    from batuta.telemetry.otel.destinations import SpanReceiver
    from batuta.telemetry.pipeline import Telemetry

AT_EXIT_S = 2.0
"""Longest that the end of the process waits for what was not sent yet."""

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
            atexit.register(flush_telemetry, AT_EXIT_S)
        _made[wanted] = _opened(wanted)
    return _made[wanted]


def flush_telemetry(timeout_s: float) -> bool:
    """Wait until all that has ended is told, or for so long at most; says which."""
    told = [each.flush(timeout_s) for each in _made.values()]
    return all(told)


def span_receivers(wanted: TelemetrySettings) -> list[SpanReceiver]:
    """Make what spans are sent with.

    Raises:
        ConfigError: A library that it needs is missing.
    """
    if not (wanted.traces or wanted.langfuse):
        return []
    try:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        from batuta.telemetry.otel.destinations import SpanReceiver, collector, langfuse
        from batuta.telemetry.otel.spans import SpanMaker
    except ImportError as error:
        raise missing_extra("Sending spans needs OpenTelemetry", "otel") from error
    read = TracerProvider(shutdown_on_exit=False)  # it reads OTEL_TRACES_SAMPLER and its like
    resource = read.resource
    if str(resource.attributes.get("service.name", "")).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "batuta"}))
    maker = SpanMaker(resource, version(DISTRIBUTION), sampler=read.sampler, content=wanted.content)
    opened = [
        *([collector(wanted)] if wanted.traces else []),
        *([langfuse(wanted)] if wanted.langfuse else []),
    ]
    return [SpanReceiver(to, maker, at_once=wanted.most_at_once) for to in opened]


def _opened(wanted: TelemetrySettings) -> Telemetry:
    from batuta.telemetry.pipeline import Pipeline, Telemetry

    pipelines = [
        Pipeline(
            receiver,
            most_queued=wanted.most_queued,
            at_once=max(1, wanted.most_at_once // _SPANS_OF_A_RUN),
            delay_s=wanted.delay_s,
        )
        for receiver in span_receivers(wanted)
    ]
    return Telemetry(pipelines)


_SPANS_OF_A_RUN = 8
"""Roughly: the variables of OpenTelemetry count spans, the queue counts runs."""
