"""Metrics for Prometheus: counted in the pipeline's thread, read when somebody asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from batuta.core.custom import OwnMeasure
from batuta.telemetry.measures import METRICS, SECONDS, Bounded, measures, own_measures
from batuta.telemetry.pipeline import Told
from batuta.telemetry.span_tree import EndedRun

CONTENT_TYPE = CONTENT_TYPE_LATEST
_MOST_OWN = 100
_NO_NAME = re.compile(r"[^a-zA-Z0-9_]")
_GAUGES = {
    "batuta_runs_on": "Runs that this door has going on.",
    "batuta_agents_at_work": "Permits to work in use, over all styles that were asked for.",
    "batuta_agents_ready": "Styles that were asked for and whose agents can all answer.",
    "batuta_agents_unready": "Styles that were asked for and some agent of which cannot answer.",
    "batuta_stores_writable": "1 where all that is kept can be read and written, else 0.",
    "batuta_telemetry_dropped_runs": "Runs that were not told: too many waited.",
    "batuta_telemetry_lost_runs": "Runs that were not told: what takes them failed.",
}


class PrometheusMetrics:
    """A ``Receiver`` that counts, in a registry of its own."""

    name = "Prometheus"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._bounded = Bounded()
        self._families: dict[str, Any] = {}
        self._children: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._gauges = {
            name: Gauge(name, told, registry=self.registry) for name, told in _GAUGES.items()
        }
        self._shapes: dict[str, tuple[str, tuple[str, ...]]] = {}
        for name, metric in METRICS.items():
            self._families[name] = self._made(name, metric.help, (metric.kind, metric.labels))

    def take(self, told: Sequence[Told]) -> str:
        """Count what runs did."""
        for each in told:
            if isinstance(each, EndedRun):
                for measure in measures(each):
                    child = self._child(measure.name, measure.labels)
                    _add(child, METRICS[measure.name].kind, measure.value)
                for own in own_measures(each):
                    self._own(own)
            elif isinstance(each, OwnMeasure):
                self._own(each)
        return ""

    def flush(self, timeout_s: float) -> None:
        """Do nothing: what is counted is counted."""

    def text(self, gauges: Mapping[str, float]) -> bytes:
        """Write all of it as Prometheus reads it.

        Args:
            gauges: How things stand now, by name.
        """
        for name, value in gauges.items():
            self._gauges[name].set(value)
        return generate_latest(self.registry)

    def _child(self, name: str, labels: tuple[str, ...]) -> Any:
        kept = self._bounded.labels(name, labels)
        found = self._children.get((name, kept))
        if found is None:
            family = self._families[name]
            found = family.labels(*kept) if kept else family
            self._children[name, kept] = found
        return found

    def _own(self, own: OwnMeasure) -> None:
        """Count what an application counts itself, under ``batuta_own_…``.

        The first use of a name says its kind and its labels; what does not fit later is left out.
        """
        name = f"batuta_own_{_plain(own.name)}"
        labels = {_plain(each): str(label) for each, label in own.labels.items()}
        shape = (own.kind, tuple(sorted(labels)))
        if name not in self._shapes:
            if len(self._shapes) >= _MOST_OWN:
                return
            told = f"{own.name}, of this application's own."
            self._shapes[name] = shape
            self._families[name] = self._made(name, told, shape)
        if self._shapes[name] == shape:
            child = self._child(name, tuple(labels[each] for each in shape[1]))
            _add(child, own.kind, own.value)

    def _made(self, name: str, told: str, shape: tuple[str, tuple[str, ...]]) -> Any:
        kind, labels = shape
        if kind == "count":
            return Counter(name, told, labels, registry=self.registry)
        return Histogram(name, told, labels, buckets=SECONDS, registry=self.registry)


def _plain(name: str) -> str:
    """Give a name as Prometheus takes it; one that begins with a digit, or is reserved, too."""
    made = _NO_NAME.sub("_", name).lstrip("_")
    return made if made and not made[0].isdigit() else f"n{made}"


def _add(child: Any, kind: str, value: float) -> None:
    if kind == "count":
        child.inc(value)
    else:
        child.observe(value)
