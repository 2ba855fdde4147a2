"""Plain tools in threads: nobody else waits for them, and one that was given up is seen."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial

import pytest

from batuta.core.budget import Budget
from batuta.core.principal import Principal
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Tool, tool
from batuta.runtimes.local import Capacity, ToolThreads
from tests.patience import LONG_S, scaled
from tests.unit.core.rig import HELLO, does, hosted


class Gate:
    """Something that a plain function waits at until the test opens it."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self._lock = threading.Lock()
        self._open = threading.Event()

    def open(self) -> None:
        self._open.set()

    def __call__(self) -> str:
        with self._lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        assert self._open.wait(scaled(LONG_S))
        with self._lock:
            self.waiting -= 1
        return "through"

    async def reached_by(self, count: int) -> None:
        async with asyncio.timeout(scaled(LONG_S)):
            while self.waiting < count:  # noqa: ASYNC110 - it happens in threads
                await asyncio.sleep(0.001)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


async def all_over(threads: ToolThreads) -> None:
    async with asyncio.timeout(scaled(LONG_S)):
        while threads.running:  # noqa: ASYNC110 - it happens in threads
            await asyncio.sleep(0.001)


async def test_results_errors_and_context_variables_cross() -> None:
    name = contextvars.ContextVar[str]("name")
    name.set("ana")

    def fails() -> None:
        raise KeyError("no")

    threads = ToolThreads(2)
    assert await threads.run(name.get, "p") == "ana"
    with pytest.raises(KeyError, match="no"):
        await threads.run(fails, "p")
    await all_over(threads)
    assert threads.given_up == 0


async def test_no_more_at_once_than_the_limit_and_threads_are_used_again(gate: Gate) -> None:
    threads, used = ToolThreads(3), set[int]()

    def work() -> None:
        used.add(threading.get_ident())

    waiting = [asyncio.create_task(threads.run(gate, "p")) for _ in range(8)]
    await gate.reached_by(3)
    gate.open()
    assert await asyncio.gather(*waiting) == ["through"] * 8
    assert gate.most == 3
    await asyncio.gather(*(threads.run(work, "p") for _ in range(20)))
    assert len(used) <= 3


async def test_one_callers_slow_and_abandoned_tools_leave_threads_to_others(gate: Gate) -> None:
    threads = ToolThreads(4, share=0.75)
    slow = [asyncio.create_task(threads.run(gate, "ana")) for _ in range(6)]
    await gate.reached_by(3)
    for task in slow:
        task.cancel()
    await asyncio.wait(slow)
    assert (threads.running, threads.given_up) == (3, 3)
    assert await threads.run(lambda: "quick", "bob") == "quick"
    gate.open()
    await all_over(threads)
    assert (threads.given_up, gate.most) == (0, 3)  # those that had no thread yet never began


async def test_a_run_sees_its_given_up_tool_among_what_runs(gate: Gate) -> None:
    capacity = Capacity(threads=ToolThreads(2))

    def waits() -> str:
        """Wait."""
        return gate()

    async def main(run: Run) -> str:
        return await run.use(Tool(waits), {})

    runtime = hosted(does("main", main), max_concurrent_calls=capacity)
    record = await runtime.run("main", HELLO, RunOptions(budget=Budget(seconds=0.05)))
    assert record.stop_reason == "deadline"
    assert runtime.capacity.threads.given_up == 1
    gate.open()
    await all_over(capacity.threads)


async def test_the_callers_share_is_the_principals_of_the_run(gate: Gate) -> None:
    capacity = Capacity(threads=ToolThreads(2, share=0.5))

    @tool
    def quick() -> str:
        """Answer at once."""
        return "quick"

    async def waits(run: Run) -> str:
        return await run.use(Tool(gate.__call__, name="waits", description="Wait."), {})

    async def asks(run: Run) -> str:
        return await run.use(quick, {})

    runtime = hosted(does("waits", waits), does("asks", asks), max_concurrent_calls=capacity)
    ana, bob = (RunOptions(principal=Principal(name)) for name in ("ana", "bob"))
    slow = [asyncio.create_task(runtime.run("waits", HELLO, ana)) for _ in range(4)]
    await gate.reached_by(1)
    assert (await runtime.run("asks", HELLO, bob)).text == "quick"
    assert gate.most == 1
    gate.open()
    assert {record.text for record in await asyncio.gather(*slow)} == {"through"}


def test_threads_serve_one_loop_after_another_though_the_first_left_a_call(gate: Gate) -> None:
    threads = ToolThreads(1)

    async def abandons() -> None:
        task = asyncio.create_task(threads.run(gate, "p"))
        await gate.reached_by(1)
        task.cancel()

    async def waits_for_the_place() -> str:
        work = asyncio.create_task(threads.run(lambda: "later", "p"))
        await asyncio.sleep(0)
        gate.open()
        async with asyncio.timeout(scaled(LONG_S)):
            return await work

    asyncio.run(abandons())
    assert threads.given_up == 1
    assert asyncio.run(waits_for_the_place()) == "later"


_ABANDONS = """
import threading
from batuta import Budget, FunctionAgent, Message, RunOptions, run_sync, tool
from batuta.errors import BudgetExceeded

@tool
def waits() -> str:
    '''Wait for what never comes.'''
    threading.Event().wait()

async def answer(message, run):
    return Message.assistant(await run.use(waits, {}))

options = RunOptions(budget=Budget(seconds=0.1))
try:
    run_sync(FunctionAgent(name="a", answer=answer), "hi", options=options)
except BudgetExceeded as error:
    print(error.kind)
"""


def test_neither_run_sync_nor_the_interpreter_waits_for_a_tool_that_never_ends() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _ABANDONS],
        check=False,
        capture_output=True,
        text=True,
        timeout=scaled(LONG_S),
    )
    assert (ended.stdout, ended.stderr, ended.returncode) == ("seconds\n", "", 0)


@pytest.mark.parametrize("count", [200])
async def test_many_calls_of_many_callers_all_get_their_results(count: int) -> None:
    threads = ToolThreads(4, share=0.5)
    calls = [threads.run(partial(str, n), f"p{n % 7}") for n in range(count)]
    assert await asyncio.gather(*calls) == [str(n) for n in range(count)]
    await all_over(threads)
