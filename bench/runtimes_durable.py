"""A durable step beside a bare DBOS step: same process, same database, same number of steps."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from dbos import DBOS

from batuta import FunctionAgent, Message, ModelReply, ModelRequest, Run
from batuta.core.model import Emit, ignore
from batuta.core.price import Price, PriceTable
from batuta.runtimes.durable import DurableRuntime, Engine, Store
from batuta.wiring import LAYERS
from bench.timing import Row, beside, one_by_one, together

STEPS = 20
AIM = 1.3
_HELLO = Message.user("hello")


async def _echo(value: dict[str, Any]) -> dict[str, Any]:
    return value


@DBOS.workflow(name="bench.bare")
async def _bare() -> dict[str, Any]:
    value: dict[str, Any] = {"text": "hello", "n": 1}
    for _ in range(STEPS):
        value = await DBOS.run_step_async({"name": "echo"}, _echo, value)
    return value


class _AtOnce:
    name = "bench:at-once"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        return ModelReply("ok", model=self.name)


def _model(_: str | None) -> _AtOnce:
    return _AtOnce()


async def _steps(message: Message, run: Run) -> Message:
    value: dict[str, Any] = {"text": "hello", "n": 1}
    for _ in range(STEPS):
        now = value
        value = await run.step("echo", lambda now=now: _echo(now))
    return message


async def _asks(message: Message, run: Run) -> Message:
    for _ in range(STEPS):
        await run.ask([message])
    return message


async def _call_bare() -> object:
    handle = await DBOS.start_workflow_async(_bare)
    return await handle.get_result()


async def measure() -> list[Row]:
    """Measure on SQLite, the default; one run of 20 steps is one call."""
    with tempfile.TemporaryDirectory(prefix="batuta-bench-") as folder:
        engine = Engine(Store(Path(folder) / "durable.db"), "bench")
        prices = PriceTable({"bench:*": Price(0.0, 0.0, "bench")})
        runtime = DurableRuntime(engine, LAYERS, models=_model, prices=prices)
        runtime.register(
            FunctionAgent(name="steps", answer=_steps), FunctionAgent(name="asks", answer=_asks)
        )
        await runtime.start()
        try:
            return [*await _beside(runtime, "steps"), *await _beside(runtime, "asks")]
        finally:
            await runtime.stop()


async def _beside(runtime: DurableRuntime, agent: str) -> list[Row]:
    async def ours() -> object:
        return await runtime.call(agent, _HELLO)

    bare, mine, ratio = await beside(_call_bare, ours, one_by_one, times=10)
    _, many, crowded = await beside(_call_bare, ours, lambda c, n: together(c, n, 8), times=40)
    what = f"durable, SQLite, {STEPS} {agent} a run"
    aim = AIM if agent == "steps" else None  # an ask brings budget, trace and a longer record
    return [
        Row(f"{what}: a bare DBOS step", f"{bare / STEPS:.2f} ms"),
        Row(f"{what}: a step of ours", f"{mine / STEPS:.2f} ms"),
        Row(f"{what}: ours beside bare", f"{ratio:.2f} times", aim),
        Row(f"{what}, 8 runs at once: a step of ours", f"{many / STEPS:.2f} ms"),
        Row(f"{what}, 8 runs at once: beside bare", f"{crowded:.2f} times", aim),
    ]
