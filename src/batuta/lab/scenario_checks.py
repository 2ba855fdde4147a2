"""Finds scenarios that measure nothing, before anything is measured."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from batuta.core.scenario import Scenario, ScriptedTurn
from batuta.errors import ConfigError
from batuta.lab.deeds import do
from batuta.lab.goals import fits, is_optional, judged
from batuta.lab.scratch import scratch_folder
from batuta.lab.stands import at_its_day, fresh_app, now_of
from batuta.settings import read_settings
from batuta.wiring.clock import clock_at

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.clock import Clock
    from batuta.settings import Settings


async def check_scenarios(
    scenarios: Sequence[Scenario], app: App, settings: Settings | None = None
) -> Sequence[str]:
    """See that each scenario can fail and can succeed; give what is not proved of which.

    What is done before it, and its gold, are done for real on an App of its own.

    Args:
        settings: None reads them.

    Raises:
        ConfigError: One cannot succeed, its goal holds at the start, or it cannot be set up.
    """
    notes: list[str] = []
    settings = settings or read_settings()
    for scenario in scenarios:
        _check_words(scenario)
        if scenario.holds is None:
            if scenario.expects is None and scenario.check is None:
                raise _wrong(scenario, "says nothing of what must come of it", "Add holds.")
            continue
        if app.state_reader is None:
            raise _wrong(
                scenario,
                f"says what the store must hold, and App {app.name} does not tell what it holds",
                "Give App(state=…), a line for each thing written, or App(store_view=…).",
            )
        notes += await _check_goal(scenario, app, settings)
    return notes


async def _check_goal(scenario: Scenario, app: App, settings: Settings) -> Sequence[str]:
    now = now_of(scenario, settings)
    async with _made(app) as made:
        clock = clock_at(now, made.time_zone)
        dated = at_its_day(scenario, made, clock)
        await do(made, dated.before, clock, what=f"Scenario {scenario.name}: before")
        start = await _state(made)
        _check_start(dated, start)
        return [] if not dated.holds else await _check_gold(dated, made, clock, start=start)


def _check_start(scenario: Scenario, start: Sequence[str]) -> None:
    goals = [goal for goal in scenario.holds or () if not is_optional(goal)]
    if goals and all(any(fits(goal, line) for line in start) for goal in goals):
        raise _wrong(scenario, "has a goal that holds at the start", "Ask for something new.")
    if broken := judged(scenario, start, start).forbidden:
        raise _wrong(scenario, f"begins with what must never be: {broken[0]}", "Mend before.")
    both = [goal for goal in goals if any(fits(each, goal) for each in scenario.never)]
    if both:
        raise _wrong(scenario, f"cannot succeed: never forbids {both[0]}", "Mend never.")


async def _check_gold(
    scenario: Scenario, app: App, clock: Clock, *, start: Sequence[str]
) -> Sequence[str]:
    if scenario.gold is None:
        return [f"{scenario.name}: nothing proves that it can succeed; add gold"]
    what = f"Scenario {scenario.name} cannot succeed: gold"
    await do(app, scenario.gold, clock, what=what)
    judgement = judged(scenario, start, await _state(app))
    if not judgement.right:
        raise _wrong(
            scenario, f"cannot succeed by its gold: {judgement.reason}", "Mend gold or holds."
        )
    return []


def _check_words(scenario: Scenario) -> None:
    if not scenario.turns:
        raise _wrong(scenario, "has no turns", "Let somebody say something.")
    most, said = scenario.limits.turns, len(scenario.turns)
    fixed = sum(isinstance(turn, str) or not turn.asked for turn in scenario.turns)
    if most is not None and fixed > most:
        what = f"cannot succeed: it has {said} turns, and may take {most}"
        raise _wrong(scenario, what, "Raise limits.turns.")
    asked = [turn.asked for turn in scenario.turns if isinstance(turn, ScriptedTurn)]
    for pattern in (*asked, *(answer.asked for answer in scenario.answers)):
        try:
            re.compile(pattern)
        except re.error as error:
            raise _wrong(
                scenario, f"asked: {pattern!r} is no pattern: {error}", "Mend it."
            ) from error


@asynccontextmanager
async def _made(app: App) -> AsyncGenerator[App]:
    with scratch_folder() as folder:
        async with fresh_app(app, folder) as made:
            yield made


async def _state(app: App) -> Sequence[str]:
    read = app.state_reader
    return () if read is None else sorted(await read())


def _wrong(scenario: Scenario, what: str, mend: str) -> ConfigError:
    return ConfigError(f"Scenario {scenario.name} {what}", mend)
