"""Metrics of runs: for Prometheus, by OpenTelemetry; counted as the ledger counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from batuta import Budget, RunRecord, ScriptedModel, Usage, count, record
from batuta.core.model import ModelReply
from batuta.core.price import Price, PriceTable
from batuta.core.run import Run
from batuta.core.spending import spending_of
from batuta.telemetry.measures import OTHER, Bounded
from batuta.telemetry.prometheus import PrometheusMetrics
from batuta.telemetry.span_tree import EndedRun
from tests.unit.core.rig import HELLO, ran
from tests.unit.serve.http.house import House, bearer, keys_file, problem

PRICES = PriceTable({"paid:one": Price(10.0, 20.0, "a list", cached_usd=1.0)})
USED = Usage(1_000, 60, 300, 20, 100)


async def asked(**more: Any) -> RunRecord:
    """A run that asks two models, the price of one of which nobody knows, and counts itself."""
    paid = ScriptedModel([ModelReply("ok", usage=USED, model="paid:one")], name="paid:one")
    odd = ScriptedModel([ModelReply("ok", usage=Usage(10, 1), model="odd:two")], name="odd:two")

    async def main(run: Run) -> None:
        count("courts.seen", 2, surface="clay")
        record("courts.free", 3)
        for model in (paid, odd):
            await run.ask([HELLO], model=model)

    return await ran(main, prices=PRICES, labels={"style": "d"}, **more)


def samples(text: bytes) -> dict[str, float]:
    """Read Prometheus's format as Prometheus does: ``name label=value`` in order, to value."""
    families = text_string_to_metric_families(text.decode())
    return {
        " ".join([each.name, *(f"{k}={v}" for k, v in sorted(each.labels.items()))]): each.value
        for family in families
        for each in family.samples
    }


def told(records: Sequence[RunRecord], **gauges: float) -> dict[str, float]:
    metrics = PrometheusMetrics()
    assert metrics.take([EndedRun(each, Budget(), 10**18) for each in records]) == ""
    return samples(metrics.text(gauges))


async def test_prometheus_counts_what_the_ledger_counts() -> None:
    made = await asked()
    found = told([made, made])
    start = "batuta_tokens_total model=paid:one part="
    tokens = {
        key.removeprefix(start).split()[0]: value
        for key, value in found.items()
        if key.startswith(start)
    }
    assert tokens == {
        "input": 1_200, "cached": 600, "cache_write": 200, "output": 80, "reasoning": 40,
    }  # fmt: skip
    every = total(found, "batuta_tokens_total")
    spent = spending_of(made, "2026-03-02").spent.values()
    assert every == 2 * sum(each.usage.total_tokens for each in spent)
    assert total(found, "batuta_cost_usd_total") == pytest.approx(
        2 * sum(each.known_usd for each in spent)
    )
    assert found["batuta_unpriced_calls_total model=odd:two style=d"] == 2
    assert found["batuta_model_calls_total model=paid:one outcome=ok style=d"] == 2
    assert found["batuta_runs_total stop_reason=done style=d"] == 2
    assert found["batuta_run_seconds_count style=d"] == 2


async def test_what_code_counts_itself_is_counted() -> None:
    found = told([await asked()])
    assert found["batuta_own_courts_seen_total surface=clay"] == 2
    assert found["batuta_own_courts_free_sum"] == 3


async def test_stops_by_the_budget_and_errors_are_counted_by_their_class() -> None:
    stopped = await asked(budget=Budget(model_calls=1))
    found = told([stopped])
    assert found["batuta_budget_stops_total limit=budget style=d"] == 1
    assert found["batuta_errors_total code=budget_exceeded style=d"] == 1


def total(found: dict[str, float], name: str) -> float:
    return sum(value for key, value in found.items() if key.split()[0] == name)


def renamed(made: RunRecord, name: str) -> RunRecord:
    events = tuple(each._replace(name=name, data=None) for each in made.events)
    return dataclasses.replace(made, events=events)


async def test_labels_are_bounded() -> None:
    made = await asked()
    many = [renamed(made, f"m:{number}") for number in range(150)]
    calls = [key for key in told(many) if key.startswith("batuta_model_calls_total")]
    models = {key.split()[1].removeprefix("model=") for key in calls}
    assert len(models) == 101
    assert OTHER in models
    assert Bounded(1).labels("a", ("x", "y")) == ("x", "y")


async def test_metrics_are_read_by_this_machine_alone(tmp_path: Path) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, ana="k-ana"))
    async with house.client() as client:
        await client.post("/chat", json={"message": "hello"}, headers=bearer("k-ana"))
        answer = await client.get("/metrics")
        through = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
        problem(through, 403, "access_denied")
    found = samples(answer.content)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert found["batuta_runs_total stop_reason=done style=d"] == 1
    assert found["batuta_tokens_total model=parrot:1 part=input style=d"] == 3
    assert found["batuta_stores_writable"] == found["batuta_agents_ready"] == 1
    assert found["batuta_runs_on"] == found["batuta_agents_at_work"] == 0
    assert "ana" not in answer.text


async def test_metrics_may_be_off_or_for_all(tmp_path: Path) -> None:
    async with House(tmp_path / "a", metrics="off").client() as client:
        problem(await client.get("/metrics"), 404, "not_found")
    async with House(tmp_path / "b", metrics="all").client() as client:
        through = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.7"})
        assert through.status_code == 200
