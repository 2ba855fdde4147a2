"""Metrics by OpenTelemetry, at a collector on loopback."""

from __future__ import annotations

from typing import Any

from batuta import Budget
from batuta.core.custom import OwnMeasure
from batuta.settings.telemetry import read_telemetry
from batuta.telemetry.pipeline import Pipeline
from batuta.telemetry.span_tree import EndedRun
from batuta.wiring.telemetry import _otel_metrics
from tests.patience import scaled
from tests.unit.telemetry.collector import collecting, value_of
from tests.unit.telemetry.test_metrics import asked


def points(metric: Any) -> list[tuple[dict[str, Any], Any]]:
    found = metric.sum if metric.HasField("sum") else metric.histogram
    return [({a.key: value_of(a.value) for a in p.attributes}, p) for p in found.data_points]


async def test_metrics_of_the_conventions_and_ours_are_sent_at_a_flush() -> None:
    made = await asked()
    with collecting() as collector:
        wanted = read_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address})
        pipeline = Pipeline(_otel_metrics(wanted), most_queued=9, at_once=9, delay_s=60)
        pipeline.put(EndedRun(made, Budget(), 10**18))
        pipeline.put(OwnMeasure(kind="count", name="outside", value=4, labels={}))
        assert pipeline.flush(scaled(20))
        pipeline.close()
    assert set(collector.paths) == {"/v1/metrics"}
    found = {metric.name: points(metric) for metric in collector.metrics}
    tokens = [
        (labels["gen_ai.request.model"], labels["gen_ai.token.type"], point.sum)
        for labels, point in found["gen_ai.client.token.usage"]
    ]
    assert sorted(tokens) == [
        ("one", "input", 1_000), ("one", "output", 60), ("two", "input", 10), ("two", "output", 1),
    ]  # fmt: skip
    assert len(found["gen_ai.client.operation.duration"]) == 2
    assert len(found["gen_ai.invoke_workflow.duration"]) == 1
    parts = found["batuta.tokens"]
    assert sum(point.as_int or point.as_double for _, point in parts) == made.usage.total_tokens
    ((_, seen),) = found["batuta.own.courts.seen"]
    ((_, outside),) = found["batuta.own.outside"]
    assert (seen.as_int, outside.as_int) == (2, 4)
