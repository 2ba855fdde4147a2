"""Times pairs of calls side by side, so that a busy machine disturbs both alike."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

Call = Callable[[], Awaitable[object]]


class Row(NamedTuple):
    """One figure.

    Args:
        aim: What it should be at most; None where it stands for itself.
    """

    what: str
    figure: str
    aim: float | None = None

    def __str__(self) -> str:
        aim = "" if self.aim is None else f"(aim: at most {self.aim:g})"
        return f"{self.what:58} {self.figure:>16}   {aim}".rstrip()


async def one_by_one(call: Call, times: int) -> float:
    """Give the median milliseconds of a call, one in flight."""
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        await call()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


async def together(call: Call, times: int, in_flight: int = 50) -> float:
    """Give the milliseconds that one call takes out of many, so many in flight."""
    left = times

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await call()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())
    return (time.perf_counter() - began) / times * 1e3


async def beside(
    bare: Call, ours: Call, measure: Callable[[Call, int], Awaitable[float]], *, times: int
) -> tuple[float, float, float]:
    """Measure two calls in turn; give the medians of both and of the rounds' ratios."""
    rounds = 7
    await measure(bare, times // 5)
    await measure(ours, times // 5)
    pairs = [(await measure(bare, times), await measure(ours, times)) for _ in range(rounds)]
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    return statistics.median(p[0] for p in pairs), statistics.median(p[1] for p in pairs), ratio
