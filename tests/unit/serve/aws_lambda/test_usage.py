"""What a run spent is told to CloudWatch, and nothing of what was said."""

from __future__ import annotations

import json

import pytest

from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.record import RunRecord
from batuta.serve.aws_lambda.usage import MeteredRuns, metrics_line
from batuta.storage.sqlite import SqliteRuns


def record(cost: Cost) -> RunRecord:
    return RunRecord(
        run_id="r1",
        agent="assistant",
        principal_id="ana",
        question=Message.user("Book a court"),
        reply=Message.assistant("Booked"),
        events=(),
        usage=Usage(100, 20),
        cost=cost,
        seconds=1.5,
        style="d",
        app="tennis",
        session_id="s1",
    )


def test_a_line_has_each_metric_that_it_names() -> None:
    told = json.loads(metrics_line(record(Cost(0.25, 0.25)), "club-door"))
    about = told["_aws"]["CloudWatchMetrics"][0]
    named = {metric["Name"]: told[metric["Name"]] for metric in about["Metrics"]}
    assert named == {"runs": 1, "failed_runs": 0, "tokens": 120, "run_ms": 1500, "cost_usd": 0.25}
    assert about["Dimensions"] == [["function"]]
    assert told["function"] == "club-door"
    assert not {"ana", "Book a court", "Booked"} & {str(value) for value in told.values()}


def test_an_unknown_price_is_no_metric() -> None:
    told = json.loads(metrics_line(record(Cost(None, 0.1, "no price")), "club-door"))
    assert "cost_usd" not in told
    assert "cost_usd" not in {m["Name"] for m in told["_aws"]["CloudWatchMetrics"][0]["Metrics"]}


async def test_a_saved_run_is_told_of_once(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = MeteredRuns(SqliteRuns(tmp_path_factory.mktemp("runs") / "batuta.db"), "club-door")
    saved = record(Cost(0.25, 0.25))
    await runs.save(saved, "key")
    assert await runs.find("key", "ana") is not None
    assert [r.run_id for r in await runs.list("ana")] == ["r1"]
    assert (await runs.load("r1", "ana")).run_id == "r1"
    await runs.aclose()
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["tokens"] for line in lines] == [120]
