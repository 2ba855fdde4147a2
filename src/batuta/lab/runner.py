"""Takes every sample of a plan, in this process or by several, and puts them together."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from batuta.errors import DISTRIBUTION, BudgetExceeded
from batuta.lab.code_lines import lines_of
from batuta.lab.journal import SampleJournal
from batuta.lab.plan import ComparisonPlan, SampleJob, in_lots
from batuta.lab.results import OFFLINE, Comparison, Sample, Subject
from batuta.lab.stands import Stand, StandParts
from batuta.lab.worker import WorkerSetup
from batuta.styles import STYLES, app_style
from batuta.wiring import clock_of

if TYPE_CHECKING:
    from batuta.core.clock import Clock
    from batuta.lab.workers import Taken, Workers

LOT = 12
"""Samples that a worker takes before it asks for more: few enough that all end together."""

ToldOf = Callable[[int, int, Sample], None]
"""Takes how many samples there are by now, how many there will be, and the latest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonWays:
    """How the samples of a comparison are taken.

    Args:
        folder: Keeps them while it is on, so that one that was killed goes on; None keeps nothing.
        workers: None takes them here, one after the other.
        budget_usd: What all may cost together; None is without limit.
        told: Called with each sample as it comes.
    """

    folder: Path | None = None
    workers: Workers | None = None
    budget_usd: Decimal | None = None
    told: ToldOf = lambda done, size, latest: None


async def compare(parts: StandParts, ways: ComparisonWays | None = None) -> Comparison:
    """Take every sample of a plan that is not kept already, and give them all in order.

    Raises:
        BudgetExceeded: It would cost more than it may; the folder keeps what was taken.
        ConfigError: A subject cannot run here, or a scenario cannot be set up.
    """
    ways = ways or ComparisonWays()
    plan = parts.plan
    journal = None if ways.folder is None else SampleJournal(ways.folder, plan)
    known: dict[SampleJob, Sample] = {} if journal is None else journal.known
    spent = MoneySpent(ways.budget_usd, known)

    cold: dict[SampleJob, float] = {} if journal is None else journal.cold

    def taken(job: SampleJob, sample: Sample, cold_s: float | None = None) -> None:
        known[job] = sample
        if cold_s is not None:
            cold[job] = cold_s
        if journal is not None:
            journal.add(job, sample, cold_s)
        ways.told(len(known), plan.size, sample)
        spent.add(sample)

    done = False
    try:
        left = [job for job in plan.jobs() if job not in known]
        if ways.workers is None:
            await _take_here(parts, left, taken)
        else:
            setup = WorkerSetup(plan=plan.portable(), settings=parts.settings)
            await ways.workers.take(setup, lots_of(left), taken)
        done = True
    finally:
        if journal is not None:
            journal.close(done=done)
    clock = clock_of(parts.settings, parts.app.time_zone)
    found = comparison_of(plan, known, measured_on(clock))
    return replace(found, lines=_lines(parts), cold_starts_s=_first_of_each(plan, cold))


def lots_of(jobs: Sequence[SampleJob]) -> list[list[SampleJob]]:
    """Cut jobs into lots: a subject with services or a real model of its own in one, and first."""
    by_lot = in_lots(jobs, 0)
    whole = [lot for lot in by_lot if _is_heavy(lot[0])]
    rest = [job for lot in by_lot if not _is_heavy(lot[0]) for job in lot]
    return whole + in_lots(rest, LOT)


def comparison_of(
    plan: ComparisonPlan, known: Mapping[SampleJob, Sample], measured: Mapping[str, str]
) -> Comparison:
    """Put the samples of a plan together, in its order."""
    return Comparison(
        app=plan.app,
        seed=plan.seed,
        repeat=plan.repeat,
        scenarios=tuple(each.name for each in plan.scenarios),
        faults=plan.faults,
        subjects=plan.subjects,
        samples=tuple(known[job] for job in plan.jobs()),
        measured_on=measured,
    )


def measured_on(clock: Clock) -> Mapping[str, str]:
    """Tell what times depend on."""
    return {
        "batuta": version(DISTRIBUTION),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "at": clock.now().isoformat(timespec="seconds"),
    }


class MoneySpent:
    """Counts what samples cost, and says when it is enough.

    Args:
        most: None is without limit.
        known: Samples of before.
    """

    def __init__(self, most: Decimal | None, known: Mapping[SampleJob, Sample]) -> None:
        self.most = most
        self.usd = sum((each.usd or Decimal(0) for each in known.values()), Decimal(0))

    def add(self, sample: Sample) -> None:
        """Count one more.

        Raises:
            BudgetExceeded: It is enough.
        """
        self.usd += sample.usd or Decimal(0)
        if self.most is not None and self.usd > self.most:
            most, used = float(self.most), float(self.usd)
            raise BudgetExceeded("cost_usd", limit=most, used=used, whose="the comparison")


def _lines(parts: StandParts) -> tuple[int | None, ...]:
    app, settings = parts.app, parts.settings
    styles = (app_style(app, each.style, settings).style for each in parts.plan.subjects)
    return tuple(lines_of(app, style) for style in styles)


def _first_of_each(
    plan: ComparisonPlan, cold: Mapping[SampleJob, float]
) -> tuple[float | None, ...]:
    """Give each subject's cold start, the first where it has several: it was begun again."""
    found: dict[Subject, float] = {}
    for job, seconds in cold.items():
        found.setdefault(job.subject, seconds)
    return tuple(found.get(each) for each in plan.subjects)


async def _take_here(parts: StandParts, jobs: Sequence[SampleJob], taken: Taken) -> None:
    for lot in in_lots(jobs, 0):
        async with Stand(parts, lot[0].subject) as stand:
            for job in lot:
                taken(job, await stand.sample(job), None)


def _is_heavy(job: SampleJob) -> bool:
    placed = any(style.key == job.subject.style and style.independent for style in STYLES)
    return placed or job.subject.model != OFFLINE
