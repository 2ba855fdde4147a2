"""A request that is sent again while its first run is on joins that run."""

from __future__ import annotations

import asyncio
from pathlib import Path

from batuta.assistant import Ask, Assistant
from batuta.core.budget import Budget
from batuta.core.principal import Principal
from batuta.core.run import Run
from batuta.runtimes.durable import DurableRuntime
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from tests.unit.core.rig import does
from tests.unit.runtimes.durable.rig import Beneath, attempt, cut

ANA, BEN = Principal("ana"), Principal("ben")


class Gate:
    """A step that is reached, and goes on once it may."""

    def __init__(self) -> None:
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def wait(self) -> int:
        self.reached.set()
        await self.go_on.wait()
        return 1


def assistant(runtime: DurableRuntime) -> Assistant:
    return Assistant(
        app="app",
        style="main",
        agent="main",
        runtime=runtime,
        sessions=SqliteSessions(":memory:"),
        records=SqliteRuns(":memory:"),
        budget=Budget(),
    )


async def test_a_request_sent_again_joins_the_run_that_is_recovered(tmp_path: Path) -> None:
    gate, counts = Gate(), Beneath()

    async def work(run: Run) -> str:
        return str(await run.step("wait", gate.wait))

    ask = Ask(text="hello", principal=ANA, request_key="k", run_id="run_first")
    async with attempt(tmp_path, does("main", work)) as runtime:
        first = asyncio.create_task(assistant(runtime).answer(ask))
        await gate.reached.wait()
    await cut(first)
    gate.reached.clear()
    async with attempt(tmp_path, does("main", work), beneath=counts) as runtime:
        door = assistant(runtime)
        await gate.reached.wait()
        again = asyncio.create_task(door.answer(Ask(text="hello", principal=ANA, request_key="k")))
        others = [Ask(text="hello", principal=BEN, request_key="k"), Ask(text="hi", principal=ANA)]
        apart = [asyncio.create_task(door.answer(other)) for other in others]
        gate.go_on.set()
        record = await again
        ids = {(await each).run_id for each in apart}
    assert (record.run_id, record.text) == ("run_first", "1")
    assert len(ids - {"run_first"}) == 2  # another caller's, or one without a key, is another run
    assert counts.calls == ["Step 1.1"] * 3


async def test_a_request_whose_run_was_cancelled_runs_again(tmp_path: Path) -> None:
    gate = Gate()

    async def work(run: Run) -> str:
        return str(await run.step("wait", gate.wait))

    ask = Ask(text="hello", principal=ANA, request_key="k")
    async with attempt(tmp_path, does("main", work)) as runtime:
        door = assistant(runtime)
        first = asyncio.create_task(door.answer(ask))
        await gate.reached.wait()
        first.cancel()
        await asyncio.wait({first})
        gate.go_on.set()
        assert (await door.answer(ask)).text == "1"
