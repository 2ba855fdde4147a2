"""A write in another process, cut by whoever waits for it: what became of it is known here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from batuta.control.function_calling import FunctionCalling
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.tool import Tool, tool
from batuta.runtimes.grpc import GrpcRuntime
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.remote.grpc.rig import hosted


class Shop:
    """A shop whose sales can be held up after they are written."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self.written, self.go_on = asyncio.Event(), asyncio.Event()

    def tool(self) -> Tool:
        @tool(effect="write")
        async def buy(what: str) -> dict[str, str]:
            """Buy something."""
            self.sold.append(what)
            self.written.set()
            await self.go_on.wait()
            return {"what": what}

        return buy


class Buyer:
    """Buys, and is content with whatever came of it."""

    name = "buyer"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        bought = request.messages[-1].role == "tool"
        line = "bought" if bought else calls(("buy", {"what": "boat"}))
        return await ScriptedModel([line]).reply(request, emit)


@pytest.fixture
async def shop() -> Shop:
    return Shop()


@pytest.fixture
async def front(shop: Shop) -> AsyncIterator[GrpcRuntime]:
    agent = FunctionCalling(tools=[shop.tool()], name="seller")
    async with hosted(agent, model=Buyer()) as (made, _):
        yield made


def began(front: GrpcRuntime, **options: Any) -> asyncio.Task[RunRecord]:
    return asyncio.create_task(front.run("seller", Message.user("go"), RunOptions(**options)))


def effects(record: RunRecord) -> list[tuple[str, Any]]:
    return [(effect.status, effect.result) for effect in record.effects]


async def written_or_ended(shop: Shop, asked: asyncio.Task[RunRecord]) -> bool:
    writing = asyncio.create_task(shop.written.wait())
    await asyncio.wait({writing, asked}, return_when=asyncio.FIRST_COMPLETED)
    writing.cancel()
    return shop.written.is_set()


async def test_a_time_limit_waits_for_the_write_elsewhere_and_says_what_stands(
    front: GrpcRuntime, shop: Shop
) -> None:
    limit_s = 0.2
    asked = began(front, budget=Budget(seconds=limit_s))
    while not await written_or_ended(shop, asked):  # too slow to come to its write by then
        limit_s *= 2
        asked = began(front, budget=Budget(seconds=limit_s))
    await asyncio.sleep(limit_s)
    assert not asked.done()
    shop.go_on.set()
    late = await asked
    assert (late.stop_reason, effects(late)) == ("deadline", [("done", {"what": "boat"})])
    assert "need not be done again: buy (what boat)." in late.text
    assert shop.sold == ["boat"]


async def test_who_is_cancelled_hears_of_the_end_of_the_write_elsewhere(
    front: GrpcRuntime, shop: Shop
) -> None:
    ended: list[RunRecord] = []
    asked = began(front, on_end=ended.append)
    await shop.written.wait()
    asked.cancel()
    await asyncio.sleep(0.05)
    assert not asked.done()
    shop.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert [effects(record) for record in ended] == [[("done", {"what": "boat"})]]


async def test_a_write_elsewhere_that_nobody_cuts_is_told_as_ever(
    front: GrpcRuntime, shop: Shop
) -> None:
    shop.go_on.set()
    record = await began(front)
    assert (record.text, effects(record)) == ("bought", [("done", {"what": "boat"})])
