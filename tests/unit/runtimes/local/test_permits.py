"""How many agents work at once, and that nested calls never deadlock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import AgentFailed
from batuta.runtimes.local import LocalRuntime
from batuta.runtimes.local.permits import Permits
from tests.unit.core.rig import HELLO, does, echo, hosted, others, ran, settled

ANA = "ana"


@dataclass
class Meter:
    """Counts the agents at work; one that waits for agents which it called does not work."""

    now: int = 0
    peak: int = 0

    def begin(self) -> None:
        self.now += 1
        self.peak = max(self.peak, self.now)

    def end(self) -> None:
        self.now -= 1


@dataclass(frozen=True)
class Node:
    """An agent that does some turns of work, then calls its children as it was told."""

    turns: int
    children: tuple[Node, ...] = ()
    at_once: bool = True
    fails: bool = False

    def plain(self) -> str:
        """Say what it comes to, in plain code."""
        if self.fails:
            return "!"
        return f"({self.turns}{''.join(child.plain() for child in self.children)})"

    def __iter__(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child


@dataclass
class Tree:
    meter: Meter = field(default_factory=Meter)

    def agent(self, node: Node) -> object:
        async def work(run: Run) -> str:
            self.meter.begin()
            await settled(node.turns)
            self.meter.end()
            if node.fails:
                raise ValueError("fails")
            calls = [self.answer(child, run) for child in node.children]
            parts = await run.together(*calls) if node.at_once else [await c for c in calls]
            return f"({node.turns}{''.join(parts)})"

        return does(f"n{node.turns}", work)

    async def answer(self, node: Node, run: Run) -> str:
        try:
            return (await run.call(self.agent(node), HELLO)).text  # type: ignore[arg-type]
        except AgentFailed:
            return "!"


LEAVES = st.builds(Node, st.integers(0, 4), fails=st.booleans())
TREES = st.recursive(
    LEAVES,
    lambda below: st.builds(
        Node,
        st.integers(0, 3),
        st.lists(below, max_size=4).map(tuple),
        st.booleans(),
    ),
    max_leaves=12,
)


def depth(node: Node) -> int:
    return 1 + max((depth(child) for child in node.children), default=0)


@given(st.lists(TREES, min_size=1, max_size=3), st.integers(1, 4))
def test_any_tree_finishes_under_any_limit_with_the_plain_result(
    roots: list[Node], limit: int
) -> None:
    async def all_of_them() -> tuple[list[str], Meter]:
        tree = Tree()
        runtime = hosted(max_concurrent_calls=limit)
        calls = [(tree.agent(root), HELLO) for root in roots if depth(root) <= 8]
        async with asyncio.timeout(20):
            records = await runtime.call_several(calls)  # type: ignore[arg-type]
        assert others() == set()
        return [r.text if r.reply else "!" for r in records], tree.meter

    said, meter = asyncio.run(all_of_them())
    assert said == [root.plain() for root in roots if depth(root) <= 8]
    assert meter.peak <= limit
    assert meter.now == 0


@pytest.mark.parametrize(("limit", "calls"), [(None, 25), (1, 5), (3, 9)])
async def test_the_limit_holds_and_is_used(limit: int | None, calls: int) -> None:
    meter = Meter()

    async def work(run: Run) -> None:
        meter.begin()
        await settled(5)
        meter.end()

    given_: dict[str, Any] = {} if limit is None else {"max_concurrent_calls": limit}
    runtime = hosted(does("one", work), **given_)
    records = await runtime.call_several([("one", HELLO)] * calls)
    assert meter.peak == (limit or 10)
    assert all(r.error is None for r in records)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="max_concurrent_calls"):
        Permits(limit)


async def test_a_deep_chain_under_a_limit_of_one() -> None:
    async def down(message: Message, run: Run) -> Message:
        left = int(message.text)
        return await run.call("down", Message.user(str(left - 1))) if left else message

    from batuta.core.agent import FunctionAgent
    from batuta.core.budget import Budget
    from batuta.core.runtime import RunOptions

    runtime = hosted(FunctionAgent(name="down", answer=down), max_concurrent_calls=1)
    options = RunOptions(budget=Budget(depth=60))
    assert (await runtime.call("down", Message.user("50"), options)).text == "0"


async def test_a_wide_fan_out_under_a_limit_of_one_goes_one_by_one() -> None:
    meter = Meter()

    async def leaf(run: Run) -> str:
        meter.begin()
        await settled(2)
        meter.end()
        return "leaf"

    async def main(run: Run) -> int:
        return len(await run.together(*(run.call("leaf", HELLO) for _ in range(40))))

    record = await ran(main, does("leaf", leaf), max_concurrent_calls=1)
    assert (record.text, meter.peak) == ("40", 1)


async def test_a_place_comes_back_after_failure_and_cancellation() -> None:
    ready = asyncio.Event()

    async def fails(run: Run) -> None:
        raise ValueError("oh")

    async def hangs(run: Run) -> None:
        ready.set()
        await asyncio.Event().wait()

    runtime = hosted(
        does("fails", fails), does("hangs", hangs), echo("echo"), max_concurrent_calls=1
    )
    for _ in range(3):
        await runtime.run("fails", HELLO)
    waiting = await cancelled_while_it_holds_the_place(runtime, ready)
    assert (await waiting).text == "hello"
    assert (await runtime.run("echo", HELLO)).text == "hello"


async def cancelled_while_it_holds_the_place(
    runtime: LocalRuntime, ready: asyncio.Event
) -> asyncio.Task[Message]:
    holder = asyncio.create_task(runtime.run("hangs", HELLO))
    await ready.wait()
    gives_up = asyncio.create_task(runtime.call("echo", HELLO))
    waiting = asyncio.create_task(runtime.call("echo", HELLO))
    await settled()
    gives_up.cancel()
    await settled()
    holder.cancel()
    await asyncio.gather(gives_up, holder, return_exceptions=True)
    return waiting


async def test_a_place_given_to_somebody_just_cancelled_is_not_lost() -> None:
    permits = Permits(1)
    held = await permits.acquire(ANA)
    waiting = asyncio.create_task(permits.acquire(ANA))
    await settled()
    permits.release(held)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(5):
        await permits.acquire(ANA)


async def test_the_callers_own_place_is_lent_to_one_at_a_time() -> None:
    permits = Permits(1)
    caller = await permits.acquire(ANA)
    first = await permits.acquire(ANA, caller)
    second = asyncio.create_task(permits.acquire(ANA, caller))
    stranger = asyncio.create_task(permits.acquire(ANA))
    await settled()
    assert not second.done()
    permits.release(first)
    await settled()
    assert (second.done(), stranger.done()) == (True, False)
    permits.release(second.result())
    permits.release(caller)
    await settled()
    assert stranger.done()


async def test_a_right_whose_holder_waits_elsewhere_is_lent_to_whoever_comes() -> None:
    permits = Permits(1)
    held = await permits.acquire(ANA)
    waiting = asyncio.create_task(permits.acquire(ANA))
    await settled()
    assert not waiting.done()
    with permits.elsewhere(held):
        await settled()
        assert waiting.done()
        third = asyncio.create_task(permits.acquire(ANA))
        await settled()
        assert not third.done()
        permits.release(waiting.result())
        await settled()
        assert third.done()
    permits.release(third.result())
    fourth = asyncio.create_task(permits.acquire(ANA))
    await settled()
    assert not fourth.done()  # its holder is back at work
    permits.release(held)
    await fourth
    permits.release(fourth.result())
    assert (permits.places.taken, permits._outside) == (0, {})
