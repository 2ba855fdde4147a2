"""A request cut while an agent in another process writes goes on from there when it comes again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from batuta.assistant import Ask, Assistant
from batuta.control.function_calling import FunctionCalling
from batuta.core.budget import Budget
from batuta.core.clock import FixedClock
from batuta.core.message import Message
from batuta.core.model import ModelReply, Usage
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.parts.earlier import NOTHING_ELSE
from batuta.remote.grpc import Host
from batuta.runtimes.local import noted_steps
from batuta.storage.requests_sqlite import SqliteRequests
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.remote.grpc.rig import ACCESS, runtime

ASK = Ask(text="go", principal=Principal("ana"), request_key="k")
BOAT, CAR = (calls(("buy", {"what": what})) for what in ("boat", "car"))


class Errands:
    """Sends the seller twice, and says what came of it."""

    name, role = "errands", "sends somebody"

    def __init__(self, second: Sequence[str]) -> None:
        self.second = list(second)  # what it says the second time, each time it comes to that

    async def execute(self, message: Message, run: Run) -> Message:
        first = await run.call("seller", Message.user("first"))
        said = self.second.pop(0) if len(self.second) > 1 else self.second[0]
        second = await run.call("seller", Message.user(said))
        return Message.assistant(f"{first.text}, {second.text}")


class Shop:
    """A seller in another process, whose sale of a thing may be held up after it is written."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self.held, self.reached, self.go_on = "", asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def open(
        self, lines: Sequence[Any], second: Sequence[str] = ("second",)
    ) -> AsyncIterator[Assistant]:
        @tool(effect="write")
        async def buy(what: str) -> dict[str, str]:
            """Buy something."""
            self.sold.append(what)
            if what == self.held:
                self.reached.set()
                await self.go_on.wait()
            return {"what": what}

        model = ScriptedModel(lines)
        there = runtime(FunctionCalling(tools=[buy], name="seller"), model=model)
        here, log = runtime(Errands(second)), SqliteRequests(":memory:")
        there.effects = here.effects = log
        async with Host(there, access=ACCESS) as host:
            here.connect("seller", host.address)
            yield Assistant(
                app="shop",
                style="g",
                agent="errands",
                runtime=here,
                sessions=SqliteSessions(":memory:"),
                records=SqliteRuns(":memory:"),
                budget=Budget(),
                clock=FixedClock(dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)),
                tools=[buy],
                requests=log,
            )
            await here.stop()

    async def cut(self, made: Assistant, what: str) -> None:
        """Ask, and leave once this is sold."""
        self.held = what
        asking = asyncio.create_task(made.answer(ASK))
        await self.reached.wait()
        asking.cancel()
        self.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking


@pytest.fixture
async def shop() -> Shop:
    return Shop()


def told(record: RunRecord) -> list[Any]:
    return [effect.result["what"] for effect in record.effects]


async def test_what_the_agent_elsewhere_was_about_to_do_is_done_once(shop: Shop) -> None:
    async with shop.open([BOAT, "a boat", CAR, "a car"]) as made:
        await shop.cut(made, "boat")
        record = await made.answer(ASK)
        assert record.text == "a boat, a car"
        assert told(record) == shop.sold == ["boat", "car"]
        assert await made.answer(ASK) == record


async def test_a_call_that_had_ended_is_given_with_its_effects_and_not_made_again(
    shop: Shop,
) -> None:
    first, second = (ModelReply(text, usage=Usage(5, 1)) for text in ("a boat", "a car"))
    async with shop.open([BOAT, first, CAR, second]) as made:
        await shop.cut(made, "car")
        record = await made.answer(ASK)
        assert record.text == "a boat, a car"
        assert told(record) == shop.sold == ["boat", "car"]
        asked = [e for e in record.events if e.kind == "model" and e.phase == "end"]
        assert [e.usage for e in asked] == [Usage()] * 3 + [Usage(5, 1)]
        assert record.usage == Usage(5, 1)  # the rest was paid for by the first try


async def test_a_caller_that_goes_another_way_begins_nothing_and_tells_what_was_done(
    shop: Shop,
) -> None:
    async with shop.open([BOAT, "a boat", CAR, "not asked"], ("second", "another")) as made:
        await shop.cut(made, "car")
        record = await made.answer(ASK)
        assert record.text == f"Done: buy (what boat). buy (what car). {NOTHING_ELSE}"
        assert told(record) == shop.sold == ["boat", "car"]


async def test_what_was_noted_is_kept_to_even_where_no_more_can_be(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop.open([BOAT, "a boat", CAR, "a car"]) as made:
        await shop.cut(made, "boat")
        monkeypatch.setattr(noted_steps, "_MOST_CHARS", 10)
        record = await made.answer(ASK)
        assert record.text == "a boat, a car"
        assert told(record) == shop.sold == ["boat", "car"]
