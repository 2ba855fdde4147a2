"""What ``batuta runs`` lists before the kept runs."""

from __future__ import annotations

import asyncio
from pathlib import Path

from batuta.cli.records import open_runs
from batuta.core.principal import LOCAL
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.settings import Settings
from tests.unit.core.rig import HELLO, does, echo
from tests.unit.runtimes.durable.rig import attempt, begun, cut


async def test_a_run_that_is_not_over_is_listed_however_many_came_after_it(tmp_path: Path) -> None:
    reached = asyncio.Event()

    async def waits() -> int:
        reached.set()
        await asyncio.Event().wait()
        return 1

    async def work(run: Run) -> str:
        return str(await run.step("wait", waits))

    async with attempt(tmp_path, does("main", work), echo("echo")) as runtime:
        waiting = await begun(runtime, "main", reached, principal=LOCAL)
        for _ in range(51):
            await runtime.run("echo", HELLO, RunOptions(principal=LOCAL))
        queued = [(HELLO, RunOptions(principal=LOCAL)) for _ in range(5)]
        await runtime.submit_batch("echo", queued)
        settings = Settings(home=tmp_path, durable="sqlite")
        found = await asyncio.to_thread(open_runs, settings, LOCAL.id, kept=(), limit=3)
    await cut(waiting)
    assert [seen.state for seen in found] == ["queued", "queued", "queued", "running"]
