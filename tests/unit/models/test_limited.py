from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from batuta.core.at_work import at_work
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.principal import Principal
from batuta.core.run import Run
from batuta.errors import ModelTimeout
from batuta.models.limited import LimitedModel
from batuta.testing.scripted import ScriptedModel


class Gate:
    """A model that answers when the gate is opened, and counts who is inside."""

    name = "a:gate"

    def __init__(self) -> None:
        self.inside = self.most = 0
        self.open = asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.open.wait()
        finally:
            self.inside -= 1
        return ModelReply(request.messages[0].text)


def asked(text: str) -> ModelRequest:
    return ModelRequest([Message.user(text)])


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_only_so_many_are_asked_at_once_and_all_get_their_own() -> None:
    gate = Gate()
    model = LimitedModel(gate, 3)
    tasks = [asyncio.create_task(model.reply(asked(str(n)))) for n in range(10)]
    await settled()
    assert gate.inside == 3
    gate.open.set()
    replies = await asyncio.gather(*tasks)
    assert [reply.text for reply in replies] == [str(n) for n in range(10)]
    assert gate.most == 3


async def test_who_is_cancelled_while_waiting_takes_no_turn() -> None:
    gate = Gate()
    model = LimitedModel(gate, 1)
    first, second, third = (asyncio.create_task(model.reply(asked(t))) for t in "abc")
    await settled()
    second.cancel()
    gate.open.set()
    assert (await first).text == "a"
    assert (await asyncio.wait_for(third, 5)).text == "c"
    assert second.cancelled() or not second.done() or second.exception() is None


async def as_one(caller: str, call: Coroutine[Any, Any, ModelReply]) -> str:
    job = SimpleNamespace(principal=Principal(caller))
    at_work.set(cast("Run", SimpleNamespace(job=job)))
    return (await call).text


async def test_one_callers_many_calls_leave_turns_to_another() -> None:
    gate = Gate()
    model = LimitedModel(gate, 4, share=0.75)
    calls = [asyncio.create_task(as_one("ana", model.reply(asked(f"a{n}")))) for n in range(8)]
    await settled()
    assert gate.inside == 3
    bob = asyncio.create_task(as_one("bob", model.reply(asked("b"))))
    await settled()
    assert gate.inside == 4
    gate.open.set()
    assert await bob == "b"
    assert await asyncio.gather(*calls) == [f"a{n}" for n in range(8)]
    assert gate.most == 4


async def test_who_has_the_fewest_calls_comes_first() -> None:
    model, order = LimitedModel(ScriptedModel(["ok"], repeat=True), 2), list[str]()

    async def call(caller: str) -> None:
        await as_one(caller, model.reply(asked("x")))
        order.append(caller)

    turns = model._turns()
    for _ in range(2):
        await turns.take("ana")
    waiting = [asyncio.create_task(call(who)) for who in ("ana", "ana", "bob")]
    await settled()
    waiting[0].cancel()
    turns.give_back("ana")
    await asyncio.wait(waiting)
    assert order == ["bob", "ana"]


async def test_a_failed_call_gives_its_turn_back() -> None:
    model = LimitedModel(ScriptedModel([ModelTimeout("m", 1), "ok"]), 1)
    with pytest.raises(ModelTimeout):
        await model.reply(asked("x"))
    pieces: list[str] = []
    assert (await model.reply(asked("x"), pieces.append)).text == "ok"
    assert pieces == ["ok"]


def test_a_limit_holds_in_loop_after_loop() -> None:
    model = LimitedModel(ScriptedModel(["ok"], repeat=True), 1)

    async def both() -> list[str]:
        replies = await asyncio.gather(*(model.reply(asked("x")) for _ in range(3)))
        return [reply.text for reply in replies]

    assert [asyncio.run(both()) for _ in range(2)] == [["ok"] * 3] * 2


def test_a_limit_is_one_or_more_and_the_name_is_the_inner_ones() -> None:
    inner = ScriptedModel([])
    assert LimitedModel(inner, 1).name == inner.name
    with pytest.raises(ValueError, match="At least one"):
        LimitedModel(inner, 0)
