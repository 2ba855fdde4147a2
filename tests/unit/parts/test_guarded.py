"""Checks around an agent: what they stop, mend and flag, and when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import tool
from batuta.core.trace import Event
from batuta.errors import ConfigError
from batuta.errors.statuses import status_of
from batuta.parts.checks import Check, Checked, Finding, Flag, Mend, ModelRules, Stop
from batuta.parts.guarded import Guarded
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.core.rig import does, echo, hosted

ASKED = Message.user("Call me on 0171")


async def ran(*checks: Check, said: str = "Call me on 0171", **more: Any) -> RunRecord:
    runtime = hosted(Guarded(agent=echo("desk"), checks=checks), **more)
    return await runtime.run("desk", Message.user(said))


def decisions(record: RunRecord) -> list[tuple[str, str]]:
    return [(e.name, e.by) for e in record.events if e.kind == "decision"]


def no_numbers(seen: Checked) -> Finding:
    return Stop("it has a number") if "0171" in seen.message.text else None


async def test_a_message_that_is_stopped_does_not_reach_the_agent() -> None:
    record = await ran(Check(name="numbers", check=no_numbers))
    assert record.reply is None
    assert record.error is not None
    told = "Agent desk: check numbers stopped the message: it has a number"
    assert record.error["message"] == told
    assert record.failure is not None
    assert (record.failure.code, status_of(record.failure).http) == ("message_stopped", 422)
    assert decisions(record) == [("stop the message", "code")]
    assert (await ran(Check(name="numbers", check=no_numbers), said="Hi")).text == "Hi"


async def test_an_answer_that_is_stopped_leaves_nothing() -> None:
    record = await ran(Check(name="numbers", check=no_numbers, on="answer"))
    assert record.reply is None
    assert decisions(record) == [("stop the answer", "code")]


async def test_what_stands_behind_a_stopped_answer_is_told_nowhere() -> None:
    guarded = Guarded(
        agent=Parallel(name="both", members=[echo("a"), echo("b")]),
        checks=[Check(name="numbers", check=no_numbers, on="answer")],
    )
    record = await hosted(guarded).run("both", ASKED)
    assert record.error is not None
    assert "0171" not in record.error["message"]
    assert record.answers == ()


@pytest.mark.parametrize("on", ["message", "answer"])
async def test_what_is_mended_goes_on_as_it_was_mended(on: Any) -> None:
    async def masked(seen: Checked) -> Finding:
        return Mend(seen.message.text.replace("0171", "***"), "a number")

    record = await ran(Check(name="mask", check=masked, on=on))
    assert record.text == "Call me on ***"
    assert decisions(record) == [(f"mend the {on}", "code")]


async def test_what_is_flagged_goes_on_and_says_so() -> None:
    record = await ran(Check(name="tone", check=lambda _: Flag("rude"), on="answer"))
    assert record.text == ASKED.text
    assert record.reply is not None
    assert record.reply.metadata["flags"] == {"tone": "rude"}
    assert decisions(record) == [("flag the answer", "code")]


async def test_a_model_can_check_by_rules_and_its_call_is_the_runs() -> None:
    model = ScriptedModel([ModelReply(output={"finding": "stop", "reason": "no phone numbers"})])
    record = await ran(Check(name="rules", check=ModelRules(rules="No numbers.")), model=model)
    assert record.error is not None
    assert record.error["message"].endswith("stopped the message: no phone numbers")
    assert record.model_calls == 1
    assert decisions(record) == [("stop the message", "model")]
    assert "No numbers." in model.requests[0].messages[0].text


@pytest.mark.parametrize("check", [lambda _: "stop", lambda _: 1 / 0])
async def test_a_check_that_fails_lets_nothing_pass(check: Callable[[Checked], Any]) -> None:
    record = await ran(Check(name="broken", check=check))
    assert record.reply is None
    assert record.error is not None
    assert record.error["code"] == "agent_failed"


class Waiting:
    """A model that says when it was asked, and wishes for a tool."""

    name = "scripted:waiting"

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.set()
        return ModelReply("done") if request.messages[-1].role == "tool" else calls(("note", {}))


@pytest.mark.parametrize("passes", [True, False])
async def test_beside_the_work_a_model_is_asked_and_nothing_done_before_it_passed(
    *, passes: bool
) -> None:
    from batuta.control.function_calling import FunctionCalling

    model, done = Waiting(), list[str]()

    @tool(effect="write")
    async def note() -> str:
        """Note it."""
        done.append("noted")
        return "noted"

    async def slow(seen: Checked) -> Finding:
        await model.asked.wait()  # would wait for ever, were the model not asked meanwhile
        for _ in range(20):
            await asyncio.sleep(0)
        done.append("checked")
        return None if passes else Stop("no")

    agent = FunctionCalling(name="desk", tools=[note])
    check = Check(name="slow", check=slow, beside=True)
    record = await hosted(Guarded(agent=agent, checks=[check]), model=model).run("desk", ASKED)
    assert done == (["checked", "noted"] if passes else ["checked"])
    assert (record.reply is not None) is passes
    assert record.tool_calls == int(passes)
    spans = [e.span for e in record.events if e.phase != "end"]
    assert len(set(spans)) == len(spans)


async def test_beside_the_work_nothing_can_be_mended() -> None:
    record = await ran(Check(name="mask", check=lambda _: Mend("x"), beside=True))
    assert record.error is not None
    assert "leave its beside out" in record.error["message"]


@pytest.mark.parametrize(("on", "streamed"), [("message", True), ("answer", False)])
async def test_an_answer_that_is_to_be_checked_is_not_streamed(on: Any, *, streamed: bool) -> None:
    async def ask(run: Run) -> Message:
        return (await run.ask([ASKED])).answer()

    told: list[Event] = []
    check = Check(name="tone", check=lambda _: None, on=on)
    runtime = hosted(Guarded(agent=does("desk", ask), checks=[check]))
    await runtime.run("desk", ASKED, RunOptions(listener=told.append))
    assert any(e.kind == "text" for e in told) is streamed


def test_a_check_that_cannot_be_is_refused_when_it_is_made() -> None:
    with pytest.raises(ConfigError, match="cannot stand beside"):
        Check(name="tone", check=no_numbers, on="answer", beside=True)
    with pytest.raises(ConfigError, match="has a str for a check"):
        Check(name="tone", check="rude")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ConfigError, match="no name"):
        Check(name="", check=no_numbers)
