"""What a run brings reaches every model, on every ``Runtime``: images, files and settings.

A test module subclasses this with a ``host`` fixture.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from batuta.control.function_calling import FunctionCalling
from batuta.core.attachment import Attachment
from batuta.core.configured_model import ConfiguredModel
from batuta.core.message import Message, ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.model_settings import ModelSettings
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.core.trace import Event
from tests.contract.runtime import Host, Setup, agent
from tests.pictures import PNG, png

IMAGE = Attachment.of(PNG, name="court.png")
SHOWN = Attachment.of(png(90), name="net.png")
USER = Message.user("Is it free?").attaching(IMAGE)
FAR = ModelSettings(temperature=0.5, seed=7, reasoning_summary="auto")


class Looking:
    """Says what it was shown, thinks aloud where it is asked to, and looks at the net first."""

    name = "looking:1"

    def __init__(self) -> None:
        self.asked: list[ModelRequest] = []

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.append(request)
        request.think("Hm. ")
        shown = [each for message in request.messages for each in message.attachments]
        if request.tools and not any(m.role == "tool" for m in request.messages):
            call = ToolCall("c1", "look", {})
            return ModelReply("", (call,), usage=Usage(10, 5), stop_reason="tool_calls")
        told = ", ".join(f"{each.name} of {len(each.data)} bytes" for each in shown)
        emit(told)
        usage = Usage(10, 5, reasoning_tokens=2)
        return ModelReply(told or "nothing", usage=usage, model=self.name, reasoning="Hm. ")


@tool
async def look() -> list[str | Attachment]:
    """Look at the net."""
    return ["The net:", SHOWN]


@agent("asks")
async def asks(message: Message, run: Run) -> Message:
    return (await run.ask([*run.history(), message])).answer()


@agent("near")
async def near(message: Message, run: Run) -> Message:
    model = ConfiguredModel(None, ModelSettings(temperature=0, reasoning_effort="low"))
    return (await run.ask([message], model=model)).answer()


@agent("boss")
async def boss(message: Message, run: Run) -> Message:
    first = await run.call("asks", message)
    second = await run.call("near", message)
    return Message.assistant(f"{first.text} | {second.text}")


AGENTS = (asks, near, boss)


class InputContract:
    @pytest.fixture
    def host(self) -> Host:
        raise NotImplementedError

    async def test_image_reaches_the_model_of_an_agent_that_is_called(self, host: Host) -> None:
        async with host(Setup(agents=AGENTS, model=Looking())) as runtime:
            session = Session("s1", "local", [USER, Message.assistant("Yes.")])
            options = RunOptions(session=session)
            record = await runtime.run("boss", Message.user("Look.").attaching(SHOWN), options)
            again = await runtime.run("asks", Message.user("And before?"), options)

        told = f"net.png of {SHOWN.size_bytes} bytes"
        assert record.raised().text == f"{told} | {told}"
        assert record.question.attachments == (SHOWN,)
        assert again.raised().text == f"court.png of {IMAGE.size_bytes} bytes"

    async def test_image_of_a_tool_reaches_the_model_that_called_it(self, host: Host) -> None:
        desk = FunctionCalling(tools=[look])

        @agent("boss")
        async def asking(message: Message, run: Run) -> Message:
            return await run.call(desk.name, message)

        async with host(Setup(agents=(asking, desk), model=Looking())) as runtime:
            record = await runtime.run("boss", USER)

        told = f"court.png of {IMAGE.size_bytes} bytes, net.png of {SHOWN.size_bytes} bytes"
        assert record.raised().text == told
        held = [event.data for event in record.events if event.kind == "tool" and event.data]
        assert "net.png" in str(held)
        assert SHOWN.content is not None
        assert SHOWN.content.base64 not in str(record.to_json())

    async def test_settings_reach_every_model_and_the_record_holds_them(self, host: Host) -> None:
        heard: list[Event] = []
        async with host(Setup(agents=AGENTS, model=Looking())) as runtime:
            options = RunOptions(settings=FAR, listener=heard.append)
            record = await runtime.run("boss", USER, options)

        asked = [e.data["settings"] for e in record.events if e.data and "settings" in e.data]
        nearer = replace(FAR, temperature=0, reasoning_effort="low")
        assert asked == [FAR.told(), nearer.told()]
        assert {e.data["text"] for e in heard if e.kind == "reasoning" and e.data} == {"Hm. "}
        assert record.raised().usage.reasoning_tokens == 4

    async def test_thoughts_that_nobody_asked_for_are_not_told(self, host: Host) -> None:
        heard: list[Event] = []
        async with host(Setup(agents=AGENTS, model=Looking())) as runtime:
            record = await runtime.run("boss", USER, RunOptions(listener=heard.append))

        assert record.raised().reply is not None
        assert [e.kind for e in heard if e.kind == "text"] == ["text", "text"]
        assert not [e for e in heard if e.kind == "reasoning"]
