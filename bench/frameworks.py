"""What a framework's loop costs on our Run, beside the same framework alone.

Run: ``python -m bench.frameworks``. One agent of three calls of the same fake model and two of
tools. CPU time, both in turns in one process, the median of the rounds; the framework alone has no
budget, policy, trace, record or retry. Those that cannot live beside the others run in environments
of their own, which ``make fetch`` makes. An import is timed in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from batuta import Message, Price, SingleAgent, local_runtime, tool
from batuta.core.price import PriceTable
from batuta.styles.extras import is_installed
from batuta.styles.frameworks import FRAMEWORKS
from bench.peers import ours, tasks

AIM = 1.15
ROUNDS, RUNS = 9, 20
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
    """CPU of one run alone and on our Run, in milliseconds, and of the import."""

    framework: str
    alone_ms: float
    ours_ms: float
    import_ms: float

    def __str__(self) -> str:
        ratio = self.ours_ms / self.alone_ms
        missed = "" if ratio <= AIM else f"   missed (aim: {AIM:g})"
        told = f"{self.alone_ms:8.2f} {self.ours_ms:8.2f} {ratio:6.2f} {self.import_ms:8.0f}"
        return f"{self.framework:16} {told}{missed}"


def on_our_run(framework: str) -> Call:
    """Make whole runs of style E's agent on a framework's loop, everything on."""
    agent = SingleAgent(
        name="booker",
        instructions=tasks.INSTRUCTIONS,
        model=ours.Fake(tasks.books),
        tools=(
            tool(tasks.check_availability),
            tool(effect="write", key=("date", "time"))(tasks.book),
        ),
        loop=FRAMEWORKS[framework].loop(),
    )
    prices = PriceTable({"fake:*": Price(1.0, 2.0, "bench")})
    runtime = local_runtime(model=ours.Fake(tasks.says_ok), prices=prices)

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
    return Figures(framework, alone_ms, ours_ms, import_ms(statement))


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
    print("CPU ms of one run: alone, on our Run, times; of its import")
    missed = False
    for name, framework in FRAMEWORKS.items():
        here = is_installed(framework.module)
        figures = asyncio.run(measured(name)) if here else elsewhere(name)
        print(figures or f"{name:16} not installed: make fetch", flush=True)
        missed = missed or figures is None or figures.ours_ms > AIM * figures.alone_ms
    return int(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
