"""Cancelling a run, or stopping its process, in the middle of its begin or its end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbos._sys_db import SystemDatabase

from batuta.core.principal import LOCAL
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import RunInterrupted, StoreBusy
from batuta.runtimes.durable import DurableRuntime, Overview, Seen, Store
from tests.patience import scaled
from tests.unit.core.rig import HELLO, does
from tests.unit.runtimes.durable.rig import RUN, attempt


class Gate:
    """Holds whoever comes in a thread until it is opened."""

    def __init__(self) -> None:
        self._reached, self._open = threading.Event(), threading.Event()

    def through(self) -> None:
        self._reached.set()
        assert self._open.wait(scaled(30))

    async def reached(self) -> None:
        assert await asyncio.to_thread(self._reached.wait, 30)

    def open(self) -> None:
        self._open.set()


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Let the next run wait just before it is written down."""
    gate, real = Gate(), SystemDatabase.init_workflow

    def held(*args: Any, **options: Any) -> Any:
        gate.through()
        return real(*args, **options)

    monkeypatch.setattr(SystemDatabase, "init_workflow", held)
    yield gate
    gate.open()


@pytest.fixture
def done() -> list[str]:
    return []


def two_steps(done: list[str], first: Any = None, name: str = "main") -> Any:
    async def step(name: str) -> str:
        done.append(name)
        return name

    async def work(run: Run) -> str:
        await run.step("first", first or (lambda: step("first")))
        return await run.step("second", lambda: step("second"))

    return does(name, work)


def going(runtime: DurableRuntime, ended: list[RunRecord]) -> asyncio.Task[RunRecord]:
    options = RunOptions(run_id=RUN, on_end=ended.append)
    return asyncio.create_task(runtime.run("main", HELLO, options))


async def status(runtime: DurableRuntime) -> str:
    [seen] = await runtime.engine.client.list_workflows_async(workflow_ids=[RUN])
    return seen.status


async def test_a_run_cancelled_before_it_is_written_down_never_runs(
    tmp_path: Path, writing: Gate, done: list[str]
) -> None:
    async with attempt(tmp_path, two_steps(done)) as runtime:
        asking = going(runtime, [])
        await writing.reached()
        asking.cancel()
        await asyncio.sleep(0)
        writing.open()
        await asyncio.wait({asking})
        assert asking.cancelled()
        assert await status(runtime) == "CANCELLED"
    async with attempt(tmp_path, two_steps(done)) as runtime:
        assert (await status(runtime), done) == ("CANCELLED", [])


@pytest.mark.parametrize("turns", [1, 10, 30, 100, 300, 1_000])
async def test_a_run_cancelled_as_it_begins_is_over_when_its_caller_hears_so(
    tmp_path: Path, done: list[str], turns: int
) -> None:
    ended: list[str] = []

    async def first() -> int:
        done.append("first")
        await asyncio.Event().wait()
        return 1

    async with attempt(tmp_path, two_steps(done, first)) as runtime:
        options = RunOptions(run_id=RUN, on_end=lambda record: ended.append(record.stop_reason))
        asking = asyncio.create_task(runtime.run("main", HELLO, options))
        for _ in range(turns):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait({asking})
        assert (ended, runtime.engine.table.attempts) == (["cancelled"] if done else ended, set())
        assert await status(runtime) == "CANCELLED"


async def test_stopping_while_a_run_is_written_down_leaves_it_to_the_next_start(
    tmp_path: Path, writing: Gate, done: list[str]
) -> None:
    async with attempt(tmp_path, two_steps(done)) as runtime:
        asking = going(runtime, [])
        await writing.reached()
        stopping = asyncio.create_task(runtime.stop())
        await asyncio.sleep(0)
        writing.open()
        await stopping
        with pytest.raises(RunInterrupted, match=RUN):
            await asking
        assert done == []
    async with attempt(tmp_path, two_steps(done)) as runtime:
        record = await runtime.result(RUN)
    assert (record.text, done) == ("second", ["first", "second"])


async def test_stopping_waits_until_a_run_that_has_ended_is_kept(
    tmp_path: Path, done: list[str]
) -> None:
    keeping, keep = asyncio.Event(), asyncio.Event()
    kept: list[str] = []

    async def finish(record: RunRecord, session: Session | None, key: str) -> RunRecord:
        keeping.set()
        await keep.wait()
        kept.append(record.stop_reason)
        return record

    ended: list[RunRecord] = []
    async with attempt(tmp_path, two_steps(done)) as runtime:
        runtime.finish = finish
        asking = going(runtime, ended)
        await keeping.wait()
        stopping = asyncio.create_task(runtime.stop())
        await asyncio.sleep(0)
        keep.set()
        await stopping
        record = await asking
    assert (record.text, kept, len(ended)) == ("second", ["done"], 1)
    async with attempt(tmp_path, two_steps(done)) as runtime:
        runtime.finish = finish
        assert await status(runtime) == "SUCCESS"
    assert (kept, done) == (["done"], ["first", "second"])


async def test_a_run_whose_record_cannot_be_kept_can_be_resumed_at_once(
    tmp_path: Path, done: list[str]
) -> None:
    kept: list[str] = []

    async def finish(record: RunRecord, session: Session | None, key: str) -> RunRecord:
        if not kept:
            kept.append("busy")
            raise StoreBusy("The database of records", 1)
        kept.append(record.text)
        return record

    async with attempt(tmp_path, two_steps(done)) as runtime:
        runtime.finish = finish
        with pytest.raises(StoreBusy):
            await going(runtime, [])
        seen = await asyncio.to_thread(looked_at, tmp_path)
        assert (seen.state, "not kept" in seen.note) == ("interrupted", True)
        await runtime.engine.client.resume_workflow_async(RUN)
        record = await runtime.result(RUN)
    assert (record.text, kept, done) == ("second", ["busy", "second"], ["first", "second"])


def looked_at(folder: Path) -> Seen:
    with Overview(Store(folder / "durable.db"), LOCAL.id) as overview:
        return overview.run(RUN)


async def test_a_run_can_be_left_alone_while_others_go_on(tmp_path: Path, done: list[str]) -> None:
    within = asyncio.Event()

    async def first() -> int:
        within.set()
        await asyncio.Event().wait()
        return 1

    async with attempt(tmp_path, two_steps(done, first), two_steps(done, name="other")) as runtime:
        asking = going(runtime, [])
        await within.wait()
        assert runtime.leave(RUN)
        with pytest.raises(RunInterrupted):
            await asking
        assert not runtime.leave(RUN)
        assert (await runtime.run("other", HELLO)).text == "second"
        assert await status(runtime) == "PENDING"
