"""What these tests share: hosts in this process, and one in a process of its own that can die."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.redaction import Secret
from batuta.core.run import Run
from batuta.remote.grpc import Access, Host
from batuta.runtimes.grpc import GrpcRuntime
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS
from tests.unit.core.rig import FREE, does

SECRET = Secret("a secret for tests that is long enough")
ACCESS = Access(secret=SECRET)
LIMIT_S = 10.0


def runtime(*agents: Agent, access: Access = ACCESS, **options: Any) -> GrpcRuntime:
    model = options.pop("model", None) or ScriptedModel(["ok"], repeat=True)
    made = GrpcRuntime(LAYERS, access=access, models=lambda _: model, prices=FREE, **options)
    made.register(*agents)
    return made


@asynccontextmanager
async def hosted(
    *agents: Agent, access: Access = ACCESS, caller: Access | None = None, **options: Any
) -> AsyncIterator[tuple[GrpcRuntime, Host]]:
    """Serve agents, and give a runtime that is connected to them."""
    hooks: Sequence[Any] = options.pop("hooks", ())
    served = runtime(*agents, access=access, **options)
    async with Host(served, access=access, hooks=hooks) as host:
        front = runtime(access=caller or access)
        for agent in agents:
            front.connect(agent.name, host.address)
        try:
            yield front, host
        finally:
            await front.stop()


@asynccontextmanager
async def apart() -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Serve this module's agents from a process of its own; gives it and its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.remote.grpc.rig",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield process, (await process.stdout.readline()).decode().strip()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        process.stdin.close()
        # The transport is closed by the loop's next turn, which a test's end might cut off.
        await asyncio.sleep(0)


async def _echo(message: Message, run: Run) -> Message:
    return Message.assistant(message.text)


async def _dies(run: Run) -> None:
    await run.ask([Message.user("hello")])
    run.decide("die")
    await asyncio.sleep(0.1)  # so that what was told is sent
    os._exit(9)


async def _serve() -> None:
    agents = (FunctionAgent(name="echo", answer=_echo), does("dies", _dies))
    async with Host(runtime(*agents), access=ACCESS) as host:
        sys.stdout.write(f"{host.address}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
