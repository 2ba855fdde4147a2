"""A call to an agent elsewhere is one durable step, with all that it brought back."""

from __future__ import annotations

import asyncio
from pathlib import Path

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.remote.grpc import Host, connect
from batuta.runtimes.grpc import GrpcRuntime
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS
from tests.contract.hosts import ACCESS
from tests.unit.core.rig import FREE, does, reply
from tests.unit.runtimes.durable.rig import HELLO, RUN, attempt, begun, cut


async def test_an_agent_elsewhere_is_not_called_again_after_a_restart(tmp_path: Path) -> None:
    asked: list[str] = []
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def there(run: Run) -> str:
        asked.append(run.path)
        run.decide("helped")
        return (await run.ask([HELLO])).text

    async def here(run: Run) -> str:
        said = (await run.call("helper", Message.user("help"))).text
        await run.step("wait", waits)
        return said

    async def waits() -> None:
        reached.set()
        await go_on.wait()

    model = ScriptedModel([reply("far away")], repeat=True)
    hosting = GrpcRuntime(LAYERS, access=ACCESS, models=lambda _: model, prices=FREE)
    hosting.register(does("helper", there))
    async with Host(hosting, "127.0.0.1:0", access=ACCESS) as host:
        agents = [
            (does("main", here), connect("helper", host.address, access=ACCESS)) for _ in range(2)
        ]
        async with attempt(tmp_path, *agents[0], prices=FREE) as runtime:
            task = await begun(runtime, "main", reached)
        await cut(task)
        go_on.set()
        async with attempt(tmp_path, *agents[1], prices=FREE) as runtime:
            record = await runtime.result(RUN)
    assert (record.text, asked) == ("far away", ["1.1"])
    assert (record.model_calls, record.usage.total_tokens) == (1, 15)
    spans = [(e.span, e.name) for e in record.events if e.phase != "end"]
    assert spans == [
        ("1", "main"), ("1.1", "helper"), ("1.1.1", "helped"), ("1.1.2", "scripted:lines"),
        ("1.2", "wait"),
    ]  # fmt: skip
