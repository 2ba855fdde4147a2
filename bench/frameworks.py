"""What a framework's loop costs on our Run, beside the same framework alone.

Run: ``python -m bench.frameworks``. One agent of three calls of the same fake model and two of
tools. CPU time, both in turns in one process, the median of the rounds; the framework alone has no
budget, policy, trace, record or retry. Those that cannot live beside the others run in environments
of their own, which ``make fetch`` makes. An import is timed in a process of its own, and so is a
crowd: a thousand runs of one agent at once, by CPU of each and by what memory grows at its peak.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from batuta import Message, Price, SingleAgent, local_runtime, tool
from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore
from batuta.core.price import PriceTable
from batuta.styles.extras import is_installed
from batuta.styles.frameworks import FRAMEWORKS
from bench.peers import ours, tasks

AIM = 1.15
ROUNDS, RUNS = 9, 20
CROWD = 1_000
ROOT = Path(__file__).parents[1]
ALONE = {
    "openai-agents": ("bench.peers.others.openai_agents", "from agents import Agent, Runner"),
    "pydantic-ai": ("bench.peers.others.pydantic_ai", "from pydantic_ai import Agent"),
    "langgraph": ("bench.loops.langgraph", "from langchain.agents import create_agent"),
    "strands": ("bench.peers.others.strands", "from strands import Agent"),
    "adk": ("bench.loops.adk", "from google.adk.runners import Runner"),
    "agent-framework": ("bench.loops.agent_framework", "from agent_framework import RawAgent"),
}
"""The framework alone, and what its user imports."""
Call = Callable[[], Awaitable[object]]


class Figures(NamedTuple):
    """CPU of one run alone and on our Run, in milliseconds, of the import, and of a crowd."""

    framework: str
    alone_ms: float
    ours_ms: float
    import_ms: float
    crowd_ms: float
    crowd_mib: float

    def __str__(self) -> str:
        ratio = self.ours_ms / self.alone_ms
        missed = "" if ratio <= AIM else f"   missed (aim: {AIM:g})"
        told = f"{self.alone_ms:8.2f} {self.ours_ms:8.2f} {ratio:6.2f} {self.import_ms:8.0f}"
        crowd = f"{self.crowd_ms:8.2f} {self.crowd_mib:8.0f}"
        return f"{self.framework:16} {told} {crowd}{missed}"


class Crowd(ours.Fake):
    """Lets nobody's first question be answered before all have asked."""

    def __init__(self) -> None:
        super().__init__(tasks.books)
        self.missing = 1
        self.complete = asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer as the other does, when all are there."""
        self.missing -= 1
        if self.missing == 0:
            self.complete.set()
        await self.complete.wait()
        return await super().reply(request, emit)


def on_our_run(framework: str, model: Model | None = None) -> Call:
    """Make whole runs of style E's agent on a framework's loop, everything on."""
    agent = SingleAgent(
        name="booker",
        instructions=tasks.INSTRUCTIONS,
        model=model or ours.Fake(tasks.books),
        tools=(
            tool(tasks.check_availability),
            tool(effect="write", key=("date", "time"))(tasks.book),
        ),
        loop=FRAMEWORKS[framework].loop(),
    )
    prices = PriceTable({"fake:*": Price(1.0, 2.0, "bench")})
    runtime = local_runtime(
        model=ours.Fake(tasks.says_ok), prices=prices, max_concurrent_calls=CROWD
    )

    async def run() -> str:
        return (await runtime.run(agent, Message.user(tasks.QUESTION))).raised().text

    return run


async def measured(framework: str) -> Figures:
    """Time both in turns."""
    file, statement = ALONE[framework]
    alone: Call = import_module(file).agent()
    together = on_our_run(framework)
    for call in (alone, together):
        answer = str(await call()).strip()
        if answer != tasks.BOOKED:
            raise SystemExit(f"{framework} answered: {answer}")
    spent: dict[Call, list[float]] = {alone: [], together: []}
    for _ in range(ROUNDS):
        for call, taken in spent.items():
            began = time.process_time()
            for _ in range(RUNS):
                await call()
            taken.append((time.process_time() - began) / RUNS * 1e3)
    alone_ms, ours_ms = (statistics.median(spent[call]) for call in (alone, together))
    crowd = json.loads(_output("-m", "bench.frameworks", "--crowd", framework))
    return Figures(framework, alone_ms, ours_ms, import_ms(statement), *crowd)


async def crowded(framework: str) -> tuple[float, float]:
    """Give the CPU milliseconds of each of a thousand runs at once, and the MiB that they took."""
    model = Crowd()
    together = on_our_run(framework, model)
    await together()
    model.missing = CROWD
    model.complete.clear()
    before, began = _peak_mib(), time.process_time()
    said = await asyncio.gather(*(together() for _ in range(CROWD)))
    took = (time.process_time() - began) / CROWD * 1e3
    if {str(each).strip() for each in said} != {tasks.BOOKED}:
        raise SystemExit(f"{framework} answered otherwise in a crowd")
    return took, _peak_mib() - before


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def import_ms(statement: str) -> float:
    """Give the CPU milliseconds of an import: the least of three processes."""
    program = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    return min(float(_output("-c", program)) for _ in range(3)) * 1e3


def elsewhere(framework: str) -> Figures | None:
    """Measure in a framework's own environment; None where there is none."""
    python = ROOT / ".tools" / f"loops-{framework}" / "bin" / "python"
    if not python.exists():
        return None
    told = _output("-m", "bench.frameworks", "--only", framework, python=str(python))
    return Figures(*json.loads(told.splitlines()[-1]))


def _output(*words: str, python: str = sys.executable) -> str:
    done = subprocess.run([python, *words], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout


def main(words: list[str]) -> int:
    """Measure one for another process, or all and tell."""
    if words[:1] == ["--only"]:
        print(json.dumps(asyncio.run(measured(words[1]))))
        return 0
    if words[:1] == ["--crowd"]:
        print(json.dumps(asyncio.run(crowded(words[1]))))
        return 0
    print("CPU ms of one run: alone, on our Run, times; of its import; of one in 1,000; their MiB")
    missed = False
    for name, framework in FRAMEWORKS.items():
        here = is_installed(framework.module)
        figures = asyncio.run(measured(name)) if here else elsewhere(name)
        print(figures or f"{name:16} not installed: make fetch", flush=True)
        missed = missed or figures is None or figures.ours_ms > AIM * figures.alone_ms
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
