"""A run that is cancelled in the database ends as cancelled, whatever it was about to record."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.runtimes.durable import DurableRuntime
from tests.unit.core.rig import HELLO, does
from tests.unit.runtimes.durable.rig import RUN, attempt


@pytest.mark.parametrize("where", ["within a step", "between two steps"])
async def test_a_run_cancelled_by_another_process_is_recorded(tmp_path: Path, where: str) -> None:
    after: list[str] = []
    ended: list[RunRecord] = []
    alive: list[DurableRuntime] = []

    async def cancel() -> None:
        [runtime] = alive
        await asyncio.to_thread(runtime.engine.client.cancel_workflow, RUN)

    async def first() -> int:
        if where == "within a step":
            await cancel()
        return 1

    async def second() -> int:
        after.append("second")
        return 2

    async def work(run: Run) -> str:
        await run.step("first", first)
        if where == "between two steps":
            await cancel()
        return str(await run.step("second", second))

    async with attempt(tmp_path, does("main", work)) as runtime:
        alive.append(runtime)
        options = RunOptions(run_id=RUN, on_end=ended.append)
        record = await runtime.run("main", HELLO, options)
    assert [each.run_id for each in ended] == [RUN]
    assert (record.stop_reason, ended[0].stop_reason, after) == ("cancelled", "cancelled", [])
    steps = [e for e in record.events if e.kind == "step" and e.phase == "start"]
    assert [e.name for e in steps][:1] == ["first"]
