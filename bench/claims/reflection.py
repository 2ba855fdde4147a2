"""Reflection: how many small programs pass tests that the critic never saw, before and after."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from math import nan

from batuta import LocalRuntime, Message, Run, local_runtime
from batuta.compose.reflection import Reflection
from bench.claims.figures import Interval, Line, interval, verdict
from bench.claims.programs import TASKS, Task, passed

SEEDS, ROUNDS = 12, 3
SLIPS, MENDS, SLIPS_AGAIN = (0.05, 0.15, 0.35), 0.7, 0.05
CODE = re.compile(r"```(?:python)?\n(.*?)```", re.DOTALL)


@dataclass(kw_only=True)
class Slipping:
    """Plays a writer who slips, and mends most slips once a test shows them.

    Args:
        luck: Decides on each slip.
        slips: How probable one is, in each of the places where people slip.
    """

    task: Task
    luck: random.Random
    slips: float
    name: str = "writer"
    role: str = "writes programs"
    drafts: list[str] = field(default_factory=list[str])
    slipped: set[int] = field(default_factory=set[int])

    async def execute(self, message: Message, run: Run) -> Message:
        """Write a draft; a rewrite starts from the slips of the one before."""
        del run
        feedback = str((message.data or {}).get("feedback", ""))
        for number in range(len(self.task.slips)):
            if not self.drafts:
                slips = self.luck.random() < self.slips
            elif number in self.slipped:
                slips = not (feedback and self.luck.random() < MENDS)
            else:
                slips = self.luck.random() < SLIPS_AGAIN
            (self.slipped.add if slips else self.slipped.discard)(number)
        program = self.task.right
        for number in sorted(self.slipped):
            program = program.replace(*self.task.slips[number])
        self.drafts.append(program)
        return Message.assistant(program)


@dataclass(kw_only=True)
class Writer:
    """A real model that writes the program."""

    task: Task
    model: str
    name: str = "writer"
    role: str = "writes programs"
    drafts: list[str] = field(default_factory=list[str])

    async def execute(self, message: Message, run: Run) -> Message:
        """Ask the model, and take the code out of its answer."""
        asked = [Message.system("Write one Python function. Answer with the code alone."), message]
        said = (await run.ask(asked, model=self.model)).text
        found = CODE.search(said)
        self.drafts.append(found[1] if found else said)
        return Message.assistant(self.drafts[-1])


@dataclass(frozen=True, kw_only=True)
class Tests:
    """A critic that runs the tests which it may see, and tells of those that fail."""

    task: Task
    name: str = "tests"
    role: str = "runs tests"

    async def execute(self, message: Message, run: Run) -> Message:
        """Score by the share of tests that pass."""
        draft = str((message.data or {})["draft"])

        async def tested() -> list[bool]:
            return await passed(draft, self.task.seen)

        marks = await run.step("tests", tested)
        failed = [test for test, good in zip(self.task.seen, marks, strict=True) if not good]
        feedback = "; ".join(f"this must be true: {test}" for test in failed)
        score = sum(marks) / len(marks)
        return Message.assistant(
            feedback or "all pass", {"score": score, "feedback": feedback or "All tests pass."}
        )


async def measure(model: str | None = None) -> Line:
    """Write every program once per seed; judge the first draft and the answer alike."""
    for task in TASKS:
        await _sound(task)
    runtime = local_runtime(model=model)
    details: list[tuple[str, str]] = []
    gains: list[Interval] = []
    for slips in (0.0,) if model else SLIPS:
        tried = [
            await _written(runtime, model, slips=slips, seed=seed)
            for seed in range(1 if model else SEEDS)
        ]
        gain = interval([last / first - 1 for first, last, _ in tried if first] or [nan])
        before, after = (interval([one[n] for one in tried]) for n in (0, 1))
        drafts = sum(one[2] for one in tried) / len(tried)
        who = model or f"a writer who slips in {slips:.0%} of the places"
        told = f"{before.percent()} of first drafts pass, {after.percent()} of answers"
        details.append((who, f"{told}; {drafts:.2f} drafts each; gain {gain.percent()}"))
        gains.append(gain)
    measured = ", ".join(f"{one.mean:.0%}" for one in gains)
    rates = "" if model else f" at slips of {', '.join(f'{s:.0%}' for s in SLIPS)}"
    verdicts = "; ".join(dict.fromkeys(verdict(one, 0.20, 0.50) for one in gains))
    return Line(
        pattern="Reflection",
        claim="20 to 50 % better",
        measured=f"{measured} more programs that pass{rates}",
        holds=verdicts if model else f"it follows from the writer ({verdicts})",
        workload=_WORKLOAD.format(tasks=len(TASKS), rounds=ROUNDS),
        repeats="one" if model else f"{SEEDS} (seeds 0 to {SEEDS - 1}) for each writer",
        simulated=f"nothing: {model} wrote" if model else f"the writer; mends {MENDS:.0%} of slips",
        details=details,
    )


async def _written(
    runtime: LocalRuntime, model: str | None, *, slips: float, seed: int
) -> tuple[float, float, float]:
    """Write every program; give the shares of first drafts and answers that pass, and drafts."""
    luck = random.Random(seed)  # noqa: S311 - a simulation
    first = last = drafts = 0
    for task in TASKS:
        played = Slipping(task=task, luck=luck, slips=slips)
        writer = Writer(task=task, model=model) if model else played
        way = Reflection(
            generator=writer,
            critics=[Tests(task=task)],
            max_rounds=ROUNDS,
            target=1.0,
            patience=ROUNDS,
        )
        answer = (await runtime.run(way, Message.user(task.request))).raised().text
        first += all(await passed(writer.drafts[0], task.held_back))
        last += all(await passed(answer, task.held_back))
        drafts += len(writer.drafts)
    size = len(TASKS)
    return first / size, last / size, drafts / size


async def _sound(task: Task) -> None:
    """Make sure that the tests tell right from wrong, or the figures would mean nothing."""
    tests = [*task.seen, *task.held_back]
    if not all(await passed(task.right, tests)):
        raise SystemExit(f"The right program fails its tests: {task.request}")
    for slip in task.slips:
        wrong = task.right.replace(*slip)
        if wrong == task.right or all(await passed(wrong, task.held_back)):
            raise SystemExit(f"No test held back shows the slip {slip} of: {task.request}")


_WORKLOAD = """\
{tasks} small Python functions. The critic runs tests in a limited process and tells which fail;
`Reflection` writes at most {rounds} drafts. First draft and answer are judged by other tests, which
the critic never sees, and which show one kind of slip that its own do not. The gain follows from
how often the writer slips and how well it mends. Run it on a real model with
`make bench-claims ARGS="--only reflection --writer openai:gpt-5-mini"`."""
