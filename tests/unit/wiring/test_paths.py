"""The HTTP door under every local style, and hosts of agents, take the flat path."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.remote.grpc import Host
from batuta.runtimes.grpc import GrpcRuntime
from batuta.runtimes.local import LocalRuntime
from batuta.serve.http.app import create_app
from batuta.settings import Settings
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS, Assistants, open_app
from tests.contract.hosts import ACCESS
from tests.unit.core.rig import HELLO, does
from tests.unit.runtimes.local.taken import DONE, only_flat, watched
from tests.unit.serve.http.house import BASE


@tool
async def look() -> str:
    """Look."""
    return "free"


async def everything(run: Run) -> str:
    async def work() -> int:
        return 1

    await run.step("one", work)
    await run.use(look, {})
    await run.ask([HELLO])
    return (await run.call(FunctionAgent(name="inner", answer=_same), HELLO)).text


async def _same(message: Message, _: Run) -> Message:
    return message


@pytest.mark.parametrize("streams", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("style", DONE)
async def test_the_http_door(
    style: str, streams: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = watched(monkeypatch)
    settings = Settings(home=tmp_path, now="2026-03-02T09:00")
    assistants = Assistants(await open_app("tennis", settings), settings)
    app = create_app(assistants)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
        said = {"message": "Book a court tomorrow at 3pm", "style": style}
        headers = {"accept": "text/event-stream"} if streams else {}
        reply = await client.post("/chat", json=said, headers=headers)
        await app.state.door.runs.stop()
    await assistants.close()
    assert reply.status_code == 200, reply.text
    assert only_flat(taken, *DONE[style]), taken


async def test_a_host_of_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = watched(monkeypatch)
    model = ScriptedModel(["ok"])
    there = GrpcRuntime(LAYERS, access=ACCESS, models=lambda _: model)
    there.register(does("far", everything))
    host, here = Host(there, access=ACCESS), GrpcRuntime(LAYERS, access=ACCESS)
    host.bind()
    await host.start()
    here.connect("far", host.address)
    try:
        assert (await here.call("far", HELLO)).text == "hello"
    finally:
        await here.stop()
        await host.stop(0)
    assert only_flat(taken, "ask", "use", "call", "step"), taken


async def test_a_stack_of_ones_own_goes_layer_by_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = watched(monkeypatch)
    model = ScriptedModel(["ok"])
    runtime = LocalRuntime(LAYERS[1:], models=lambda _: model)
    await runtime.call(does("main", everything), HELLO)
    assert {"TraceLayer.ask", "PolicyLayer.use", "RetryLayer.call", "BudgetLayer.ask"} <= set(taken)
    assert not any(where.startswith("flat") for where in taken)
