"""``batuta compare``: the same scenarios under every style, framework and model, in figures."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import Home, Now
from batuta.cli.lab_worker import parts_for
from batuta.cli.opening import TENNIS, app_for, settings_for
from batuta.errors import ConfigError, InvalidInput

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.scenario import Scenario
    from batuta.lab.plan import ComparisonPlan
    from batuta.lab.results import Comparison
    from batuta.settings import Settings


@dataclass(frozen=True, kw_only=True)
class CompareOptions:
    """What ``batuta compare`` takes."""

    app: Annotated[
        str, typer.Argument(metavar="APP", help="tennis, or an App of yours as module:app.")
    ] = TENNIS
    styles: Annotated[
        str, typer.Option(metavar="KEYS", help="Such as a..h,front-desk; else all that can run.")
    ] = ""
    frameworks: Annotated[
        str, typer.Option(metavar="NAMES", help="Whose loops drive E, F and G, else the usual one.")
    ] = ""
    models: Annotated[str, typer.Option(metavar="NAMES", help="Such as offline,local:smollm2.")] = (
        "offline"
    )
    scenarios: Annotated[
        str, typer.Option(metavar="FILE", help="YAML file, else those that the App brings.")
    ] = ""
    only: Annotated[
        str, typer.Option(metavar="NAMES", help="Only these scenarios, or those of these kinds.")
    ] = ""
    faults: Annotated[
        str, typer.Option(metavar="NAMES", help="Such as none,tool-half-done,model@0.1.")
    ] = "none"
    repeat: Annotated[int, typer.Option(min=1, help="Samples of each scenario.")] = 5
    seed: Annotated[int, typer.Option(help="What wordings are drawn with.")] = 1
    budget: Annotated[
        str, typer.Option(metavar="USD", help="What everything may cost together.")
    ] = ""
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes that take samples; 0 for one each CPU.")
    ] = 0
    in_process: Annotated[
        bool, typer.Option("--in-process", help="Host C's and G's services in the lab's process.")
    ] = False
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path(
        "comparison"
    )
    anew: Annotated[
        bool, typer.Option("--anew", help="Forget what a run that was killed had taken.")
    ] = False
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Fail where it is surely worse than this report.json."),
    ] = None
    now: Now = ""
    home: Home = None


def compare(options: CompareOptions) -> None:
    """Measure styles, frameworks and models on the same scenarios.

    Every sample has an App on data of its own, and is judged by what those data hold in the end.
    Killed and started again with the same words, it goes on where it was.
    """
    from batuta.cli.compare_view import show, show_changes, write
    from batuta.lab.regression import compare_with
    from batuta.lab.results import read_comparison

    last = read_comparison(options.against) if options.against else None
    comparison = asyncio.run(_compare(options, last))
    show(comparison, write(comparison, options.out))
    if last is not None:
        show_changes(compare_with(last, comparison), options.out)


async def _compare(options: CompareOptions, last: Comparison | None) -> Comparison:
    from batuta.cli.compare_view import progress
    from batuta.lab.journal import FILE
    from batuta.lab.regression import check_comparable
    from batuta.lab.runner import ComparisonWays, compare
    from batuta.lab.subjects import check_prices
    from batuta.lab.workers import Workers
    from batuta.wiring import clock_of

    settings = settings_for(options.home, options.now)
    budget = _money(options.budget)
    with TemporaryDirectory(prefix="batuta-lab-") as home:
        plan = await _plan(options, replace(settings, home=Path(home), store="sqlite"))
        if last is not None:
            check_comparable(last, plan)
        if budget is not None:
            check_prices(plan.subjects, settings)
        parts = await parts_for(plan, settings, Path(home))
        if options.anew:
            (options.out / FILE).unlink(missing_ok=True)
        command = (sys.executable, "-m", "batuta.cli.lab_worker")
        count = min(options.jobs or os.cpu_count() or 1, plan.size)
        with progress(plan) as told:
            ways = ComparisonWays(
                folder=options.out,
                workers=Workers(
                    command=command, count=count, clock=clock_of(settings, parts.app.time_zone)
                ),
                budget_usd=budget,
                told=told,
            )
            try:
                return await compare(parts, ways)
            finally:
                if parts.app.close is not None:
                    await parts.app.close()


async def _plan(options: CompareOptions, settings: Settings) -> ComparisonPlan:
    """Put together what shall be measured, and see that all of it can be."""
    from batuta.faults import profile
    from batuta.lab.plan import ComparisonPlan
    from batuta.lab.scenario_checks import check_scenarios
    from batuta.lab.subjects import subjects_of
    from batuta.styles import resolve, set_up

    faults = _words(options.faults) or ["none"]
    for each in faults:
        profile(each)
    app = await app_for(options.app, settings)
    try:
        cast = resolve(set_up(app, settings), settings)
        subjects = subjects_of(
            cast,
            styles=_words(options.styles),
            frameworks=_words(options.frameworks),
            asked=_words(options.models),
        )
        scenarios = scenarios_for(app, name=options.app, file=options.scenarios, only=options.only)
        await check_scenarios(scenarios, app, settings)
    finally:
        if app.close is not None:
            await app.close()
    own = () if options.scenarios else (each.name for each in app.scenarios)
    return ComparisonPlan(
        app=options.app,
        subjects=subjects,
        scenarios=scenarios,
        faults=tuple(dict.fromkeys("" if each == "none" else each for each in faults)),
        repeat=options.repeat,
        seed=options.seed,
        own=frozenset(own if options.app != TENNIS else ()),
        in_process=options.in_process,
    )


def scenarios_for(app: App, *, name: str, file: str, only: str = "") -> tuple[Scenario, ...]:
    """Find the scenarios: those of a file, else those that the App brings.

    Args:
        only: Names and kinds with commas between them; a name may hold commas of its own.

    Raises:
        ConfigError: There are none, or none of a name.
    """
    from difflib import get_close_matches

    from batuta.lab.scenario_file import read_scenarios

    read = bool(file) or name == TENNIS
    found = read_scenarios(file or TENNIS) if read else tuple(app.scenarios)
    if not found:
        raise ConfigError(f"App {app.name} has no scenarios", "Give --scenarios FILE, or add some.")
    known = {word for each in found for word in (each.name, each.kind) if word}
    wanted = _named(only, known)
    for word in wanted:
        if word not in known:
            near = get_close_matches(word, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(known))}."
            raise ConfigError(f"There is no scenario {word!r}", hint)
    return tuple(each for each in found if not wanted or {each.name, each.kind} & set(wanted))


def _named(text: str, known: AbstractSet[str]) -> list[str]:
    """Part a text at commas, but for those within a name that is known."""
    words, made = _words(text), list[str]()
    while words:
        tries = (", ".join(words[:count]) for count in range(len(words), 1, -1))
        made.append(name := next((each for each in tries if each in known), words[0]))
        del words[: name.count(", ") + 1]
    return made


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _money(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        usd = Decimal(text)
    except InvalidOperation as error:
        raise InvalidInput(f"--budget {text} is no sum of dollars", "Write 2.50.") from error
    if not usd > 0:
        raise InvalidInput(f"--budget {text} buys nothing", "Give more than 0.")
    return usd
