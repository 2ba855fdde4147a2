"""Style E: one agent, given to whoever holds the loop."""

from __future__ import annotations

from datetime import UTC, datetime

from batuta.control.single_agent import SingleAgent
from batuta.core.clock import FixedClock
from batuta.core.message import Message, ToolCall
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import ModelTimeout
from batuta.wiring import local_runtime
from tests.unit.control.fake_loop import FakeLoop


@tool
async def look() -> str:
    """Look."""
    return "free"


HISTORY = [Message.user("hello"), Message.assistant("Hello.")]


async def test_the_loop_gets_the_agent_as_it_is_set() -> None:
    loop = FakeLoop()
    agent = SingleAgent(
        loop=loop, tools=[look], instructions="Sell.", name="desk", model="offline", max_turns=3
    )
    runtime = local_runtime(clock=FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC)))
    await runtime.run(agent, Message.user("go"))
    spec, _ = loop.driven[0]
    assert (spec.name, spec.tools, spec.delegates) == ("desk", (look,), ())
    assert (spec.model, spec.max_turns, spec.by) == ("offline", 3, "agent")
    assert spec.instructions.role == "system"
    assert spec.instructions.text.startswith("Sell.\n\nNow: 2026-03-02T09:00 (Monday)")


async def test_the_loop_reads_the_conversation_and_what_it_did_becomes_part_of_it() -> None:
    wish = Message("assistant", tool_calls=(ToolCall("c1", "look", {}),))
    result = Message.tool(wish.tool_calls[0], "free")
    loop = FakeLoop(said=(wish, result))
    options = RunOptions(session=Session(id="s", principal_id="local", history=list(HISTORY)))
    record = await local_runtime().run(
        SingleAgent(loop=loop, tools=[look]), Message.user("go"), options
    )
    _, messages = loop.driven[0]
    assert [m.text for m in messages] == ["hello", "Hello.", "go"]
    assert record.raised().text == "Done."
    assert record.steps == (wish, result)


async def test_a_loop_that_fails_ends_the_run_with_its_error() -> None:
    agent = SingleAgent(loop=FakeLoop(ModelTimeout("m", 5)), tools=[])
    record = await local_runtime().run(agent, Message.user("go"))
    assert record.error is not None
    assert record.error["code"] == "model_timeout"


async def test_it_starts_its_loop() -> None:
    loop = FakeLoop()
    runtime = local_runtime()
    runtime.register(SingleAgent(loop=loop, tools=[]))
    await runtime.start()
    assert loop.starts == 1
    await runtime.stop()
