"""Time limits hold against agents that ignore them, and cancellation reaches every child."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from batuta.core import cancellation
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.core.trace import Event
from batuta.errors import DeadlineExceeded, LimitReached
from tests.unit.core.rig import (
    HELLO,
    does,
    echo,
    hosted,
    manual_clock,
    named,
    others,
    ran,
    settled,
    stubborn,
)

SOON = 0.02
written: list[str] = []


@tool(effect="write")
def write(text: str) -> str:
    """Write something down."""
    written.append(text)
    return text


async def writes(run: Run) -> str:
    return str(await run.use(write, {"text": "too late"}))


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up on stubborn agents at once, and begin with nothing written."""
    monkeypatch.setattr(cancellation, "GRACE_S", SOON)
    written.clear()


@pytest.fixture
def complaints() -> Iterator[list[dict[str, Any]]]:
    said: list[dict[str, Any]] = []
    yield said
    gc.collect()
    assert said == []


@pytest.fixture
async def go_on(complaints: list[dict[str, Any]]) -> Any:
    """Let stubborn agents end after the test, and complain of every error nobody took."""
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    event = asyncio.Event()
    yield event
    event.set()
    await settled(50)
    gc.collect()
    assert others() == set()


async def test_a_run_ends_at_its_seconds() -> None:
    async def endless(run: Run) -> None:
        await asyncio.Event().wait()

    record = await ran(endless, budget=Budget(seconds=SOON))
    assert record.stop_reason == "deadline"
    assert record.error is not None
    assert record.error["code"] == "run_time_exceeded"
    assert others() == set()


async def test_no_seconds_means_nothing_is_done() -> None:
    record = await ran(writes, budget=Budget(seconds=0))
    assert (record.stop_reason, written) == ("deadline", [])


async def test_a_run_ends_against_an_agent_that_ignores_it(go_on: asyncio.Event) -> None:
    options = RunOptions(budget=Budget(seconds=SOON))
    record = await hosted(stubborn("s", go_on)).run("s", HELLO, options)
    assert (record.stop_reason, record.reply) == ("deadline", None)


async def test_an_agent_given_up_can_do_nothing_more(go_on: asyncio.Event) -> None:
    tried: list[BaseException | None] = []

    async def everything(run: Run) -> None:
        for work in (
            run.use(write, {"text": "late"}),
            run.ask([HELLO]),
            run.call("echo", HELLO),
            run.step("late", lambda: run.use(write, {"text": "late"})),
        ):
            try:
                await work
                tried.append(None)
            except DeadlineExceeded as error:
                tried.append(error)

    runtime = hosted(stubborn("s", go_on, everything), echo("echo"))
    record = await runtime.run("s", HELLO, RunOptions(budget=Budget(seconds=SOON)))
    go_on.set()
    await settled(50)
    assert [type(t) for t in tried] == [DeadlineExceeded] * 4
    assert (written, record.model_calls, record.tool_calls) == ([], 0, 0)


async def test_no_step_begins_after_the_run_has_ended(go_on: asyncio.Event) -> None:
    begun: list[str] = []

    async def note() -> str:
        begun.append("step")
        return "noted"

    async def steps(run: Run) -> str:
        return await run.step("late", note)

    runtime = hosted(stubborn("s", go_on, steps))
    record = await runtime.run("s", HELLO, RunOptions(budget=Budget(seconds=SOON)))
    go_on.set()
    await settled(50)
    assert (record.stop_reason, begun) == ("deadline", [])
    assert (await ran(steps)).text == "noted"


async def test_a_call_has_a_limit_of_its_own(go_on: asyncio.Event) -> None:
    async def main(run: Run) -> str:
        try:
            await run.call("s", HELLO, timeout_s=SOON)
        except DeadlineExceeded as error:
            return f"{error.whose} {error.limit_s}"
        return "in time"

    record = await ran(main, stubborn("s", go_on))
    assert (record.text, record.stop_reason) == (f"s {SOON}", "done")


async def test_an_agent_whose_call_was_given_up_can_do_nothing_more(go_on: asyncio.Event) -> None:
    async def main(run: Run) -> Message:
        with pytest.raises(DeadlineExceeded):
            await run.call("s", HELLO, timeout_s=SOON)
        go_on.set()
        await settled(50)
        return await run.call("echo", Message.user("next"))

    record = await ran(main, stubborn("s", go_on, writes), echo("echo"))
    assert (record.text, written) == ("next", [])


@pytest.mark.parametrize("limit", [1, 2])
async def test_an_agent_given_up_takes_no_place_of_the_limit(
    go_on: asyncio.Event, limit: int
) -> None:
    async def main(run: Run) -> Message:
        with pytest.raises(DeadlineExceeded):
            await run.call("outer", HELLO, timeout_s=SOON)
        answers = await run.together(*(run.call("echo", HELLO) for _ in range(3)))
        return answers[0]

    async def outer(run: Run) -> Message:
        return await run.call("s", HELLO)

    runtime = hosted(
        does("main", main), does("outer", outer), stubborn("s", go_on), echo("echo"),
        max_concurrent_calls=limit,
    )  # fmt: skip
    for _ in range(3):
        assert (
            await runtime.run("main", HELLO, RunOptions(budget=Budget(seconds=5)))
        ).error is None


async def test_a_sibling_that_ignores_its_cancellation_holds_nobody_up(
    go_on: asyncio.Event,
) -> None:
    async def bad(run: Run) -> None:
        await settled()
        raise ValueError("first")

    async def main(run: Run) -> None:
        await run.together(run.call("s", HELLO), run.call("bad", HELLO))

    record = await ran(main, stubborn("s", go_on, writes), does("bad", bad))
    assert record.error is not None
    assert record.error["code"] == "agent_failed"
    go_on.set()
    await settled(50)
    assert written == []


async def test_cancelling_the_run_reaches_every_child() -> None:
    began = 0
    ended: list[str] = []
    ready = asyncio.Event()

    def node(name: str, children: tuple[str, ...]) -> Any:
        async def work(run: Run) -> None:
            nonlocal began
            began += 1
            if began == 7:
                ready.set()
            try:
                if children:
                    await run.together(*(run.call(c, HELLO) for c in children))
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                ended.append(name)
                raise

        return does(name, work)

    tree = {"1": ("2", "3"), "2": ("4", "5"), "3": ("6", "7"), **dict.fromkeys("4567", ())}
    runtime = hosted(*(node(name, children) for name, children in tree.items()))
    kept: list[Any] = []
    task = asyncio.create_task(runtime.run("1", HELLO, RunOptions(on_end=kept.append)))
    await ready.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == sorted(tree)
    assert others() == set()
    assert [(r.stop_reason, r.reply, r.error) for r in kept] == [("cancelled", None, None)]


async def test_the_record_of_a_cancelled_run_says_what_was_done() -> None:
    done = asyncio.Event()

    @tool(effect="write")
    async def book(slot: str) -> dict[str, str]:
        """Book."""
        return {"slot": slot}

    async def work(run: Run) -> None:
        await run.use(book, {"slot": "A-3"})
        done.set()
        await asyncio.Event().wait()

    kept: list[Any] = []
    options = RunOptions(on_end=kept.append)
    task = asyncio.create_task(hosted().run(does("main", work), HELLO, options))
    await done.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = kept
    assert (record.stop_reason, record.failure) == ("cancelled", None)
    assert record.error["code"] == "cancelled"
    assert "This is done and need not be done again: book (slot A-3)." in record.text


async def test_cancelling_twice_leaves_no_complaint(go_on: asyncio.Event) -> None:
    async def complains(run: Run) -> None:
        raise ValueError("nobody hears this")

    task = asyncio.create_task(hosted(stubborn("s", go_on, complains)).run("s", HELLO))
    await settled()
    task.cancel()
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_clock_of_the_run_counts_too() -> None:
    clock = manual_clock()

    async def main(run: Run) -> None:
        clock.advance(11)
        await run.use(write, {"text": "late"})

    record = await ran(main, budget=Budget(seconds=10), clock=clock)
    assert (record.stop_reason, written) == ("deadline", [])


async def test_a_time_limit_says_the_same_whoever_notices_it() -> None:
    clock = manual_clock()

    async def notices(run: Run) -> None:
        clock.advance(11)
        await run.ask([HELLO])

    async def waits(run: Run) -> None:
        await asyncio.Event().wait()

    records = [
        await ran(notices, budget=Budget(seconds=10), clock=clock),
        await ran(waits, budget=Budget(seconds=SOON)),
    ]
    assert len({r.error["code"] for r in records if r.error}) == 1


async def test_waiting_for_its_turn_is_not_the_runs_time_and_has_a_limit_of_its_own() -> None:
    gate, clock = asyncio.Event(), manual_clock()

    async def first(run: Run) -> None:
        await gate.wait()

    runtime = hosted(does("first", first), echo("echo"), max_concurrent_calls=1, clock=clock)
    busy = asyncio.create_task(runtime.run("first", HELLO))
    await settled()
    late = await runtime.run("echo", HELLO, RunOptions(wait_s=SOON))
    assert (late.stop_reason, late.events) == ("error", ())
    assert isinstance(late.failure, LimitReached)
    assert late.failure.limit == 1
    hurried = RunOptions(budget=Budget(seconds=5))
    patient = asyncio.create_task(runtime.run("echo", HELLO, hurried))
    await settled()
    clock.advance(1_000)
    gate.set()
    assert (await busy).error is None
    assert ((await patient).text, (await patient).seconds) == ("hello", 0)
    assert (await runtime.run("echo", HELLO)).text == "hello"


async def test_nothing_is_told_to_the_listener_after_the_end(go_on: asyncio.Event) -> None:
    heard: list[Event] = []

    async def late(run: Run) -> None:
        run.decide("something late")

    options = RunOptions(budget=Budget(seconds=SOON), listener=heard.append)
    record = await hosted(stubborn("s", go_on, late)).run("s", HELLO, options)
    told = len(heard)
    go_on.set()
    await settled(50)
    assert named(heard, "decision", "point") == []
    assert told == len(heard)
    assert [e for e in heard if e.kind != "run"] == list(record.events)
    assert (heard[-1].kind, heard[-1].phase) == ("run", "end")
