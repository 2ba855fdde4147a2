"""Measures one program in its own environment; the last line that it prints is one JSON object.

Run by ``bench.peers`` as ``python -m bench.peers.worker <file> <mode> <quick>``. CPU is that of the
process, all threads together; a figure is the median of several repeats. Every answer is checked.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import statistics
import sys
import time
import traceback
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from bench.peers import tasks
from bench.peers.loading import load, run_of
from bench.peers.tasks import Run

LATENCY_S = 0.05
SESSION_LATENCY_S = 0.1
ANSWERS = {
    "agent": tasks.BOOKED,
    "workflow": "ok",
    "functions": 5,
    "router": "ok",
    "reflection": "draft 3",
    "handoffs": "ok",
}
Figures = dict[str, float]


class Effort(NamedTuple):
    """How long is measured."""

    least_s: float
    repeats: int
    at_once: int


USUAL, QUICK = Effort(0.2, 5, 1_000), Effort(0.05, 3, 200)


async def repeated(run: Run, times: int) -> None:
    """Run so many times, and let the loop drop the timers that were cancelled."""
    for number in range(times):
        await run()
        if not number % 16:
            await asyncio.sleep(0)


async def cpu_us(run: Run, answer: object, effort: Effort) -> Figures:
    """Give the CPU microseconds of a run."""
    for _ in range(3):
        checked(await run(), answer)
    times, spent = 1, 0.0
    while spent < effort.least_s / 4:
        times *= 4
        began = time.process_time()
        await repeated(run, times)
        spent = time.process_time() - began
    times = max(1, round(times * effort.least_s / spent))
    taken: list[float] = []
    for _ in range(effort.repeats):
        gc.collect()
        began = time.process_time()
        await repeated(run, times)
        taken.append((time.process_time() - began) / times * 1e6)
    return {"cpu_us": statistics.median(taken)}


def checked(answer: object, wanted: object) -> None:
    """Refuse a program that does not do what it is measured at."""
    if answer != wanted:
        raise AssertionError(f"wrong answer: {answer!r:.100}, not {wanted!r:.100}")


async def made(program: ModuleType, effort: Effort) -> Figures:
    """Measure making an agent, while all that were made are kept."""
    make = program.made
    for _ in range(3):
        make()
    began = time.process_time()
    make()
    count = effort.at_once if time.process_time() - began < 0.003 else 100
    taken: list[float] = []
    for _ in range(effort.repeats):
        gc.collect()
        began = time.process_time()
        kept = [make() for _ in range(count)]
        taken.append((time.process_time() - began) / count * 1e6)
        del kept
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    kept = [make() for _ in range(count)]
    gc.collect()
    size = (tracemalloc.get_traced_memory()[0] - before) / len(kept)
    tracemalloc.stop()
    return {"cpu_us": statistics.median(taken), "bytes": size}


async def fanned(make: Callable[..., Any], effort: Effort) -> Figures:
    """Measure many agents at once, each waiting for its model."""
    count, wanted = effort.at_once, ["ok"] * effort.at_once
    run = await run_of(make, count, LATENCY_S)
    checked(await run(), wanted)
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(3):
        gc.collect()
        began, spent = time.perf_counter(), time.process_time()
        await run()
        wall.append((time.perf_counter() - began) * 1e3)
        cpu.append((time.process_time() - spent) / count * 1e6)
    return {"wall_ms": statistics.median(wall), "cpu_us": statistics.median(cpu)}


async def sessions(make: Callable[..., Any], effort: Effort) -> Figures:
    """Measure many conversations at once, each of three model calls and two tool calls."""
    count = effort.at_once
    run = await run_of(make, SESSION_LATENCY_S)
    for _ in range(2):
        checked(await asyncio.gather(*[run() for _ in range(5)]), [tasks.BOOKED] * 5)
    gc.collect()
    before_kb = memory_kb("VmRSS")
    forget_highest_use()
    began, spent = time.perf_counter(), time.process_time()
    answers = await asyncio.gather(*[run() for _ in range(count)])
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - spent
    checked(answers, [tasks.BOOKED] * count)
    return {
        "wall_ms": wall_s * 1e3,
        "cpu_us": cpu_s / count * 1e6,
        "kb": (memory_kb("VmHWM") - before_kb) / count,
    }


def forget_highest_use() -> None:
    """Let Linux count this process's highest use of memory anew."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def memory_kb(what: str) -> int:
    """Read a figure of this process from Linux."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(what))


async def measured(program: ModuleType, mode: str, effort: Effort) -> dict[str, Figures | str]:
    """Measure all that a program can do of a mode; what fails stands with its error."""
    work: dict[str, Callable[[Any], Any]] = {}
    if mode == "core":
        work["made"] = lambda _: made(program, effort)
        for name, answer in ANSWERS.items():
            work[name] = lambda make, answer=answer: _one(make, answer, effort)
    elif mode == "parallel":
        work = dict.fromkeys(("fan_out", "own_fan_out"), lambda make: fanned(make, effort))
    else:
        work["agent"] = lambda make: sessions(make, effort)
    figures: dict[str, Figures | str] = {}
    for name, measure in work.items():
        make = getattr(program, name, None)
        if make is None:
            continue
        try:
            figures[name] = await measure(make)
        except Exception as error:  # a program that fails must not hide its others
            traceback.print_exc()
            figures[name] = f"{type(error).__name__}: {error}"[:300]
    return figures


async def _one(make: Callable[..., Any], answer: object, effort: Effort) -> Figures:
    return await cpu_us(await run_of(make), answer, effort)


def main() -> None:
    """Measure what the command line says, and leave at once: some leave threads behind."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    file, mode, quick = sys.argv[1:]
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # kept open to the end, for tasks that never end
    effort = QUICK if quick == "1" else USUAL
    figures = loop.run_until_complete(measured(load(file), mode, effort))
    print("\n" + json.dumps(figures), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
