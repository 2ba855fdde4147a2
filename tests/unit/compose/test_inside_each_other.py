"""Router, Swarm, Reflection and Hierarchical as members of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from batuta.compose.hierarchical import Hierarchical
from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.parts.handoff import hand_to
from batuta.parts.members import RECORD
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import breaks, says
from tests.unit.core.rig import HELLO, hosted, reply

Make = Callable[[Any, str], Agent]


def _manager(message: Message) -> Message:
    results = (message.data or {}).get("results")
    if results is not None:
        return Message.assistant("; ".join(each["text"] for each in results))
    return Message.assistant("", {"assignments": [{"team": "t", "task": message.text}]})


def _router(inner: Any, name: str) -> Agent:
    return Router(
        classifier=says("classifier", "", {"label": "x", "confidence": 1}),
        routes={"x": inner},
        name=name,
    )


def _swarm(inner: Any, name: str) -> Agent:
    return Swarm(members=[says("desk", "", hand_to(inner.name).data), inner], name=name)


def _reflection(inner: Any, name: str) -> Agent:
    return Reflection(generator=inner, critics=[says("critic", "", {"score": 1})], name=name)


def _hierarchical(inner: Any, name: str) -> Agent:
    async def manage(message: Message, run: Run) -> Message:
        return _manager(message)

    manager = FunctionAgent(name="manager", answer=manage)
    return Hierarchical(manager=manager, teams={"t": [inner]}, name=name)


MAKERS: dict[str, Make] = {
    "router": _router, "swarm": _swarm, "reflection": _reflection, "hierarchical": _hierarchical,
}  # fmt: skip
PAIRS = [(outer, inner) for outer in MAKERS for inner in MAKERS]


def _asks() -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    return FunctionAgent(name="leaf", answer=answer)


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
async def test_the_innermost_answer_and_what_it_used_come_out(outer: str, inner: str) -> None:
    pattern = MAKERS[outer](MAKERS[inner](_asks(), "inner"), "outer")
    heard: list[Event] = []
    model = ScriptedModel([reply("from the leaf", (10, 5))])
    record = await hosted(model=model).run(pattern, HELLO, RunOptions(listener=heard.append))
    assert record.raised().text == "from the leaf"
    assert record.usage == Usage(10, 5)
    assert record.reply is not None
    made = record.reply.metadata[RECORD]
    assert made["pattern"] == outer
    assert sum(m["usage"]["input_tokens"] for m in made["members"]) == 10
    assert [(e.data or {})["text"] for e in heard if e.kind == "text"] == ["from the leaf"]


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
async def test_the_innermost_failure_is_told_and_not_swallowed(outer: str, inner: str) -> None:
    pattern = MAKERS[outer](MAKERS[inner](breaks("leaf"), "inner"), "outer")
    record = await hosted().run(pattern, HELLO)
    made = record.text if record.reply is None else str(record.reply.metadata[RECORD])
    assert "leaf is broken" in made
