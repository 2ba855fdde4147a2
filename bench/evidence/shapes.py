"""What a tree of managers takes, by its depth and width."""

from __future__ import annotations

import asyncio
import time

from batuta import FunctionAgent, Hierarchical, Message, Run, local_runtime
from batuta.core.agent import Agent
from bench.evidence.finding import Finding, Study

WAIT_S, SHAPES = 0.05, ((1, 1), (1, 4), (1, 16), (2, 4), (3, 3))


def tree(depth: int, width: int, name: str = "top") -> Agent:
    """Make a tree of managers over workers that each wait a while."""

    async def wait(message: Message, run: Run) -> Message:
        del message, run
        await asyncio.sleep(WAIT_S)
        return Message.assistant("done")

    if depth == 0:
        return FunctionAgent(name=name, answer=wait)
    below = [tree(depth - 1, width, f"{name}_{n}") for n in range(width)]

    async def manage(message: Message, run: Run) -> Message:
        del run
        if (message.data or {}).get("results") is None:
            plan = [{"team": "all", "worker": each.name, "task": "do it"} for each in below]
            return Message.assistant("plan", {"assignments": plan})
        return Message.assistant("put together")

    manager = FunctionAgent(name=f"{name}_manager", answer=manage)
    return Hierarchical(name=name, manager=manager, teams={"all": below}, max_depth=depth)


async def study() -> tuple[Study, list[Finding]]:
    """Run trees of several shapes and time them beside their workers one after the other."""
    runtime = local_runtime()
    rows: list[tuple[str, ...]] = []
    for depth, width in SHAPES:
        began = time.perf_counter()
        record = (await runtime.run(tree(depth, width), Message.user("Do it"))).raised()
        took = time.perf_counter() - began
        calls = sum(e.kind == "agent" and e.phase == "start" for e in record.events)
        workers = width**depth
        rows.append(
            (
                *(f"{depth}", f"{width}", f"{workers}", f"{calls}"),
                *(f"{1000 * took:.0f} ms", f"{workers * WAIT_S / took:.1f}"),
            )
        )
    await runtime.stop()
    told = Study(
        title="Trees of managers",
        words=[_WORDS.format(wait=1000 * WAIT_S)],
        head=("depth", "width", "workers", "calls of agents", "took", "times faster"),
        rows=rows,
    )
    *_, last = rows
    found = Finding(
        number=36,
        measure="calls and time of trees of managers over workers that wait",
        figure=f"{last[2]} workers three deep: {last[3]} calls, {last[5]} times faster than one by "
        "one",
        model="none",
        verdict="in part",
        note="delegation scales; whether the plan is right is the model's part, and not measured",
    )
    return told, [found]


_WORDS = """\
Every worker waits {wait:.0f} ms, managers answer at once; times faster is beside the same workers
one after another. A manager is called twice: for its plan, and to put together."""
