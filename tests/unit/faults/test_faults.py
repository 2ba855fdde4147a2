"""Faults in users' own tests: by a block or by an argument, in three kinds of App."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from batuta.app import App
from batuta.core.agent import FunctionAgent
from batuta.core.clock import ManualClock
from batuta.core.effect import EffectRecord, LookupByKey, WriteOutcome
from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.core.tool_context import ToolContext
from batuta.errors import ConfigError, EffectUnknown
from batuta.intake.form import Intake
from batuta.intake.options import Found, Option
from batuta.testing import MemoryTable, ScriptedModel, calls, fault_plan, faults, talk
from batuta.wiring.faults import fault_layers

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def shop(*, looked_up: bool = False) -> tuple[App, MemoryTable]:
    """An App of tools, in memory: whoever picks is a model."""
    sold = MemoryTable()

    async def find(key: str, principal_id: str) -> EffectRecord | None:
        rows = sold.where(mark=key)
        made = {"key": key, "principal_id": principal_id, "tool": "buy", "result": {"what": "boat"}}
        return EffectRecord(**made) if rows else None

    outcome = WriteOutcome(lookup=LookupByKey(find) if looked_up else None, verb="bought")

    @tool(effect="write", outcome=outcome)
    async def buy(what: str, context: ToolContext) -> dict[str, str]:
        """Buy a thing."""
        sold.add(context.idempotency_key, mark=context.idempotency_key, what=what)
        return {"what": what}

    return App(name="shop", instructions="You sell.", tools=[buy]), sold


BUY = calls(("buy", {"what": "boat"}))


def test_what_is_half_done_is_unknown_where_nobody_can_look_it_up() -> None:
    app, sold = shop()
    with faults("tool-half-done", seed=3) as plan:
        [record] = talk(app, "a boat", model=ScriptedModel([BUY, "It may be bought."]))
    assert [(each.name, each.at) for each in plan.struck] == [("tool-half-done", "buy")]
    assert record.unknown_effects == ("buy",)
    assert len(sold.rows) == 1


def test_what_is_half_done_is_known_where_it_can_be_looked_up() -> None:
    app, sold = shop(looked_up=True)
    with faults("tool-half-done"):
        [record] = talk(app, "a boat", model=ScriptedModel([BUY, "The boat is bought."]))
    assert [effect.status for effect in record.effects] == ["done"]
    assert len(sold.rows) == 1


def test_what_comes_twice_is_done_once() -> None:
    app, sold = shop()
    with faults("tool-twice"):
        [record] = talk(app, "a boat", model=ScriptedModel([BUY, "The boat is bought."]))
    assert [effect.status for effect in record.effects] == ["done"]
    assert len(sold.rows) == 1


def test_faults_end_with_their_block() -> None:
    app, _ = shop()
    with faults("tool-error@1") as plan:
        pass
    [record] = talk(app, "a boat", model=ScriptedModel([BUY, "The boat is bought."]))
    assert (plan.struck, [effect.status for effect in record.effects]) == ([], ["done"])


def test_a_plan_of_no_faults_puts_nothing_around_a_run() -> None:
    assert fault_layers(None, ()) == fault_layers(fault_plan("none"), ()) == ()
    assert len(fault_layers(fault_plan("tool-error"), ())) == 1


def test_an_unknown_fault_is_told_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match="no fault 'tool-broken'"), faults("tool-broken"):
        pass


def test_the_same_seed_meets_the_same_faults() -> None:
    def met(seed: int) -> list[tuple[str, str]]:
        app, _ = shop()
        plan = fault_plan("tool-error@0.5", seed=seed)
        script = [line for _ in range(12) for line in (BUY, "Well.")]
        talk(app, *(["a boat"] * 12), model=ScriptedModel(script), faults=plan)
        return [(each.name, each.place) for each in plan.struck]

    assert met(7) == met(7)
    assert 1 <= len(met(7)) <= 11
    assert len({len(met(seed)) for seed in range(6)}) > 1


class Wish(BaseModel):
    """A form."""

    day: str


def harbour(path: Path) -> App:
    """An App with a form and a SQLite file of its own: code decides, and storage is not ours."""

    @tool
    async def sailings(day: str) -> dict[str, Any]:
        """Find sailings."""
        return {"boats": ["Heron"]}

    @tool(effect="write", key=("boat",))
    def reserve(boat: str) -> dict[str, str]:
        """Reserve a boat."""
        with closing(sqlite3.connect(path, timeout=0.05)) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS seats (boat TEXT)")
            db.execute("INSERT INTO seats VALUES (?)", (boat,))
        return {"boat": boat}

    intake = Intake(
        fields=Wish,
        questions={"day": "Which day?"},
        find=sailings,
        options=lambda found: Found(tuple(Option(b, b, b) for b in found["boats"]), True),
        act=reserve,
        argument="boat",
        done=lambda result: f"Reserved: {result['boat']}.",
    )
    return App(name="harbour", instructions="Sail.", tools=[sailings, reserve], intake=intake)


def seats(path: Path) -> Sequence[str]:
    with closing(sqlite3.connect(path)) as db:
        return [boat for (boat,) in db.execute("SELECT boat FROM seats")]


@pytest.mark.parametrize(
    ("fault", "said", "there"),
    [
        ("tool-error:reserve", "Whether it was done is not known", []),
        ("tool-half-done", "Whether it was done is not known", ["Heron"]),
        ("store-locked", "database is locked", []),
        ("tool-wrong-type:sailings", "gave what the form cannot read", []),
        ("none", "Reserved: Heron.", ["Heron"]),
    ],
)
def test_an_intake_with_a_file_of_its_own(
    tmp_path: Path, fault: str, said: str, there: list[str]
) -> None:
    path = tmp_path / "seats.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE seats (boat TEXT)")
    script = [ModelReply(output={"day": "monday"}), ModelReply(output={"choice": "1"})]
    with faults(fault, files=[path]):
        records = talk(harbour(path), "monday", "1", style="a", model=ScriptedModel(script))
    assert any(said in record.text for record in records), [each.text for each in records]
    assert seats(path) == there


def panel() -> App:
    """An App of agents alone, combined by code of its own."""

    async def ask_twice(message: Message, run: Run) -> Message:
        first = await run.ask([message])
        second = await run.ask([message])
        return Message.assistant(f"{first.text} {second.text} at {run.job.clock.now():%H:%M}")

    agent = FunctionAgent(name="panel", answer=ask_twice)
    return App(name="panel", instructions="Panel.", tools=[], compositions={"panel": [agent]})


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("model-cut", "one two at 12:00"),
        ("model-slow", "one two at 12:00"),
        ("clock-dst", "one two at 13:00"),
        ("model-nonsense", "Colourless green ideas sleep furiously. two at 12:00"),
    ],
)
def test_a_composition_meets_faults_of_models_and_clocks(fault: str, text: str) -> None:
    script = ScriptedModel(["one", "two", "three"] if fault != "model-cut" else ["", "one", "two"])
    plan = fault_plan(fault)
    clock = ManualClock(NOON)
    [record] = talk(panel(), "go", style="panel", model=script, clock=clock, faults=plan)
    assert record.text == text
    assert len(plan.struck) == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [("model-auth-failed", "model_auth_failed"), ("model-timeout@1", "model_timeout")],
)
def test_what_no_second_try_helps_ends_the_run(fault: str, code: str) -> None:
    script = ScriptedModel(["one"], repeat=True)
    clock, plan = ManualClock(NOON), fault_plan(fault)
    [record] = talk(panel(), "go", style="panel", model=script, clock=clock, faults=plan)
    assert record.error is not None
    assert record.error["code"] == code


def test_a_lost_write_is_an_error_of_its_kind() -> None:
    app, _ = shop()
    plan = fault_plan("tool-half-done")
    [record] = talk(app, "a boat", model=ScriptedModel([BUY, "Hm."]), faults=plan)
    ends = [e.error for e in record.events if (e.kind, e.phase) == ("tool", "end")]
    assert [str(each).partition(":")[0] for each in ends] == [EffectUnknown.__name__]


def test_a_talk_goes_on_after_a_first_answer_that_failed() -> None:
    app, sold = shop()
    with faults("model-gone"):
        failed, record = talk(app, "a boat", "again", model=ScriptedModel([BUY, "Bought."]))
    assert failed.error is not None
    assert (record.text, len(sold.rows)) == ("Bought.", 1)
