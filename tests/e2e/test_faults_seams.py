"""Every fault under every style: no booking is doubled, no answer lies, asking again works."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from batuta.app import App
from batuta.core.ask import Ask
from batuta.core.clock import ManualClock
from batuta.core.principal import Principal
from batuta.core.record import RunRecord
from batuta.core.redaction import Secret
from batuta.faults import Ended, FaultPlan, ended, fault_plan, lie_in, single_faults
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.wiring import assistant, open_tennis
from tests.e2e.command_line import NOW
from tests.e2e.faults import Mending
from tests.e2e.placed import hosts

pytestmark = pytest.mark.e2e
ANA = Principal("ana")
MOMENT = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
HARMLESS = ("slow", "half-done", "twice", "delay", "duplicate", "jump", "back", "dst", "cut")
"""What nobody notices but by a wait: it is looked up, tried again, or not heard."""
KEPT = ("refusal", "nonsense", "conflict", "wrong-type")
"""What is an answer, and so the answer to the same request again."""


@dataclass
class Cell:
    """One request under one fault, and the same request again."""

    app: App
    desk: TennisClub
    style: str
    settings: Settings
    number: int
    """Of the slot that is asked for, so that each cell has its own."""

    @property
    def slot(self) -> str:
        day, hour = 3 + self.number // 12, 8 + self.number % 12
        return f"2026-03-{day:02}T{hour:02}:00/A"

    @property
    def words(self) -> str:
        day, hour = 3 + self.number // 12, 8 + self.number % 12
        return f"Book court A on March {day} at {hour}:00"

    async def lines(self) -> Sequence[str]:
        """Read ana's bookings; a rival's are the fault's own."""
        held = await self.desk.store.bookings()
        return [each.slot_id for each in held if each.member_id == ANA.id]

    async def asked(self, plan: FaultPlan) -> tuple[RunRecord, Ended, RunRecord, str]:
        """Ask, and ask the same again: both answers, how the first ended, what the second lies."""
        async with assistant(
            self.app,
            self.style,
            settings=self.settings,
            clock=ManualClock(MOMENT),
            faults=plan,
        ) as club:
            ask = Ask(text=self.words, principal=ANA, request_key=f"request {self.number}")
            before = await self.lines()
            first = await club.answer(ask)
            after = await self.lines()
            end = ended(first, before, after, wanted=[self.slot], tools=self.app.tools)
            again = await club.answer(ask)
        told_anew = before if again.run_id != first.run_id else await self.lines()
        earlier = before if again.effects or again.text == first.text else told_anew
        return first, end, again, lie_in(again, earlier, await self.lines(), tools=self.app.tools)


async def cells(style: str, names: Sequence[str], home: Path) -> None:
    """Play faults one by one on one store, and see that none does harm."""
    settings = Settings(home=home, now=NOW, secret=Secret("of services on loopback, long enough"))
    desk = await open_tennis(settings)
    app = replace(tennis_app(desk), models={"default": Mending()})
    async with AsyncExitStack() as opened:
        opened.push_async_callback(desk.store.aclose)
        known = await opened.enter_async_context(hosts(app, style, settings))
        for number, name in enumerate(names):
            cell = Cell(app, desk, style, known, number)
            before = await cell.lines()
            plan = fault_plan(name, seed=number, files=[settings.bookings])
            first, end, again, lie = await cell.asked(plan)
            new = [slot for slot in await cell.lines() if slot not in before]
            seen = (name, end, first.text, again.text, new)
            kind = name.partition("-")[2].partition(":")[0]
            assert plan.struck or _cannot(style, name), seen
            assert end in ("succeeded", "degraded", "failed_clearly"), seen
            assert end == "succeeded" or kind not in HARMLESS, seen
            assert not lie, (lie, seen)
            assert new in ([], [cell.slot]), seen
            lasts = name.endswith("@1") and not new
            assert new == [cell.slot] or kind in KEPT or lasts, seen


def _cannot(style: str, name: str) -> bool:
    """Tell what cannot happen: A and B have no calls of tools spoiled, the others no forms."""
    return name == ("model-malformed-arguments" if style in "ab" else "model-wrong-type")


def of_seams(*seams: str) -> list[str]:
    return [name for name, fault in single_faults().items() if fault.seam in seams]


MODELS = ("unavailable", "gone", "slow", "cut", "malformed-arguments", "wrong-type", "nonsense")
"""Kinds for all: the others are in the tables of ``test_faults_table``."""
NAMES = [
    *of_seams("tool", "store", "clock"),
    *("tool-error:book", "tool-slow:book", "store-locked@1", "store-full@1"),
    *(f"model-{kind}" for kind in MODELS),
]


@pytest.mark.parametrize("style", "abdefh")
async def test_faults_of_models_tools_stores_and_clocks_do_no_harm(
    style: str, tmp_path: Path
) -> None:
    await cells(style, NAMES, tmp_path)


@pytest.mark.parametrize(("style", "agent"), [("c", "book"), ("g", "booking")])
async def test_faults_of_the_lines_between_services_do_no_harm(
    style: str, agent: str, tmp_path: Path
) -> None:
    first = ("transport-drop", "transport-delay")
    await cells(style, [*first, *(f"{name}:{agent}" for name in of_seams("transport"))], tmp_path)
