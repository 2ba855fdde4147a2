"""An App's own compositions behind the door: listed, served, and never taken for a style."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from batuta.app import App
from batuta.compose.parallel import Parallel
from batuta.control.function_calling import FunctionCalling
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.errors import ConfigError
from batuta.wiring import Assistants
from tests.unit.serve.http.house import House, frames, problem


def house(folder: Path) -> House:
    made = House(folder)

    def both(app: App) -> list[Parallel]:
        desks = [FunctionCalling(name=name, tools=app.tools) for name in ("left", "right")]
        return [Parallel(members=desks, role="asks both", shares_history=True)]

    app = replace(made.assistants.app, compositions={"both": both})
    made.assistants = Assistants(app, made.settings, made.assistants.clock)
    return made


async def test_a_composition_is_listed_after_the_styles(tmp_path: Path) -> None:
    async with house(tmp_path).client() as client:
        listed = (await client.get("/styles")).json()["styles"]

    assert [style["key"] for style in listed][-2:] == ["h", "both"]
    assert listed[-1]["available"] is True
    assert (listed[-1]["decides"], listed[-1]["when"]) == ("your code", "asks both")
    assert [style["key"] for style in listed if style["default"]] == ["d"]


async def test_a_composition_answers_in_a_conversation_and_streams_its_members(
    tmp_path: Path,
) -> None:
    made = house(tmp_path)
    async with made.client() as client:
        first = (await client.post("/styles/both/chat", json={"message": "hello"})).json()
        told = {"message": "again", "session_id": first["session_id"]}
        second = (await client.post("/chat", json={**told, "style": "Both"})).json()
        streamed = await client.post(
            "/styles/both/chat", json=told, headers={"Accept": "text/event-stream"}
        )

    assert first["style"] == second["style"] == "both"
    assert first["reply"] == "left: You said: hello\nright: You said: hello"
    assert first["data"] == {"left": "You said: hello", "right": "You said: hello"}
    assert first["usage"]["model_calls"] == 2
    assert len(made.parrot.asked[-1].messages) > len(made.parrot.asked[0].messages)
    names = [data.get("name") for _, data, _ in frames(streamed.text)]
    assert "left" in names
    assert "right" in names


async def test_one_composition_can_be_served_alone(tmp_path: Path) -> None:
    async with house(tmp_path).client(style="both") as client:
        health = (await client.get("/health")).json()
        reply = (await client.post("/chat", json={"message": "hello"})).json()["reply"]

    assert (health["style"], health["name"]) == ("both", "Both")
    assert reply.startswith("left: You said")


async def test_one_that_takes_long_to_start_holds_up_none_that_is_there(tmp_path: Path) -> None:
    made, starting, may_start = House(tmp_path), asyncio.Event(), asyncio.Event()

    class Late(FunctionAgent):
        async def start(self) -> None:
            starting.set()
            await may_start.wait()

    async def answer(message: Message, _: Run) -> Message:
        return Message.assistant("late")

    late = {"late": lambda app: [Late(name="late", role="starts late", answer=answer)]}
    app = replace(made.assistants.app, compositions=late)
    made.assistants = Assistants(app, made.settings, made.assistants.clock)
    async with made.client() as client:
        await client.post("/chat", json={"message": "hello"})
        waiting = asyncio.create_task(client.post("/styles/late/chat", json={"message": "hello"}))
        await starting.wait()
        meanwhile = await client.post("/chat", json={"message": "hello"})
        assert not waiting.done()
        may_start.set()
        assert (await waiting).json()["reply"] == "late"

    assert meanwhile.json()["reply"] == "You said: hello"


async def test_an_unknown_one_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    made = house(tmp_path)
    async with made.client() as client:
        body = problem(
            await client.post("/styles/bothe/chat", json={"message": "hello"}), 404, "unknown_style"
        )

    assert body["styles"][-1] == "both"
    with pytest.raises(ConfigError, match="There is no pattern 'bothe'"):
        await made.assistants.style("bothe")
