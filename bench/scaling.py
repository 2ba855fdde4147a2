"""What must cost the same for each, few or many: CPU per item at two sizes, side by side.

Run: ``make bench``. A row fails where an item of many costs more than twice one of few. That is
without Python's collector of garbage, whose part hangs on all that is alive; with it stands beside.
"""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from batuta import (
    Agent,
    Budget,
    FunctionAgent,
    FunctionCalling,
    HandoffAgent,
    Message,
    ModelReply,
    ModelRequest,
    Parallel,
    Price,
    Router,
    Run,
    RunOptions,
    RunRecord,
    Swarm,
    ToolCall,
    Usage,
    local_runtime,
    tool,
)
from batuta.core.model import Emit, ignore
from batuta.core.price import PriceTable
from batuta.errors import AgentFailed
from batuta.parts.members import check_members
from batuta.runtimes.local.registry import Registry

AIM = 2.0
FEW, MANY = 100, 4_000
SHALLOW, DEEP = 64, 512
MOST = Budget(
    model_calls=10**6, tool_calls=10**6, tokens=10**10, cost_usd=10.0**6, depth=10**4, seconds=600
)
QUESTION = Message.user("go")
Work = Callable[[int], Awaitable[object]]


@dataclass(frozen=True)
class Turns:
    """A model that wishes for a tool ``turns`` times, one after the other, then answers."""

    turns: int = 0
    name: str = "bench:turns"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Wish or answer, by how many messages there are."""
        done = (len(request.messages) - 2) // 2
        if done >= self.turns:
            return ModelReply("ok", usage=Usage(10, 3), model=self.name)
        wish = ToolCall(f"call{done}", "look", {"day": "monday"})
        return ModelReply(
            "", (wish,), usage=Usage(10, 3), stop_reason="tool_calls", model=self.name
        )


@tool
async def look(day: str) -> str:
    """Look at a day."""
    return day


async def _say(message: Message, run: Run) -> Message:
    del message, run
    return Message.assistant("ok")


async def _fail(message: Message, run: Run) -> Message:
    del message
    raise AgentFailed(run.agent.name if run.agent else "", "fell ill")


async def _label(message: Message, run: Run) -> Message:
    del message, run
    return Message.assistant("go", {"label": "go", "confidence": 1.0})


async def _ran(agent: Agent, prices: Sequence[str] = ("bench:*",)) -> RunRecord:
    """Run an agent with everything on, and nothing in its way."""
    table = PriceTable(dict.fromkeys(prices, Price(1.0, 2.0, "bench")))
    host = local_runtime(model=Turns(), prices=table, max_concurrent_calls=10**6)
    return (await host.run(agent, QUESTION, RunOptions(budget=MOST))).raised()


def _combined(members: Sequence[Any]) -> Message:
    return Message.assistant(str(len(members)))


def _parallel(make: Callable[[int], Agent], **options: Any) -> Work:
    """Run as many members as are asked for at once."""

    async def work(count: int) -> object:
        members = [make(number) for number in range(count)]
        return await _ran(Parallel(members=members, combine=_combined, **options))

    return work


def _swarm(number: int) -> Agent:
    pair = [HandoffAgent(name=name, instructions="Answer.") for name in ("a", "b")]
    return Swarm(name=f"swarm{number}", members=pair)


def _router(number: int) -> Agent:
    classifier = FunctionAgent(name="classifier", answer=_label)
    route = FunctionCalling(tools=(), name="route")
    return Router(name=f"router{number}", classifier=classifier, routes={"go": route})


async def _half_fail(count: int) -> object:
    answers = (_say, _fail)
    members = [FunctionAgent(name=f"m{n}", answer=answers[n % 2]) for n in range(count)]
    return await _ran(Parallel(members=members, combine=_combined, mode="partial"))


async def _quorum(count: int) -> object:
    members = [FunctionAgent(name=f"m{n}", answer=_say) for n in range(count)]
    return await _ran(Parallel(members=members, combine=_combined, mode="quorum", k=count))


async def _checked(count: int) -> object:
    return check_members([f"m{number}" for number in range(count)], "member")


async def _registered(count: int) -> object:
    registry = Registry()
    registry.register(*(FunctionAgent(name=f"m{n}", answer=_say) for n in range(count)))
    await registry.start()
    await registry.start()
    return registry.names()


async def _looped(count: int) -> object:
    agent = FunctionCalling(tools=(look,), model=Turns(count), max_turns=count + 1)
    return await _ran(agent)


async def _unpriced(count: int) -> object:
    async def asks(message: Message, run: Run) -> Message:
        for name in ("other:a", "other:b"):
            model = Turns(name=name)
            for _ in range(count // 2):
                await run.ask([message], model=model)
        return message

    return await _ran(FunctionAgent(name="asks", answer=asks))


ROWS: tuple[tuple[str, Work], ...] = (
    ("Parallel of functions", _parallel(lambda n: FunctionAgent(name=f"m{n}", answer=_say))),
    ("Parallel of functions, as a quorum", _quorum),
    ("Parallel of functions, half of which fail", _half_fail),
    ("Parallel of Swarms", _parallel(_swarm)),
    ("Parallel of Routers", _parallel(_router)),
    ("check of the members' names", _checked),
    ("registering and starting agents", _registered),
    ("turns of one tool loop", _looped),
    ("calls of models without a price", _unpriced),
)


class Figure(NamedTuple):
    """What an item costs among few and among many.

    Args:
        collected: Among many, with the collector on.
    """

    what: str
    unit: str
    few: float
    many: float
    collected: float | None = None

    @property
    def ratio(self) -> float:
        """How much dearer it is among many."""
        return self.many / self.few

    def __str__(self) -> str:
        missed = "" if self.ratio <= AIM else "   MISSED"
        dear = f"{self.few:10.1f} {self.many:10.1f} {self.unit:8} {self.ratio:6.2f}"
        on = "" if self.collected is None else f", {self.collected:.1f} with the collector"
        return f"{self.what:44} {dear}   (aim: at most {AIM:g}{on}){missed}"


async def cpu_us(work: Work, count: int, rounds: int) -> float:
    """Give the median CPU microseconds for each item; small work is done often enough to tell."""
    taken: list[float] = []
    for _ in range(rounds):
        gc.collect()
        repeats, spent = 0, 0.0
        began = time.process_time()
        while spent < 0.02:
            await work(count)
            repeats += 1
            spent = time.process_time() - began
        taken.append(spent / repeats / count * 1e6)
    return statistics.median(taken)


async def nest(depth: int) -> float:
    """Give the bytes of each level of a nest's record, as it is kept."""
    agent: Agent = FunctionAgent(name="leaf", answer=_say)
    for level in range(depth):
        agent = Parallel(name=f"p{level}", members=[agent], combine=_combined)
    record = await _ran(agent)
    return len(json.dumps(record.to_json())) / depth


async def main() -> int:
    """Measure and print; give the number of rows that were missed."""
    figures: list[Figure] = []
    for what, work in ROWS:
        await work(FEW)
        collected = await cpu_us(work, MANY, 1)
        gc.disable()
        few, many = await cpu_us(work, FEW, 5), await cpu_us(work, MANY, 3)
        gc.enable()
        figures.append(Figure(what, "us CPU", few, many, collected))
        print(figures[-1], flush=True)
    sys.setrecursionlimit(100 * DEEP)
    figures.append(Figure("record of a deep nest", "bytes", await nest(SHALLOW), await nest(DEEP)))
    print(figures[-1])
    return sum(figure.ratio > AIM for figure in figures)


if __name__ == "__main__":
    raise SystemExit(min(1, asyncio.run(main())))
