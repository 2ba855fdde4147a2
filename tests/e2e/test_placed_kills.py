"""A service dies, at rest or in mid-call: what is said, what is booked, and how it goes on."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from batuta.assistant import Assistant
from batuta.core.ask import Ask
from batuta.core.model_settings import ModelSettings
from batuta.core.record import RunRecord
from batuta.core.retry import Retry
from batuta.faults import ended, fault_plan
from batuta.settings import Settings
from batuta.wiring import Assistants, assistant, open_app
from tests.e2e.command_line import NOW
from tests.e2e.placed import PATIENCE_S, Up, booked, up
from tests.patience import scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

APP = "tests.e2e.held_app:app"
STEPS = ("parse", "availability", "choose", "book", "confirm")
HOURS = count(8)


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("c"), "c", "--app", APP) as running:
        yield running


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("g"), "g", "--app", APP) as running:
        yield running


@dataclass
class Member:
    """Talks to the club, whose services are elsewhere."""

    assistant: Assistant
    home: Path
    session_id: str | None = None

    async def says(self, text: str) -> RunRecord:
        record = await self.assistant.chat(text, self.session_id)
        if record.reply is not None:
            self.session_id = record.session_id
        return record


@asynccontextmanager
async def member(running: Up) -> AsyncGenerator[Member]:
    settings = Settings(home=running.home, now=NOW)
    async with Assistants(await open_app("tennis", settings), settings) as assistants:
        yield Member(await assistants.style(running.style), running.home)


@contextmanager
def held(home: Path, place: str) -> Iterator[Path]:
    """Let nobody pass a place while the block lasts; gives the file of who stands there."""
    hold, at = home / f"hold-{place}", home / f"at-{place}"
    hold.touch()
    try:
        yield at
    finally:
        hold.unlink()
        at.unlink(missing_ok=True)


async def arrival(at: Path) -> None:
    async with asyncio.timeout(scaled(PATIENCE_S)):
        while not at.exists():  # noqa: ASYNC110, ASYNC240 - the file is another process's
            await asyncio.sleep(0.01)


def wish() -> tuple[str, str]:
    """Ask for a slot that nobody has asked for: what to say, and the slot."""
    hour = next(HOURS)
    day = 3 + (hour - 8) // 12
    clock = (hour - 8) % 12 + 8
    return f"Book court A on March {day} at {clock}:00", f"2026-03-{day:02}T{clock:02}:00/A"


def told(record: RunRecord, step: str) -> str:
    """What the error says, which must name the step, its process, and nothing of this code's."""
    assert record.error is not None, record.text
    assert record.error["code"] == "agent_unreachable"
    message = record.error["message"]
    assert message.startswith(f"Agent {step}: ")
    assert "127.0.0.1:" in message
    assert "Traceback" not in message
    return message


async def test_settings_reach_the_models_of_other_processes(manager: Up) -> None:
    text, _ = wish()
    settings = ModelSettings(temperature=0.5, reasoning_effort="low")
    async with member(manager) as somebody:
        record = await somebody.assistant.answer(Ask(text=text, settings=settings))

    assert record.reply is not None
    asked = [e for e in record.events if e.kind == "model" and e.data and "settings" in e.data]
    assert {e.data["settings"]["temperature"] for e in asked if e.data} == {0.5}
    agents = {event.span: event.name for event in record.events if event.kind == "agent"}
    assert {agents[event.parent] for event in asked} >= {"manager", "availability", "booking"}


@pytest.mark.parametrize("step", STEPS)
async def test_step_that_is_dead_is_named_and_the_next_turn_goes_on(
    workflow: Up, step: str
) -> None:
    text, slot = wish()
    before = booked(workflow.home)
    others = {name: process for name, process in workflow.processes.items() if name != step}
    async with member(workflow) as ana:
        await ana.says("Hello")
        with workflow.without(step):
            message = told(await ana.says(text), step)
            then = booked(workflow.home)
        again = (await ana.says(text)).raised()

    effect = [slot] if step == "confirm" else []
    assert then == [*before, *effect]
    assert ("BK-" in message) == bool(effect), "what was done before the crash is told"
    assert booked(workflow.home) == [*before, slot], "what is booked is not booked again"
    assert "BK-" in again.text
    assert ("booked for you already" in again.text) == bool(effect), "and is told as one's own"
    assert others.items() <= workflow.processes.items(), "the other services lived on"


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ("parse", "parse-model"),
        ("availability", "availability"),
        ("choose", "choose-model"),
        ("book", "book"),
        ("book", "booked"),
        ("confirm", "confirm-model"),
    ],
)
async def test_step_killed_in_mid_call_books_nothing_half_or_twice(
    workflow: Up, step: str, place: str
) -> None:
    text, slot = wish()
    before = booked(workflow.home)
    async with member(workflow) as ana:
        if step == "choose":  # it asks its model where no court was named, in a first request
            text = text.replace("court A", "a court")
        else:
            await ana.says("Hello")
        with held(workflow.home, place) as at:
            turn = asyncio.create_task(ana.says(text))
            await arrival(at)
            with workflow.without(step):
                told(await turn, step)
                then = booked(workflow.home)
        again = (await ana.says(text)).raised()

    effect = [slot] if place in ("booked", "confirm-model") else []
    assert then == [*before, *effect]
    assert booked(workflow.home) == [*before, slot], "what is booked is not booked again"
    assert "BK-" in again.text
    assert ("booked for you already" in again.text) == bool(effect), "and is told as one's own"


async def test_step_that_is_tried_until_it_is_back_books_once_and_says_so(workflow: Up) -> None:
    text, slot = wish()
    before = booked(workflow.home)
    patient = {"retry": {"book": Retry(attempts=9, wait_s=0.5)}}
    settings = Settings(home=workflow.home, now=NOW)
    app = await open_app("tennis", settings)
    async with assistant(app, "c", settings=settings, options=patient) as club:
        with held(workflow.home, "booked") as at:
            turn = asyncio.create_task(club.chat(text))
            await arrival(at)
            os.kill(workflow.processes["book"], signal.SIGKILL)
        record = (await turn).raised()

    assert "BK-" in record.text
    assert any(event.kind == "retry" for event in record.events)
    assert booked(workflow.home) == [*before, slot]


async def test_a_durable_run_waits_for_the_step_that_died_after_its_write(workflow: Up) -> None:
    text, slot = wish()
    before = booked(workflow.home)
    settings = Settings(home=workflow.home, now=NOW, durable="sqlite")
    async with Assistants(await open_app("tennis", settings), settings) as house:
        club = await house.style("c")
        with held(workflow.home, "booked") as at:
            turn = asyncio.create_task(club.chat(text))
            await arrival(at)
            os.kill(workflow.processes["book"], signal.SIGKILL)
        record = (await turn).raised()

    assert "BK-" in record.text
    assert booked(workflow.home) == [*before, slot]
    assert record.unknown_effects == ()


@pytest.mark.parametrize("specialist", ["availability", "booking"])
async def test_manager_says_what_it_could_not_do_without_a_specialist(
    manager: Up, specialist: str
) -> None:
    text, slot = wish()
    before = booked(manager.home)
    async with member(manager) as ana:
        await ana.says("Hello")
        with manager.without(specialist):
            record = (await ana.says(text)).raised()
            assert booked(manager.home) == before
        failed = [e for e in record.events if e.kind == "agent" and e.error]
        again = (await ana.says(text)).raised()

    assert [event.name for event in failed][:1] == [specialist]
    assert "BK-" not in record.text
    assert specialist in record.text.lower() or "could not" in record.text.lower(), record.text
    assert booked(manager.home) == [*before, slot]
    assert "BK-" in again.text


@pytest.mark.parametrize(
    ("specialist", "place"),
    [
        ("availability", "availability-model"),
        ("availability", "availability"),
        ("booking", "booking-model"),
        ("booking", "book"),
        ("booking", "booked"),
    ],
)
async def test_specialist_killed_in_mid_call_books_nothing_half_or_twice(
    manager: Up, specialist: str, place: str
) -> None:
    text, slot = wish()
    before = booked(manager.home)
    async with member(manager) as ana:
        await ana.says("Hello")
        with held(manager.home, place) as at:
            turn = asyncio.create_task(ana.says(text))
            await arrival(at)
            with manager.without(specialist):
                record = (await turn).raised()
                then = booked(manager.home)
        again = (await ana.says(text)).raised()

    effect = [slot] if place == "booked" else []
    assert then == [*before, *effect]
    assert any(e.kind == "agent" and e.name == specialist and e.error for e in record.events)
    assert ("booked for you already: booking BK-" in record.text) == bool(effect)
    assert ("BK-" in record.text) == bool(effect)
    assert booked(manager.home) == [*before, slot], "what is booked is not booked again"
    assert "BK-" in again.text
    assert ("booked for you already" in again.text) == bool(effect), "and is told as one's own"


@pytest.mark.parametrize(("style", "service"), [("c", "book"), ("g", "booking")])
async def test_a_planned_kill_before_a_call_ends_in_no_lie_and_one_booking(
    request: pytest.FixtureRequest, style: str, service: str
) -> None:
    running: Up = request.getfixturevalue({"c": "workflow", "g": "manager"}[style])
    text, slot = wish()
    before = booked(running.home)

    async def kill(name: str) -> None:
        os.kill(running.processes[name], signal.SIGKILL)

    lives = running.lives(service)
    settings = Settings(home=running.home, now=NOW)
    app = await open_app("tennis", settings)
    plan = fault_plan(f"process-kill:{service}", kill=kill)
    async with assistant(app, style, settings=settings, faults=plan) as club:
        ask = Ask(text=text, request_key=f"{style} {slot}")
        record = await club.answer(ask)
        then = booked(running.home)
        await asyncio.to_thread(running.waits_for, service, lives + 1)
        again = await club.answer(ask)
        now = booked(running.home)

    assert [each.name for each in plan.struck] == ["process-kill"]
    end = ended(record, before, then, wanted=[slot], tools=app.tools)
    assert end in ("succeeded", "degraded", "failed_clearly"), (end, record.text)
    assert now == [*before, slot], (record.text, again.text)
    assert "BK-" in again.text
