"""A run goes on in a later attempt with what earlier ones recorded."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import ModelReply, Usage
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.errors import (
    AgentNotFound,
    DeadlineExceeded,
    ReplayMismatch,
    RuntimeFailure,
    ToolFailed,
)
from batuta.parts.approval import Person
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import FREE, does, echo
from tests.unit.runtimes.durable.rig import HELLO, RUN, Beneath, attempt, begun, cut


@dataclass
class Found:
    """What a tool gives."""

    name: str
    seats: tuple[int, ...]


@tool
async def look(name: str) -> Found:
    """Look something up."""
    return Found(name, (1, 2))


def two_steps(reached: asyncio.Event, go_on: asyncio.Event) -> FunctionAgent:
    """Ask, look up, wait, ask again."""

    async def work(run: Run) -> str:
        first = await run.ask([HELLO])
        found = await run.use(look, {"name": "boat"})
        await run.step("wait", lambda: waits(reached, go_on))
        second = await run.ask([Message.user(f"and {found.name} {found.seats[1]}?")])
        return f"{first.text} {second.text}"

    return does("main", work)


async def waits(reached: asyncio.Event, go_on: asyncio.Event) -> int:
    reached.set()
    await go_on.wait()
    return 1


def model() -> ScriptedModel:
    line = ModelReply("ok", usage=Usage(10, 5), model="scripted:lines")
    return ScriptedModel([line], repeat=True)


async def test_what_is_recorded_is_not_done_again_and_counts_once(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    first, second = Beneath(), Beneath()
    agent = two_steps(reached, go_on)
    more = {"models": lambda _: model(), "prices": FREE}
    async with attempt(tmp_path, agent, beneath=first, **more) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, agent, beneath=second, **more) as runtime:
        record = await runtime.result(RUN)
    assert first.calls == ["Ask 1.1", "Use 1.2", "Step 1.3"]
    assert second.calls == ["Step 1.3", "Ask 1.4"]
    assert (record.text, record.model_calls, record.tool_calls) == ("ok ok", 2, 1)
    assert record.usage == Usage(20, 10)


async def test_whoever_waits_for_a_run_that_is_left_is_told_so(tmp_path: Path) -> None:
    reached = asyncio.Event()
    async with attempt(tmp_path, two_steps(reached, asyncio.Event())) as runtime:
        task = await begun(runtime, "main", reached)
    with pytest.raises(RuntimeFailure, match="next start"):
        await task


async def test_another_app_after_the_restart_ends_the_run_and_does_nothing(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    async with attempt(tmp_path, two_steps(reached, go_on)) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)

    async def other(run: Run) -> str:
        await run.ask([Message.user("something else")])
        return "never"

    counts = Beneath()
    async with attempt(tmp_path, does("main", other), beneath=counts) as runtime:
        record = await runtime.result(RUN)
    assert isinstance(record.failure, ReplayMismatch)
    assert (record.stop_reason, counts.calls) == ("error", [])
    async with attempt(tmp_path, does("main", other), beneath=counts) as runtime:
        assert (await runtime.result(RUN)).error == record.error  # it is over, and not tried again


async def test_an_agent_that_is_gone_after_the_restart_is_the_runs_error(tmp_path: Path) -> None:
    reached = asyncio.Event()
    async with attempt(tmp_path, two_steps(reached, asyncio.Event())) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    async with attempt(tmp_path, echo("other")) as runtime:
        assert isinstance((await runtime.result(RUN)).failure, AgentNotFound)


async def test_a_run_of_a_place_that_nobody_has_waits_for_one_who_has_it(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    async with attempt(tmp_path, two_steps(reached, go_on), place="e") as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    asked: list[str] = []
    tried = asyncio.Event()
    async with attempt(tmp_path, echo("x"), place="d") as runtime:

        async def opener(place: str) -> None:
            asked.append(place)
            tried.set()

        runtime.engine.table.opener = opener
        await tried.wait()
    assert asked == ["e"]
    async with attempt(tmp_path, two_steps(reached, go_on), place="e") as runtime:
        assert (await runtime.result(RUN)).text == "ok ok"


async def test_a_run_that_never_gets_any_further_is_given_up(tmp_path: Path) -> None:
    attempts = 0
    begins = asyncio.Event()

    async def stuck(run: Run) -> str:
        nonlocal attempts
        attempts += 1
        begins.set()
        await asyncio.Event().wait()
        return "never"

    agent = does("main", stuck)
    async with attempt(tmp_path, agent) as runtime:
        task = await begun(runtime, "main", begins)
    await cut(task)
    for _ in range(2):
        begins.clear()
        async with attempt(tmp_path, agent, most_attempts=2) as runtime:
            await begins.wait()
    async with attempt(tmp_path, agent, most_attempts=2) as runtime:
        record = await runtime.result(RUN)
    assert attempts == 3
    assert isinstance(record.failure, RuntimeFailure)
    assert "never got any further" in str(record.failure)


async def test_a_question_to_a_person_survives_and_its_wait_takes_no_time(tmp_path: Path) -> None:
    asks = does("main", lambda run: run.call("owner", Message.user("may I?")))
    owner = Person(name="owner")
    asked = asyncio.Event()

    def listen(event: object) -> None:
        if getattr(event, "name", "") == "owner":
            asked.set()

    budget = Budget(seconds=0.3)
    async with attempt(tmp_path, asks, owner) as runtime:
        task = await begun(runtime, "main", asked, listener=listen, budget=budget)
        await asyncio.wait({task}, timeout=0.5)  # longer than the run may take
        assert not task.done()
    await cut(task)
    async with attempt(tmp_path, asks, owner) as runtime:
        await runtime.answer(RUN, "go ahead", "owner")
        record = await runtime.result(RUN)
    assert record.text == "go ahead"


async def test_a_branch_that_was_given_up_is_given_up_again(tmp_path: Path) -> None:
    """Its late success must not send the run another way than before the restart."""
    held, hold, slow = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def sleeper(run: Run) -> str:
        return str(await run.step("slow", lambda: waits(asyncio.Event(), slow)))

    async def work(run: Run) -> str:
        try:
            said = (await run.call("sleeper", HELLO, timeout_s=0.1)).text
        except DeadlineExceeded:
            said = "too late"
        await run.step(said, lambda: waits(asyncio.Event(), settled))
        await run.step("hold", lambda: waits(held, hold))
        return said

    settled = asyncio.Event()
    settled.set()
    agents = (does("main", work), does("sleeper", sleeper))
    async with attempt(tmp_path, *agents) as runtime:
        task = await begun(runtime, "main", held)
    await cut(task)
    slow.set()
    hold.set()
    async with attempt(tmp_path, *agents) as runtime:
        assert (await runtime.result(RUN)).text == "too late"


async def test_errors_come_back_as_they_were(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    heard: list[str] = []

    @tool
    async def fails() -> None:
        """Fail."""
        raise ToolFailed("fails", "for good")

    async def odd() -> None:
        raise ZeroDivisionError("by nought")

    async def work(run: Run) -> str:
        for doing in (run.use(fails, {}), run.step("odd", odd)):
            try:
                await doing
            except (ToolFailed, ZeroDivisionError) as error:
                heard.append(f"{type(error).__name__} {error}")
        await run.step("wait", lambda: waits(reached, go_on))
        return "done"

    counts = Beneath()
    async with attempt(tmp_path, does("main", work)) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, does("main", work), beneath=counts) as runtime:
        assert (await runtime.result(RUN)).text == "done"
    assert heard[:2] == heard[2:]
    assert counts.calls == ["Step 1.3"]


async def test_the_record_and_the_turn_are_kept_in_the_life_that_ends_it(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    kept: list[tuple[RunRecord, Session | None, str]] = []

    async def finish(record: RunRecord, session: Session | None, key: str) -> RunRecord:
        assert asyncio.get_running_loop() is here
        kept.append((record, session, key))
        return record

    here = asyncio.get_running_loop()
    session = Session("s1", "local", [HELLO], {"n": 1})
    async with attempt(tmp_path, two_steps(reached, go_on)) as runtime:
        options = {"session": session, "idempotency_prefix": "key"}
        task = await begun(runtime, "main", reached, **options)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, two_steps(reached, go_on)) as runtime:
        runtime.finish = finish
        record = await runtime.result(RUN)
    [(saved, conversation, key)] = kept
    assert (saved.run_id, saved.text, key) == (RUN, record.text, "key")
    assert conversation == session


async def test_an_effect_that_was_begun_keeps_its_key_and_is_told_of(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    keys: list[str] = []

    @tool(effect="write", key=("what",))
    async def pay(what: str, context: ToolContext) -> str:
        """Pay for something."""
        keys.append(context.idempotency_key)
        await waits(reached, go_on)
        return f"paid {what}"

    async def work(run: Run) -> str:
        return str(await run.use(pay, {"what": "boat"}))

    async with attempt(tmp_path, does("main", work)) as runtime:
        task = await begun(runtime, "main", reached)
        steps = await runtime.engine.client.list_workflow_steps_async(RUN)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, does("main", work)) as runtime:
        record = await runtime.result(RUN)
    [begin] = [step["output"]["value"] for step in steps if step["output"]]
    assert keys == [begin["key"]] * 2
    told = [e.name for e in record.events if e.kind == "warning"]
    assert told == ["outcome unknown", "outcome resolved by its key"]
    assert (record.text, record.unknown_effects) == ("paid boat", ())


async def test_nothing_in_the_file_runs_code_when_it_is_read(tmp_path: Path) -> None:
    async with attempt(tmp_path, echo("main")) as runtime:
        await runtime.run("main", HELLO, RunOptions(run_id=RUN))
    with closing(sqlite3.connect(tmp_path / "durable.db")) as db:
        kinds = db.execute("SELECT serialization FROM workflow_status").fetchall()
        kinds += db.execute("SELECT serialization FROM operation_outputs").fetchall()
        assert {kind for (kind,) in kinds} == {"batuta_json"}
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_two_apps_share_a_database_and_leave_each_others_runs_alone(tmp_path: Path) -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()
    counts = Beneath()
    async with attempt(tmp_path, two_steps(reached, go_on)) as runtime:
        task = await begun(runtime, "main", reached)
    await cut(task)
    go_on.set()
    async with attempt(tmp_path, echo("main"), app="another", beneath=counts) as runtime:
        assert (await runtime.run("main", HELLO)).text == "hello"
        assert counts.calls == []
    async with attempt(tmp_path, two_steps(reached, go_on)) as runtime:
        assert (await runtime.result(RUN)).text == "ok ok"
