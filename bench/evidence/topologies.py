"""How errors and work grow with the topology, by workers whose error rate is set.

Source: Towards a Science of Scaling Agent Systems, arXiv 2512.08296: error amplification (an error
rate over that of one agent) and overhead (work over that of one agent), by topology.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from batuta import (
    Ensemble,
    FunctionAgent,
    Hierarchical,
    LocalRuntime,
    Message,
    Parallel,
    Run,
    local_runtime,
)
from batuta.compose.reflection import Reflection
from batuta.core.agent import Agent
from batuta.lab.report.words import estimate_text
from batuta.lab.statistics import wilson
from bench.evidence.finding import Study

PARTS, TASKS, VOTERS = 4, 400, 5
RATES, CATCHES, ALIKE = (0.05, 0.1, 0.2), (0.0, 0.4, 0.8), (0.0, 0.5, 1.0)
RIGHT, WRONG = "right", "wrong"


@dataclass(kw_only=True)
class Luck:
    """What goes wrong in one task; every topology meets the same.

    Args:
        rate: How probable it is that a try at a part of the work goes wrong.
        alike: How probable it is that a worker errs just where the others do.
        catches: How probable it is that a look at a wrong part sees that it is.
    """

    seed: str
    rate: float
    alike: float
    catches: float
    calls: int = 0

    def attempt(self, worker: str, part: int, nth: int = 0) -> str:
        """Make a try at a part: a call of a model, if it were one."""
        self.calls += 1
        own = random.Random(f"{self.seed}/{worker}/{part}/{nth}")  # noqa: S311 - a simulation
        if own.random() < self.alike:
            own = random.Random(f"{self.seed}/all/{part}/{nth}")  # noqa: S311 - a simulation
        return WRONG if own.random() < self.rate else RIGHT

    def sees(self, part: int, nth: int = 0) -> bool:
        """Whether a look at a part that is wrong sees it."""
        luck = random.Random(f"{self.seed}/look/{part}/{nth}")  # noqa: S311 - a simulation
        return luck.random() < self.catches


def single(luck: Luck, name: str = "single", *, looks: bool = True) -> Agent:
    """One agent does part after part, has those before in view, and may see that one is wrong."""

    async def answer(message: Message, run: Run) -> Message:
        del message, run
        done: list[str] = []
        for part in range(PARTS):
            done.append(luck.attempt(name, part))
            before = part - 1
            if looks and before >= 0 and done[before] == WRONG and luck.sees(before):
                done[before] = luck.attempt(name, before, 1)
        return Message.assistant(" ".join(done))

    return FunctionAgent(name=name, answer=answer)


def worker(luck: Luck, part: int) -> FunctionAgent:
    """Make the one that does one part, anew each time it is asked."""
    tries = 0

    async def answer(message: Message, run: Run) -> Message:
        nonlocal tries
        del message, run
        made = luck.attempt("single", part, tries)
        tries += 1
        return Message.assistant(made)

    return FunctionAgent(name=f"worker{part}", answer=answer)


def independent(luck: Luck) -> Agent:
    """Workers with a part each, at once; nobody looks."""
    return Parallel(members=[worker(luck, part) for part in range(PARTS)])


def centralised(luck: Luck) -> Agent:
    """A manager gives out the parts, looks at each, and has it done again where it is wrong."""

    def looked_at(part: int) -> Agent:
        looks = 0

        async def look(message: Message, run: Run) -> Message:
            nonlocal looks
            del run
            luck.calls += 1
            wrong = WRONG in str((message.data or {})["draft"])
            seen = wrong and luck.sees(part, looks)
            looks += 1
            return Message.assistant(
                "again" if seen else "fine", {"score": 0.0 if seen else 1.0, "feedback": "look"}
            )

        critic = FunctionAgent(name=f"look{part}", answer=look)
        return Reflection(
            name=f"part{part}", generator=worker(luck, part), critics=[critic], max_rounds=2
        )

    names = [f"part{part}" for part in range(PARTS)]

    async def manage(message: Message, run: Run) -> Message:
        del run
        luck.calls += 1
        results = (message.data or {}).get("results")
        if results is None:
            plan = [{"team": "all", "worker": name, "task": name} for name in names]
            return Message.assistant("plan", {"assignments": plan})
        return Message.assistant(str(results))

    manager = FunctionAgent(name="manager", answer=manage)
    teams = {"all": [looked_at(part) for part in range(PARTS)]}
    return Hierarchical(manager=manager, teams=teams)


def voting(luck: Luck) -> Agent:
    """Several agents do the whole each, and vote; nobody looks."""
    return Ensemble(voters=[single(luck, f"voter{n}", looks=False) for n in range(VOTERS)])


TOPOLOGIES: dict[str, Callable[[Luck], Agent]] = {
    "single": single,
    "independent": independent,
    "centralised": centralised,
    "voting": voting,
}


async def study() -> Study:
    """Run every topology under every rate, and give errors and work beside one agent's."""
    runtime = local_runtime()
    rows: list[tuple[str, ...]] = []
    for rate in RATES:
        for alike, catches in [(0.0, each) for each in CATCHES] + [(a, 0.4) for a in ALIKE[1:]]:
            rows += await _setting(runtime, rate=rate, alike=alike, catches=catches)
    await runtime.stop()
    return Study(
        title="Errors and work by topology (arXiv 2512.08296)",
        words=[_WORDS.format(parts=PARTS, tasks=TASKS, voters=VOTERS), orderings(rows)],
        head=(
            *("error rate", "alike", "seen", "topology", "tasks that went wrong"),
            *("times one agent's errors", "times its calls"),
        ),
        rows=rows,
    )


async def _setting(
    runtime: LocalRuntime, *, rate: float, alike: float, catches: float
) -> Sequence[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    base: tuple[int, int] | None = None
    for name, build in TOPOLOGIES.items():
        wrong = calls = 0
        for task in range(TASKS):
            luck = Luck(seed=str(task), rate=rate, alike=alike, catches=catches)
            record = (await runtime.run(build(luck), Message.user("Do it"))).raised()
            wrong += WRONG in record.text or not record.text
            calls += luck.calls
        base = base or (wrong, calls)
        found = wilson(wrong, TASKS)
        rows.append(
            (
                *(f"{rate:.0%}", f"{alike:.0%}", f"{catches:.0%}", name),
                "" if found is None else estimate_text(found),
                f"{wrong / base[0]:.2f}" if base[0] else "none erred",
                f"{calls / base[1]:.2f}",
            )
        )
    return rows


def orderings(rows: Sequence[Sequence[str]]) -> str:
    """Say in how many settings the published orderings came out."""
    settings: dict[tuple[str, ...], dict[str, tuple[float, float]]] = {}
    for *setting, name, _, errors, work in rows:
        settings.setdefault(tuple(setting), {})[name] = (float(errors), float(work))
    looked = [found for key, found in settings.items() if key[2] != "0%"]
    n = len(settings)
    errors = sum(f["independent"][0] >= f["centralised"][0] for f in settings.values())
    above = sum(f["independent"][0] >= 1 for f in settings.values())
    work = sum(f["centralised"][1] > f["independent"][1] for f in settings.values())
    below = sum(f["centralised"][0] <= 1 for f in looked)
    return (
        f"Independent workers err at least as often as centralised ones in {errors} of {n} "
        f"settings, and as one agent in {above} of {n}; centralised ones take more calls than "
        f"independent ones in {work} of {n}. Published: independent 17.2 times and centralised "
        "4.4 times one agent's errors: the order is that, and the size is not. Here centralised "
        f"ones err no more than one agent in {below} of the {len(looked)} settings in which looks "
        "see anything, as their manager sees each part with the same eyes as one agent does, and "
        "at once."
    )


_WORDS = """\
Assumed, and swept: how often a try at one of {parts} parts goes wrong, how often errors are shared
by all (alike), how often a look at a wrong part sees it. Real patterns run it ({tasks} tasks for
each line, the same luck for every topology): one agent that has its earlier parts in view;
`Parallel`, in which nobody looks; `Hierarchical`, whose manager looks at every part and has it done
again; `Ensemble` of {voters} that do the whole and vote. No model answers, so nothing is said of
any model's errors."""
