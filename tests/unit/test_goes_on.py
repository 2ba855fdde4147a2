"""A request whose try was cut between two writes goes on with the second when it comes again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from batuta.app import App
from batuta.assistant import Ask, Assistant
from batuta.core.clock import FixedClock
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.errors import ModelRefused, ToolRetry
from batuta.parts.earlier import NOTHING_ELSE
from batuta.runtimes.local import noted_steps
from batuta.testing.scripted import ScriptedModel, calls

NOON = dt.datetime(2019, 3, 1, 12, tzinfo=dt.UTC)
ASK = Ask(text="a boat and a car", principal=Principal("ana"), request_key="k")
LOOK = calls(("look", {}))
BOAT, CAR, NONE = (calls(("buy", {"what": what})) for what in ("boat", "car", "moon"))


class Shop:
    """Sells, and may be stopped after a sale; how often it was looked at is counted."""

    def __init__(self) -> None:
        self.sold: list[str] = []
        self.looks = 0
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    def assistant(self, lines: Sequence[Any]) -> Assistant:
        @tool
        async def look() -> list[str]:
            """Look at what there is."""
            self.looks += 1
            return ["boat", "car"]

        @tool(effect="write")
        async def buy(what: str, context: ToolContext) -> dict[str, str]:
            """Buy something."""
            if what == "moon":
                raise ToolRetry("buy", "There is none.", ("what",))
            self.sold.append(what)
            self.reached.set()
            await self.go_on.wait()
            return {"what": what}

        app = App(name="shop", instructions="Sell.", tools=[look, buy])
        return app.assistant("d", model=ScriptedModel(lines), clock=FixedClock(NOON))

    async def cut(self, made: Assistant, ask: Ask = ASK) -> None:
        """Ask, and leave once the first thing is sold."""
        asking = asyncio.create_task(made.answer(ask))
        await self.reached.wait()
        asking.cancel()
        self.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert self.sold == ["boat"]


@pytest.fixture
async def shop() -> Shop:
    return Shop()


def told(record: RunRecord) -> list[Any]:
    return [effect.result["what"] for effect in record.effects]


async def test_what_was_done_is_not_done_or_asked_again_and_the_rest_is_done(shop: Shop) -> None:
    made = shop.assistant([LOOK, NONE, BOAT, CAR, "Both are yours."])
    await shop.cut(made)
    record = await made.answer(ASK)
    assert (record.text, record.stop_reason) == ("Both are yours.", "done")
    assert told(record) == shop.sold == ["boat", "car"]
    assert shop.looks == 1
    asked = [event for event in record.events if event.kind == "model" and event.phase == "end"]
    assert len(asked) == 5
    assert [event.name for event in record.events if event.name == "go on"] == ["go on"]
    assert await made.answer(ASK) == record


async def test_a_second_cut_is_gone_on_from_as_well(shop: Shop) -> None:
    made = shop.assistant([LOOK, BOAT, CAR, ModelRefused("m"), "Both are yours."])
    await shop.cut(made)
    cut_again = await made.answer(ASK)
    assert told(cut_again) == ["boat", "car"]
    assert NOTHING_ELSE in cut_again.text  # the model that was to say so declined
    assert shop.sold == ["boat", "car"]


async def test_the_conversation_is_heard_as_it_was_before_it_was_told_of_the_cut(
    shop: Shop,
) -> None:
    made = shop.assistant(["Hello.", BOAT, CAR, "Both are yours.", "You are welcome."])
    hello = await made.chat("hi", principal=ASK.principal)
    ask = replace(ASK, session_id=hello.session_id)
    await shop.cut(made, ask)
    record = await made.answer(ask)
    assert (record.text, shop.sold) == ("Both are yours.", ["boat", "car"])
    thanks = await made.chat("thanks", hello.session_id, principal=ASK.principal)
    assert thanks.text == "You are welcome."


async def test_a_conversation_that_went_on_meanwhile_is_not_gone_on_from(shop: Shop) -> None:
    made = shop.assistant(["Hello.", BOAT, "Nothing yet.", CAR, "not asked"])
    hello = await made.chat("hi", principal=ASK.principal)
    ask = replace(ASK, session_id=hello.session_id)
    await shop.cut(made, ask)
    await made.chat("and now?", hello.session_id, principal=ASK.principal)
    record = await made.answer(ask)
    assert record.text == f"Done: buy (what boat). {NOTHING_ELSE}"
    assert told(record) == shop.sold == ["boat"]


async def test_tomorrow_of_another_day_is_not_gone_on_with(shop: Shop) -> None:
    made = shop.assistant([BOAT, CAR, "not asked"])
    await shop.cut(made)
    later = FixedClock(NOON + dt.timedelta(days=1))
    record = await made.answer(replace(ASK, clock=later))
    assert record.text == f"Done: buy (what boat). {NOTHING_ELSE}"
    assert shop.sold == ["boat"]


async def test_a_model_that_fails_leaves_what_was_done_told(shop: Shop) -> None:
    made = shop.assistant([BOAT, ModelRefused("m"), "not asked"])
    await shop.cut(made)
    record = await made.answer(ASK)
    assert record.text == f"Done: buy (what boat). {NOTHING_ELSE}"
    assert await made.answer(ASK) == record


async def test_more_than_can_be_kept_is_not_gone_on_from(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noted_steps, "_MOST_CHARS", 10)
    made = shop.assistant([BOAT, CAR, "not asked"])
    await shop.cut(made)
    assert (await made.answer(ASK)).text == f"Done: buy (what boat). {NOTHING_ELSE}"
    assert shop.sold == ["boat"]


async def test_what_was_noted_is_forgotten_once_the_request_is_answered(shop: Shop) -> None:
    made = shop.assistant([BOAT, "A boat is yours."])
    shop.go_on.set()
    await made.answer(ASK)
    (effect,) = await made.requests.of_request(ASK.prefix("shop"), "ana")
    assert (effect.status, effect.steps) == ("done", "")
