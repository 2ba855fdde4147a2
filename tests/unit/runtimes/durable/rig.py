"""What tests of durable runs share: attempts of one run in this process, on one file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from batuta.core.agent import Agent
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.runtimes.durable import DurableRuntime, Engine, Store
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS

HELLO = Message.user("hello")
RUN = "run_1"


class Beneath:
    """Counts the real calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def _through(self, op: Any, proceed: Callable[[Any], Any]) -> Any:
        self.calls.append(f"{type(op).__name__.removesuffix('Op')} {op.span}")
        return await proceed(op)

    ask = use = step = _through


@asynccontextmanager
async def attempt(
    folder: Path,
    *agents: Agent,
    beneath: Any = None,
    most_attempts: int = 10,
    app: str = "app",
    **options: Any,
) -> AsyncIterator[DurableRuntime]:
    """One attempt: leaving it leaves what is on to the next one."""
    engine = Engine(Store(folder / "durable.db"), app, most_attempts=most_attempts)
    options.setdefault("models", lambda _: ScriptedModel(["ok"], repeat=True))
    place = options.pop("place", "")
    layers = () if beneath is None else (beneath,)
    runtime = DurableRuntime(engine, LAYERS, place=place, beneath=layers, **options)
    runtime.register(*agents)
    await runtime.start()
    try:
        yield runtime
    finally:
        await runtime.stop()


async def begun(
    runtime: DurableRuntime, agent: str, reached: asyncio.Event, **options: Any
) -> asyncio.Task[RunRecord]:
    """Begin a run and wait until it has reached something."""
    task = asyncio.create_task(runtime.run(agent, HELLO, RunOptions(run_id=RUN, **options)))
    waiting = asyncio.create_task(reached.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert not task.done(), task.result()
    return task


async def cut(task: asyncio.Task[RunRecord]) -> None:
    """Take what became of a run that was left."""
    await asyncio.wait({task})
    task.exception()
