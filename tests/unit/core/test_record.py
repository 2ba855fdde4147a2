"""What comes back with every answer, and that it survives being written down."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.model import Usage
from batuta.core.price import Cost
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.core.trace import Event, Trace
from batuta.errors import BudgetExceeded, RuntimeFailure, ToolFailed
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import HELLO, NOW, does, echo, hosted, manual_clock, ran, reply, settled


@tool
async def look(day: str) -> dict[str, Any]:
    """Look."""
    return {"day": day, "free": [1, 2]}


async def works(run: Run) -> Message:
    asked = await run.ask([HELLO])
    await run.use(look, {"day": "2026-03-02"}, by="model")
    run.remember(
        Message("assistant", tool_calls=(ToolCall("c1", "look", {"day": "2026-03-02"}),)),
        Message.tool(ToolCall("c1", "look", {}), "seen", {"n": 1}),
    )
    run.decide("stop", "enough")
    return Message.assistant(asked.text, {"n": 1}).with_metadata(kept=True)


async def fails(run: Run) -> None:
    await run.ask([HELLO])
    raise ToolFailed("t", "broken")


async def test_a_record_holds_what_was_asked_done_used_and_answered() -> None:
    clock = manual_clock()

    async def main(run: Run) -> Message:
        clock.advance(2)
        return await works(run)

    options = RunOptions(
        principal=Principal("ana"), run_id="run_1", labels={"style": "d", "app": "club"}
    )
    runtime = hosted(model=ScriptedModel([reply("hi", (7, 3))]), clock=clock)
    record = await runtime.run(does("main", main), HELLO, options)
    assert (record.run_id, record.agent, record.principal_id) == ("run_1", "main", "ana")
    assert (record.question, record.text, record.stop_reason) == (HELLO, "hi", "done")
    assert (record.usage, record.model_calls, record.tool_calls) == (Usage(7, 3), 1, 1)
    assert (record.style, record.app, record.seconds) == ("d", "club", 2.0)
    assert record.started_at == NOW.isoformat()
    assert [m.role for m in record.steps] == ["assistant", "tool"]
    assert (record.error, record.failure, record.raised()) == (None, None, record)


@pytest.mark.parametrize("work", [works, fails])
async def test_a_record_survives_being_written_down(work: Any) -> None:
    record = await ran(work, labels={"style": "d"})
    again = RunRecord.from_json(json.loads(json.dumps(record.to_json())))
    assert again == record
    assert again.to_json() == record.to_json()
    assert [m.id for m in again.steps] == [m.id for m in record.steps]


async def test_a_failed_run_is_a_record_with_its_error_and_what_was_used() -> None:
    record = await ran(fails, model=ScriptedModel([reply("x", (7, 3))]))
    assert (record.stop_reason, record.reply) == ("error", None)
    assert record.error == {"code": "tool_failed", "message": "Tool t: broken"}
    assert (record.text, record.usage) == ("Tool t: broken", Usage(7, 3))
    with pytest.raises(ToolFailed):
        record.raised()
    with pytest.raises(ToolFailed):
        record.answer()


@pytest.mark.parametrize(
    ("work", "limits", "stop"),
    [
        (works, Budget(), "done"),
        (fails, Budget(), "error"),
        (works, Budget(model_calls=0), "budget"),
        (works, Budget(seconds=0), "deadline"),
    ],
)
async def test_a_record_says_why_the_run_ended(work: Any, limits: Budget, stop: str) -> None:
    kept: list[RunRecord] = []
    record = await ran(work, budget=limits, on_end=kept.append)
    assert record.stop_reason == stop
    assert kept == [record]


async def test_a_cancelled_run_leaves_its_record_with_whoever_asked_for_it() -> None:
    kept: list[RunRecord] = []

    async def waits(run: Run) -> None:
        await run.ask([HELLO])
        await asyncio.Event().wait()

    model = ScriptedModel([reply("x", (7, 3))])
    task = asyncio.create_task(ran(waits, model=model, on_end=kept.append))
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (record,) = kept
    assert (record.stop_reason, record.reply, record.usage) == ("cancelled", None, Usage(7, 3))
    assert record.events[-1].error == "CancelledError"
    with pytest.raises(RuntimeFailure, match="cancelled"):
        record.answer()


@pytest.mark.parametrize("stand_in", [True, False])
async def test_a_record_says_whether_a_stand_in_answered(stand_in: bool) -> None:
    async def main(run: Run) -> None:
        await run.ask([HELLO])
        await run.call("inner", HELLO)

    async def inner(run: Run) -> None:
        await run.ask([HELLO])

    model = ScriptedModel([reply("real"), reply("x", stand_in=stand_in)])
    record = await ran(main, does("inner", inner), model=model)
    assert record.stand_in is stand_in
    marked = [e for e in record.events if e.data and e.data.get("stand_in")]
    assert len(marked) == int(stand_in)


async def test_long_texts_are_cut_in_the_trace_alone() -> None:
    long = Message.user("x" * 5_000)
    record = await hosted(echo("echo")).run("echo", long)
    assert record.text == long.text
    assert all(len(e.data["text"]) == 2_000 for e in record.events if e.data)


async def test_an_error_in_the_trace_and_record_is_of_its_own_class() -> None:
    record = await ran(lambda run: run.ask([HELLO]), budget=Budget(model_calls=0))
    assert isinstance(record.failure, BudgetExceeded)
    assert (record.events[-1].error or "").startswith("BudgetExceeded: Budget of main")


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON, max_size=3)
TOOL_CALLS = st.builds(ToolCall, st.text(), st.text(), OBJECTS, st.none() | st.text())
MESSAGES = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    st.text(),
    st.none() | OBJECTS,
    OBJECTS,
    st.lists(TOOL_CALLS, max_size=2).map(tuple),
    st.none() | st.text(),
    st.none() | st.text(),
)
COUNTS = st.integers(0, 10**9)
EVENTS = st.builds(
    Event, COUNTS, st.sampled_from(["model", "tool"]), st.sampled_from(["start", "end"]),
    st.text(), st.text(), st.text(), st.sampled_from(["code", "model"]), st.floats(0, 1e6),
    st.none() | OBJECTS, st.none() | st.builds(Usage, COUNTS, COUNTS),
    st.none() | st.builds(Cost, st.none() | st.floats(0, 9), st.floats(0, 9), st.text()),
    st.none() | st.text(),
)  # fmt: skip


@given(MESSAGES)
def test_any_message_survives_being_written_down(message: Message) -> None:
    again = Message.from_json(json.loads(json.dumps(message.to_json())))
    assert (again, again.id) == (message, message.id)


@given(EVENTS)
def test_any_event_survives_being_written_down(event: Event) -> None:
    assert Event.from_json(json.loads(json.dumps(event.to_json()))) == event


def test_a_trace_counts_seconds_from_its_beginning_and_tells_at_once() -> None:
    clock = manual_clock()
    clock.advance(100)
    heard: list[Event] = []
    trace = Trace(clock.monotonic, heard.append)
    clock.advance(1.5)
    trace.add("step", "start", ("1", "", "s", "code"), data={"n": 1})
    trace.text("1", "", "piece")
    assert [(e.seq, e.at_s) for e in heard] == [(0, 1.5), (-1, 1.5)]
    assert trace.events == heard[:1]
    assert (trace.elapsed_s(), trace.streaming) == (1.5, True)
    trace.close()
    trace.add("step", "end", ("1", "", "s", "code"))
    trace.text("1", "", "late")
    assert (len(heard), trace.streaming) == (2, False)
