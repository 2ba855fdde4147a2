"""Measures what the lab adds to the conversations that it holds.

    python -m bench.lab [--styles a,b,d,e] [--scenarios 30] [--repeat 20] [--only bare|whole]

``bare`` holds the same conversations in one process, once through the lab's own stand and once by
hand: an App made anew on a folder, the same assistant, the same words, and nothing judged or kept.
What is between the two is the lab's own CPU for a sample, read on the process's clock in turns, so
that a busy machine slows both. ``whole`` is ``batuta compare`` with a process for each CPU.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from batuta.app import App
from batuta.core.ask import Ask
from batuta.core.clock import zone_of
from batuta.core.principal import Principal
from batuta.core.scenario import Scenario
from batuta.lab.days import dated_scenario
from batuta.lab.deeds import do
from batuta.lab.plan import ComparisonPlan, SampleJob
from batuta.lab.results import Subject
from batuta.lab.scenario_file import read_scenarios
from batuta.lab.scratch import scratch_folder
from batuta.lab.stands import Stand, StandParts, settings_of
from batuta.models.named import NamedModels
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.wiring import assistant, models
from batuta.wiring.clock import clock_at

ROUNDS = 9


def club(folder: Path) -> App:
    """Make the club on a folder."""
    return tennis_app(TennisClub(Club(), SqliteBookings(folder / "tennis.db")))


async def by_hand(
    style: str, scenario: Scenario, *, settings: Settings, shared: NamedModels
) -> None:
    """Hold a scenario's turns with nothing around: what a program of one's own would do."""
    with scratch_folder() as home:
        app = replace(club(home), models={})
        clock = clock_at(scenario.now, app.time_zone)
        dated = dated_scenario(scenario, clock.now().astimezone(zone_of(app.time_zone)).date())
        await do(app, dated.before, clock, what="before")
        own = replace(settings, home=home, now=scenario.now)
        async with assistant(app, style, settings=own, clock=clock, models=shared) as talker:
            session: str | None = None
            for text in dated.sayings:
                ask = Ask(text=text, principal=Principal("ana"), session_id=session)
                session = (await talker.answer(ask)).session_id
        if app.close is not None:
            await app.close()


async def added(style: str, scenarios: list[Scenario]) -> tuple[float, float]:
    """Give the CPU milliseconds of a sample by hand and through the lab: medians over rounds."""
    subject = Subject(style=style)
    plan = ComparisonPlan(app="tennis", subjects=(subject,), scenarios=tuple(scenarios))
    settings = settings_of(subject, Settings())
    hand: list[float] = []
    lab: list[float] = []
    with scratch_folder() as home:
        parts = StandParts(plan=plan, app=club(home), settings=Settings())
        shared = models(settings.default_model, settings)
        async with Stand(parts, subject) as stand:
            for turn in range(ROUNDS + 1):
                began = time.process_time()
                for scenario in scenarios:
                    await by_hand(style, scenario, settings=settings, shared=shared)
                middle = time.process_time()
                for place in range(len(scenarios)):
                    await stand.sample(SampleJob(subject, place, "", 0, 1))
                if turn:  # the first round warms both
                    hand.append((middle - began) / len(scenarios) * 1e3)
                    lab.append((time.process_time() - middle) / len(scenarios) * 1e3)
    return statistics.median(hand), statistics.median(lab)


def one_way(scenarios: list[Scenario]) -> list[Scenario]:
    """Take what both ways hold alike: one wording, one person, and nothing said to questions."""
    plain = [s for s in scenarios if all("asked" not in str(t) or not _asks(t) for t in s.turns)]
    kept = [replace(s, turns=s.sayings, answers=()) for s in plain]
    return [s for s in kept if s.kind != "two people at once"]


def _asks(turn: object) -> bool:
    return bool(getattr(turn, "asked", ""))


def whole(styles: str, scenarios: list[Scenario], repeat: int) -> float:
    """Give the seconds of ``batuta compare`` from its start to its end."""
    names = ",".join(each.name for each in scenarios)
    with tempfile.TemporaryDirectory() as folder:
        words = ["compare", "--styles", styles, "--repeat", str(repeat), "--only", names]
        began = time.perf_counter()
        subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-c", "from batuta.cli import main; main()", *words],
            cwd=folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return time.perf_counter() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.lab", description="Measure the lab.")
    parser.add_argument("--styles", default="a,b,d,e")
    parser.add_argument("--scenarios", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--only", choices=("bare", "whole"))
    said = parser.parse_args()
    found = [each for each in read_scenarios("tennis") if "," not in each.name]
    if said.only != "whole":
        alike = one_way(found)[: said.scenarios]
        for style in said.styles.split(","):
            hand, lab = asyncio.run(added(style, alike))
            print(
                f"{style}: {hand:.2f} ms of CPU by hand, {lab:.2f} through the lab: "
                f"{lab - hand:+.2f} a sample ({len(alike)} scenarios, {ROUNDS} rounds)",
                flush=True,
            )
    if said.only != "bare":
        chosen = found[: said.scenarios]
        seconds = whole(said.styles, chosen, said.repeat)
        samples = len(said.styles.split(",")) * len(chosen) * said.repeat
        print(f"{samples} samples by batuta compare: {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    main()
