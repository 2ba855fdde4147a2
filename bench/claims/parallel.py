"""Parallel: how much sooner four slow agents have answered than one after the other."""

from __future__ import annotations

import asyncio
import time

from batuta import FunctionAgent, Message, Parallel, Run, Workflow, local_runtime
from bench.claims.figures import Line, interval, verdict

AGENTS, WAIT_S, REPEATS = 4, 0.2, 20


async def wait(message: Message, run: Run) -> Message:
    """Answer after a while, as a model does."""
    del run
    await asyncio.sleep(WAIT_S)
    return Message.assistant(f"{message.text} done")


async def measure() -> Line:
    """Time both ways in turn, so that a busy machine slows both."""
    agents = [FunctionAgent(name=f"agent{n}", answer=wait) for n in range(AGENTS)]
    runtime = local_runtime()
    ways = (Workflow(steps=agents), Parallel(members=agents))
    ratios: list[float] = []
    for _ in range(REPEATS):
        took: list[float] = []
        for way in ways:
            began = time.perf_counter()
            (await runtime.run(way, Message.user("go"))).raised()
            took.append(time.perf_counter() - began)
        ratios.append(took[0] / took[1])
    await runtime.stop()
    found = interval(ratios)
    return Line(
        pattern="Parallel",
        claim="3 to 4 times faster",
        measured=found.times(),
        holds=verdict(found, 3.0),
        workload=(
            f"{AGENTS} agents that each wait {WAIT_S * 1000:.0f} ms, under `Parallel` and as steps "
            "of a `Workflow`. The ceiling is the sum of the members' times over the longest of "
            "them: 4 here, less where one is slower than the others."
        ),
        repeats=f"{REPEATS}, the two ways in turn",
        simulated="the agents' work is waiting",
    )
