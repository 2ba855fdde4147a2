"""What the core costs: CPU and memory on a model that answers at once, beside bare asyncio.

Run: ``make bench``. All figures are of one process on one machine: compare the ratios.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from batuta import (
    FunctionAgent,
    FunctionCalling,
    Message,
    Model,
    ModelReply,
    ModelRequest,
    Price,
    Principal,
    Run,
    ToolCall,
    Usage,
    Workflow,
    local_runtime,
    tool,
)
from batuta.core.model import Emit, ignore
from batuta.core.price import PriceTable

AIMS = {"run": 160.0, "workflow": 130.0, "session_kb": 14.0, "import_ms": 120.0}
_USAGE = Usage(120, 20)


@tool
async def check_availability(date: str, time: str | None = None) -> dict[str, Any]:
    """Check open slots."""
    return {"date": date, "open": [f"{date}T{time}/A"]}


@tool(effect="write", key=("slot_id",))
async def book(slot_id: str, who: Principal) -> dict[str, Any]:
    """Book a slot."""
    return {"slot_id": slot_id, "member": who.id}


@dataclass(frozen=True)
class AtOnce:
    """Two tool calls, then an answer, each after ``latency_s``; told by the conversation alone."""

    name: str = "bench:at-once"
    latency_s: float = 0.0

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer by how many results are there."""
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        done = sum(1 for m in request.messages if m.role == "tool")
        if done >= len(_WISHES):
            return ModelReply("Booked.", usage=_USAGE, model=self.name)
        wish = ToolCall(f"call{done}", *_WISHES[done])
        return ModelReply("", (wish,), usage=_USAGE, stop_reason="tool_calls", model=self.name)


_WISHES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("check_availability", {"date": "2026-03-02", "time": "15:00"}),
    ("book", {"slot_id": "2026-03-02T15:00/A"}),
)
_PRICES = PriceTable({"bench:*": Price(1.0, 2.0, "bench")})


class _Check(BaseModel):
    date: str
    time: str | None = None


class _Book(BaseModel):
    slot_id: str


async def bare_loop(model: Model) -> str:
    """Do the same run with nothing around it but the validation of arguments."""
    messages = [Message.user("Book a court tomorrow at 3pm")]
    shapes: dict[str, type[BaseModel]] = {"check_availability": _Check, "book": _Book}
    while True:
        reply = await model.reply(ModelRequest(messages))
        if not reply.tool_calls:
            return reply.text
        for call in reply.tool_calls:
            made = shapes[call.name].model_validate(call.arguments).model_dump()
            if call.name == "book":
                made["who"] = Principal("me")
            result = await (check_availability if call.name != "book" else book)(**made)
            messages.append(Message.tool(call, str(result)))


def runtime(model: Model, limit: int = 10) -> Any:
    """Make a runtime with everything around: deadline, budget, trace, policy, retry."""
    return local_runtime(model=model, prices=_PRICES, max_concurrent_calls=limit)


def agent() -> FunctionCalling:
    """Make the agent of the first measure."""
    return FunctionCalling(tools=(check_availability, book), instructions="You book courts.")


async def _say(message: Message, run: Run) -> Message:
    del run
    return Message.assistant(message.text)


def workflow() -> Workflow:
    """Make five steps that pass a text on."""
    steps = [FunctionAgent(name=f"step{n}", answer=_say) for n in range(5)]
    return Workflow(steps=steps)


async def cpu_us(work: Callable[[], Awaitable[object]], times: int = 400, rounds: int = 9) -> float:
    """Give the median over rounds of the CPU microseconds that one run takes."""
    for _ in range(50):
        await work()
    measured: list[float] = []
    for _ in range(rounds):
        gc.collect()
        began = time.process_time()
        for _ in range(times):
            await work()
        measured.append((time.process_time() - began) / times * 1e6)
    return statistics.median(measured)


async def fan_out(count: int = 1_000, latency_s: float = 0.05) -> float:
    """Give the wall milliseconds of many agents in parallel, each waiting once."""

    async def wait(message: Message, run: Run) -> Message:
        del run
        await asyncio.sleep(latency_s)
        return message

    agents = [FunctionAgent(name=f"a{n}", answer=wait) for n in range(count)]

    async def all_of_them(message: Message, run: Run) -> Message:
        await run.together(*(run.call(one, message) for one in agents))
        return message

    host = runtime(AtOnce(), count + 1)
    began = time.perf_counter()
    record = await host.run(FunctionAgent(name="all", answer=all_of_them), Message.user("go"))
    record.raised()
    return (time.perf_counter() - began) * 1e3


async def sessions(count: int = 1_000, latency_s: float = 0.1) -> tuple[float, float]:
    """Run many conversations at once; give wall milliseconds and peak kB each."""
    host, one = runtime(AtOnce(latency_s=latency_s), count), agent()
    (await host.run(one, Message.user("warm up"))).raised()

    async def run_all() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(host.run(one, Message.user("Book a court tomorrow at 3pm")))

    began = time.perf_counter()
    await run_all()
    wall_ms = (time.perf_counter() - began) * 1e3
    gc.collect()
    tracemalloc.start()
    await run_all()
    peak_kb = tracemalloc.get_traced_memory()[1] / count / 1024
    tracemalloc.stop()
    return wall_ms, peak_kb


def import_ms(rounds: int = 9) -> float:
    """Give the median CPU milliseconds, interpreter included, to import what an agent needs."""
    code = "from batuta import FunctionCalling, Message, local_runtime, tool"
    measured: list[float] = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own words
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        measured.append(used * 1e3)
    return statistics.median(measured)


async def main() -> None:
    """Measure and print."""
    model, one, flow = AtOnce(), agent(), workflow()
    host, question = runtime(model), Message.user("Book a court tomorrow at 3pm")
    record = (await host.run(one, question)).raised()
    if (record.model_calls, record.tool_calls) != (3, 2):
        raise SystemExit("The measured run is not three model calls and two tool calls.")
    bare = await cpu_us(lambda: bare_loop(model))
    full = await cpu_us(lambda: host.run(one, question))
    steps = await cpu_us(lambda: host.run(flow, question))

    async def make() -> object:
        return agent()

    made = await cpu_us(make)
    wall_ms, session_kb = await sessions()
    parallel_ms = await fan_out()
    loaded_ms = import_ms()
    rows = (
        ("bare asyncio loop with pydantic, same run", f"{bare:.0f} us CPU", ""),
        ("style D, 3 model + 2 tool calls, all layers", f"{full:.0f} us CPU", AIMS["run"]),
        ("  the same as a multiple of the bare loop", f"{full / bare:.1f}", ""),
        ("workflow of five steps", f"{steps:.0f} us CPU", AIMS["workflow"]),
        ("making an agent with two tools", f"{made:.2f} us CPU", ""),
        ("1,000 agents in parallel, 50 ms each", f"{parallel_ms:.0f} ms wall", 50),
        ("1,000 sessions at 100 ms model latency", f"{wall_ms:.0f} ms wall", 300),
        ("  memory of one such session", f"{session_kb:.1f} kB", AIMS["session_kb"]),
        ("import for an agent, interpreter included", f"{loaded_ms:.0f} ms CPU", AIMS["import_ms"]),
    )
    for what, figure, aim in rows:
        print(f"{what:46} {figure:>16}   {f'(aim or ideal: {aim:g})' if aim else ''}")


if __name__ == "__main__":
    asyncio.run(main())
