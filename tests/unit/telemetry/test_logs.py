"""Log lines say which run and trace they are of."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Generator

import pytest

from batuta.core.run import Run
from batuta.core.trace import traceparent
from batuta.telemetry.logs import JsonLines, RunIds, TextLines
from tests.unit.core.rig import ran

LOG = logging.getLogger("batuta.tests.logs")


@pytest.fixture
def written(request: pytest.FixtureRequest) -> Generator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(request.param)
    handler.addFilter(RunIds())
    LOG.addHandler(handler)
    yield out
    LOG.removeHandler(handler)


async def logged() -> str:
    async def main(run: Run) -> None:
        LOG.warning("it costs %s, token=abc123456", "much")

    record = await ran(main)
    LOG.warning("outside")
    return record.run_id


@pytest.mark.parametrize("written", [JsonLines()], indirect=True)
async def test_json_lines_carry_the_ids(written: io.StringIO) -> None:
    run_id = await logged()
    inside, outside = map(json.loads, written.getvalue().splitlines())
    assert inside["run_id"] == run_id
    assert inside["trace_id"] == traceparent(run_id, "").split("-")[1]
    assert inside["message"] == "it costs much, [secret]"
    assert (inside["level"], inside["logger"]) == ("WARNING", LOG.name)
    assert "run_id" not in outside


@pytest.mark.parametrize("written", [TextLines()], indirect=True)
async def test_lines_of_text_carry_the_ids(written: io.StringIO) -> None:
    run_id = await logged()
    inside, outside = written.getvalue().splitlines()
    assert inside.startswith(f"it costs much, [secret] [{run_id}, trace ")
    assert outside == "outside"
