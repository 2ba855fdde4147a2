"""What tests of runs share: a runtime with everything around it, and agents of one line."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from batuta.core.agent import Agent, FunctionAgent
from batuta.core.budget import Budget
from batuta.core.clock import ManualClock
from batuta.core.message import Message
from batuta.core.model import Model, ModelReply, Usage
from batuta.core.price import Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.runtimes.local import LocalRuntime
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
HELLO = Message.user("hello")
FREE = PriceTable({"scripted:*": Price(0.0, 0.0, "test")})
Does = Callable[[Run], Awaitable[Any]]


def hosted(
    *agents: Agent, model: Model | None = None, prices: PriceTable = FREE, **options: Any
) -> LocalRuntime:
    """Make a runtime with every layer, and these agents in it."""
    chosen = model or ScriptedModel(["ok"], repeat=True)
    runtime = LocalRuntime(LAYERS, models=lambda _: chosen, prices=prices, **options)
    runtime.register(*agents)
    return runtime


def does(name: str, work: Does, **more: Any) -> FunctionAgent:
    """Make an agent that does something with its run and answers with what it came to."""

    async def answer(_: Message, run: Run) -> Message:
        said = await work(run)
        return said if isinstance(said, Message) else Message.assistant(str(said))

    return FunctionAgent(name=name, answer=answer, **more)


def echo(name: str) -> FunctionAgent:
    """Make an agent that gives its question back."""

    async def answer(message: Message, _: Run) -> Message:
        return Message.assistant(message.text)

    return FunctionAgent(name=name, answer=answer)


def stubborn(name: str, go_on: asyncio.Event, after: Does | None = None) -> FunctionAgent:
    """Make an agent that swallows every cancellation until ``go_on``, then does something more."""

    async def work(run: Run) -> str:
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue
        return str(await after(run)) if after is not None else "late"

    return does(name, work)


async def ran(work: Does, *agents: Agent, budget: Budget | None = None, **more: Any) -> RunRecord:
    """Run a piece of work as an agent called ``main``; ``more`` goes to the run or its runtime."""
    given = {k: more.pop(k) for k in tuple(more) if k in RunOptions.__dataclass_fields__}
    options = RunOptions(budget=budget or Budget(), **given)
    return await hosted(*agents, **more).run(does("main", work), HELLO, options)


def manual_clock() -> ManualClock:
    """Make a clock that the test moves."""
    return ManualClock(NOW)


class SleepyClock(ManualClock):
    """A manual clock that remembers how long it was asked to sleep."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await super().sleep(seconds)


def reply(text: str = "ok", tokens: tuple[int, int] = (10, 5), **more: Any) -> ModelReply:
    """Make a model's reply that took so many input and output tokens."""
    return ModelReply(text, usage=Usage(*tokens), model="scripted:lines", **more)


def named(events: Sequence[Event], kind: str, phase: str = "start") -> list[Event]:
    """Take the events of one kind and phase."""
    return [e for e in events if e.kind == kind and e.phase == phase]


async def settled(turns: int = 20) -> None:
    """Let everything that can go on go on."""
    for _ in range(turns):
        await asyncio.sleep(0)


def others() -> set[asyncio.Task[Any]]:
    """Give the tasks beside the test's own."""
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
