"""Which of several branches was first is the same in every attempt of a run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.errors import ToolFailed
from batuta.parts.members import RECORD
from batuta.runtimes.durable import order
from batuta.runtimes.durable.order import Order
from tests.unit.core.rig import does
from tests.unit.runtimes.durable.rig import HELLO, RUN, Beneath, attempt, begun, cut

TAIL_S = 0.02


class Race:
    """Branches that end in the order that the test wants: each waits for its turn after its step.

    Args:
        order: Who ends, first to last; those not named never do.
        fails: Who fails at its end.
    """

    def __init__(self, *order: str, fails: str = "") -> None:
        self.open = {name: asyncio.Event() for name in "abc"}
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()
        self._order, self._fails = list(order), fails
        self._at = {name: asyncio.Event() for name in "abc"}

    async def begin(self) -> None:
        """Let the first one end, once all have done their first step."""
        for at in self._at.values():
            await at.wait()
        self._next()

    def _next(self) -> None:
        if self._order:
            self.open[self._order.pop(0)].set()

    def branch(self, name: str) -> FunctionAgent:
        async def work(run: Run) -> str:
            await run.ask([Message.user(f"{name} one")])
            self._at[name].set()
            await self.open[name].wait()
            await run.ask([Message.user(f"{name} two")])
            # In a later attempt each takes its time: the last of them the least.
            await asyncio.sleep(TAIL_S * ("cba".index(name) + 1) if self.go_on.is_set() else 0)
            self._next()
            if name == self._fails:
                raise ToolFailed("t", "broken")
            return name

        return does(name, work)

    async def wait(self) -> int:
        self.reached.set()
        await self.go_on.wait()
        return 1

    def all_open(self) -> None:
        for event in (*self.open.values(), self.go_on):
            event.set()


async def two_attempts(
    folder: Path, race: Race, main: Callable[[Run], Awaitable[Any]], *, branches: str = "abc"
) -> tuple[RunRecord, Beneath]:
    """Have a run left behind its race, and let a second attempt finish it with all doors open."""
    agents: list[Agent] = [race.branch(name) for name in branches]

    async def work(_: Message, run: Run) -> Message:
        made = await main(run)
        await run.step("wait", race.wait)
        return made if isinstance(made, Message) else Message.assistant(str(made))

    agents.append(FunctionAgent(name="main", answer=work))
    async with attempt(folder, *agents) as runtime:
        starting = asyncio.create_task(race.begin())
        task = await begun(runtime, "main", race.reached)
        await starting
    await cut(task)
    race.all_open()
    counts = Beneath()
    async with attempt(folder, *agents, beneath=counts) as runtime:
        return await runtime.result(RUN), counts


async def in_parallel(run: Run, **options: Any) -> Message:
    return await run.call(Parallel(members=("a", "b", "c"), **options), HELLO)


def told(record: RunRecord) -> dict[str, Any]:
    assert record.reply is not None
    return record.reply.metadata[RECORD]


def how(record: RunRecord) -> dict[str, str]:
    return {member["agent"]: member["status"] for member in told(record)["members"]}


@pytest.mark.parametrize("winner", ["a", "b", "c"])
async def test_the_first_stays_the_first(winner: str, tmp_path: Path) -> None:
    record, counts = await two_attempts(
        tmp_path, Race(winner), lambda run: in_parallel(run, mode="first")
    )
    assert record.text == winner
    assert how(record) == {**dict.fromkeys("abc", "cancelled"), winner: "done"}
    # The others were given up while they waited; they do not go on now that nothing keeps them.
    assert counts.calls == ["Step 1.2"]


@pytest.mark.parametrize("order", ["ca", "cb", "ba"])
async def test_a_quorum_stays_who_it_was(order: str, tmp_path: Path) -> None:
    record, counts = await two_attempts(
        tmp_path, Race(*order), lambda run: in_parallel(run, mode="quorum", k=2)
    )
    assert how(record) == {n: "done" if n in order else "cancelled" for n in "abc"}
    assert counts.calls == ["Step 1.2"]


async def test_who_failed_first_stays_so(tmp_path: Path) -> None:
    async def main(run: Run) -> str:
        try:
            await in_parallel(run, mode="fail_fast")
        except ToolFailed as error:
            return f"after {error.detail}"
        return "never"

    record, counts = await two_attempts(tmp_path, Race("c", fails="c"), main)
    assert record.text.startswith("after ")
    assert counts.calls == ["Step 1.2"]


@pytest.mark.parametrize("order", ["cba", "bca"])
async def test_branches_end_in_the_order_in_which_they_ended(order: str, tmp_path: Path) -> None:
    async def main(run: Run) -> str:
        ended: list[str] = []

        async def one(name: str) -> None:
            ended.append((await run.call(name, HELLO)).text)

        async with asyncio.TaskGroup() as group:
            for name in "abc":
                group.create_task(one(name))
        return "".join(ended)

    record, counts = await two_attempts(tmp_path, Race(*order), main)
    assert record.text == order
    assert counts.calls == ["Step 1.4"]


async def test_rounds_of_branches_go_on_from_where_they_were(tmp_path: Path) -> None:
    async def main(run: Run) -> str:
        said = [await in_parallel(run) for _ in range(2)]
        return " ".join(message.text for message in said).replace("\n", ",")

    # The one that ended last in the first round is the first to end when all is read at once.
    async with asyncio.timeout(order._LONGEST_WAIT_S / 2):
        record, counts = await two_attempts(tmp_path, Race(*"cba", *"cba"), main)
    assert record.text == "a: a,b: b,c: c a: a,b: b,c: c"
    assert counts.calls == ["Step 1.3"]


class TestOrder:
    async def test_what_was_recorded_is_given_as_it_was_numbered(self) -> None:
        left = Order({"end 1.1#1": 7, "end 1.2#1": 3})
        given: list[str] = []

        async def take(name: str) -> None:
            await left.turn(name)
            given.append(name)

        async with asyncio.TaskGroup() as group:
            group.create_task(take("end 1.1#1"))
            group.create_task(take("end 1.2#1"))
        assert given == ["end 1.2#1", "end 1.1#1"]

    async def test_what_is_given_up_is_not_waited_for(self) -> None:
        left = Order({"end 1.1#1": 1, "ask 1.1.1#1": 2, "end 1.2#1": 3})
        waiting = asyncio.create_task(left.turn("end 1.2#1"))
        await asyncio.sleep(0)
        assert not waiting.done()
        left.drop("1.1")
        await waiting
        await left.caught_up("1.1.2")

    async def test_what_is_new_begins_after_what_ended_beside_it(self) -> None:
        left = Order({"end 1.1#1": 1})
        waiting = asyncio.create_task(left.caught_up("1.2.1"))
        await asyncio.sleep(0)
        assert not waiting.done()
        await left.caught_up("1.1.4")  # what is inside cannot wait for its own end
        await left.turn("end 1.1#1")
        await waiting

    async def test_what_no_longer_comes_is_not_waited_for_for_ever(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(order, "_LONGEST_WAIT_S", 0.01)
        left = Order({"ask 1.1#1": 1, "ask 1.2#1": 2})
        await left.turn("ask 1.2#1")
        await left.caught_up("1.3")
