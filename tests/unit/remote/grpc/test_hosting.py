"""What a host does for its callers: limits, hooks, health, budget, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.core.trace import traceparent
from batuta.errors import AgentNotFound, RuntimeFailure, ToolRetry
from batuta.parts.provenance import OnlyOffered
from batuta.remote.grpc import Host, wire
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from batuta.runtimes.grpc import GrpcRuntime
from tests.unit.core.rig import HELLO, does, echo
from tests.unit.remote.grpc.rig import ACCESS, LIMIT_S, hosted, runtime


@tool
async def look() -> dict[str, Any]:
    """Look what there is."""
    return {"found": [{"slot_id": "A1"}]}


@tool(effect="write")
async def take(slot_id: str) -> str:
    """Take one."""
    return f"took {slot_id}"


async def test_a_hosts_hooks_see_the_conversation() -> None:
    async def looks(run: Run) -> str:
        return json.dumps(await run.use(look, {}))

    async def takes(run: Run) -> str:
        return str(await run.use(take, {"slot_id": "A1"}))

    session = Session("s1", "local", [Message.user("is B2 free?")])
    agents = (does("looks", looks), does("takes", takes))
    async with hosted(*agents, hooks=(OnlyOffered("slot_id"),)) as (front, _):
        early = await front.run("takes", HELLO, RunOptions(session=session))
        await front.call("looks", HELLO, RunOptions(session=session))
        assert session.state == {"offered slot_id": ["a1"]}
        late = await front.call("takes", HELLO, RunOptions(session=session))
        said = await front.call("takes", Message.user("take A1"))
    assert isinstance(early.failure, ToolRetry)
    assert (late.text, said.text) == ("took A1", "took A1")


async def test_two_agents_side_by_side_both_keep_what_they_add() -> None:
    both = asyncio.Barrier(2)

    def adds(name: str) -> Any:
        async def work(run: Run) -> None:
            await both.wait()
            run.job.session.state["seen"].append(name)
            await both.wait()

        return does(name, work)

    async def main(run: Run) -> None:
        await run.together(run.call("x", HELLO), run.call("y", HELLO))

    session = Session("s1", "local", [], {"seen": ["first"]})
    async with hosted(adds("x"), adds("y")) as (front, _):
        await front.call(does("main", main), HELLO, RunOptions(session=session))
    assert session.state["seen"][0] == "first"
    assert sorted(session.state["seen"][1:]) == ["x", "y"]


async def _three(limit: int, outer: Any, inner: Any) -> tuple[GrpcRuntime, list[Host]]:
    """Put two agents on two hosts that know each other, under a limit."""
    first = runtime(*outer, max_concurrent_calls=limit)
    second = runtime(*inner, max_concurrent_calls=limit)
    hosts = [Host(first, access=ACCESS), Host(second, access=ACCESS)]
    for host in hosts:
        host.bind()
    for agent in inner:
        first.connect(agent.name, hosts[1].address)
    for agent in outer:
        second.connect(agent.name, hosts[0].address)
    for host in hosts:
        await host.start()
    front = runtime(max_concurrent_calls=limit)
    for host, agents in zip(hosts, (outer, inner), strict=True):
        for agent in agents:
            front.connect(agent.name, host.address)
    return front, hosts


async def test_calls_back_to_the_same_host_never_deadlock_at_a_limit_of_one() -> None:
    async def down(message: Message, run: Run) -> Message:
        left = int(message.text)
        other = "b" if run.agent is not None and run.agent.name == "a" else "a"
        return await run.call(other, Message.user(str(left - 1))) if left else message

    a, b = (FunctionAgent(name=name, answer=down) for name in "ab")
    front, hosts = await _three(1, (a,), (b,))
    options = RunOptions(budget=Budget(depth=20, seconds=30))
    records = await front.call_several(
        [("a", Message.user("9")), ("b", Message.user("9"))] * 4, options
    )
    assert [r.text for r in records] == ["0"] * 8
    await front.stop()
    for host in hosts:
        await host.stop(0)


async def test_a_limit_holds_for_those_that_work_here() -> None:
    most = now = 0

    async def works(run: Run) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    async with hosted(does("works", works), max_concurrent_calls=2) as (front, _):
        records = await front.call_several([("works", HELLO)] * 12)
    assert [r.stop_reason for r in records] == ["done"] * 12
    assert most <= 2


class Gone:
    """A model that waits, and tells when it is asked and when it is cancelled."""

    name = "scripted:gone"

    def __init__(self) -> None:
        self.asked, self.cancelled = asyncio.Event(), asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        raise AssertionError


async def test_a_client_that_vanishes_cancels_its_run_at_the_host() -> None:
    async def asks(run: Run) -> None:
        await run.ask([HELLO])

    model = Gone()
    async with hosted(does("asks", asks), model=model) as (front, _):
        task = asyncio.create_task(front.run("asks", HELLO))
        await asyncio.wait_for(model.asked.wait(), LIMIT_S)
        await front._channels.close()  # the connection itself goes, not the call
        await asyncio.wait({task})
        await asyncio.wait_for(model.cancelled.wait(), LIMIT_S)


async def test_a_cancelled_call_holds_no_budget() -> None:
    accounts: list[Any] = []
    model = Gone()

    async def asks(run: Run) -> None:
        await run.ask([HELLO])

    async def main(run: Run) -> str:
        accounts.append(run.job.account)
        calling = asyncio.create_task(run.call("asks", HELLO))
        await asyncio.wait_for(model.asked.wait(), LIMIT_S)
        calling.cancel()
        await asyncio.wait([calling])
        return "cancelled" if calling.cancelled() else "answered"

    async with hosted(does("asks", asks), model=model) as (front, _):
        record = await front.run(does("main", main), HELLO)
    assert record.text == "cancelled"
    assert [(a.held_tokens, a.held_usd, a.model_calls) for a in accounts] == [(0, 0.0, 1)]


async def test_health_is_told_of_each_agent_and_of_all() -> None:
    class Slow:
        name, role, up = "slow", "slow", True

        async def execute(self, message: Message, run: Run) -> Message:
            return message

        def ready(self) -> bool:
            return self.up

    slow = Slow()
    async with (
        hosted(echo("echo"), slow) as (_, host),
        grpc.aio.insecure_channel(host.address) as line,
    ):
        watch: Any = line.unary_stream(
            "/grpc.health.v1.Health/Watch", None, health_pb2.HealthCheckResponse.FromString
        )
        check = line.unary_unary(
            "/grpc.health.v1.Health/Check", None, health_pb2.HealthCheckResponse.FromString
        )

        async def status(name: str) -> int:
            request = health_pb2.HealthCheckRequest(service=name)
            return (await check(request.SerializeToString())).status

        serving = health_pb2.HealthCheckResponse.SERVING
        assert [await status(name) for name in ("", "echo", "slow")] == [serving] * 3
        watched = watch(health_pb2.HealthCheckRequest(service="slow").SerializeToString())
        assert (await watched.read()).status == serving
        slow.up = False
        changed = await asyncio.wait_for(watched.read(), LIMIT_S)
        assert changed.status == health_pb2.HealthCheckResponse.NOT_SERVING
        watched.cancel()


async def test_reflection_lists_the_service() -> None:
    async with (
        hosted(echo("echo")) as (_, host),
        grpc.aio.insecure_channel(host.address) as line,
    ):
        call: Any = line.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            reflection_pb2.ServerReflectionRequest.SerializeToString,
            reflection_pb2.ServerReflectionResponse.FromString,
        )()
        await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
        listed = (await call.read()).list_services_response.service
        call.cancel()
    assert "batuta.remote.grpc.v1.AgentService" in [service.name for service in listed]


async def test_only_chosen_agents_are_served() -> None:
    served = runtime(echo("open"), echo("closed"))
    with pytest.raises(AgentNotFound):
        await Host(served, access=ACCESS, agents=["nobody"]).start()
    async with Host(served, access=ACCESS, agents=["open"]) as host:
        assert host.names == ("open",)
        front = runtime()
        front.connect("open", host.address)
        front.connect("closed", host.address)
        assert (await front.call("open", HELLO)).text == "hello"
        with pytest.raises(AgentNotFound):
            await front.call("closed", HELLO)
        await front.stop()


async def test_the_trace_context_travels_as_w3c_says() -> None:
    seen: list[tuple[str, str]] = []

    async def spies(requests: Any, context: Any) -> None:
        request = await context.read()
        header = dict(context.invocation_metadata())["traceparent"]
        seen.append((header, request.start.traceparent))
        reply = pb.Message(role="assistant", text="seen")
        await context.write(pb.ExecuteResponse(items=[pb.Item(done=pb.Done(reply=reply))]))

    server = grpc.aio.server()
    handler = grpc.stream_stream_rpc_method_handler(
        spies, pb.ExecuteRequest.FromString, pb.ExecuteResponse.SerializeToString
    )
    handlers = grpc.method_handlers_generic_handler(wire.SERVICE, {wire.METHOD: handler})
    server.add_generic_rpc_handlers([handlers])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    front = runtime()
    front.connect("spies", f"127.0.0.1:{port}")
    came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
    for context in ("", came):
        options = RunOptions(run_id="run_1", traceparent=context)
        assert (await front.call("spies", HELLO, options)).text == "seen"
    await front.stop()
    await server.stop(None)
    given = traceparent("run_1", "1")
    within = f"{came[:36]}{given.split('-')[2]}-00"
    assert seen == [(given, given), (within, within)]
    version, trace_id, span_id, flags = given.split("-")
    assert (version, len(trace_id), len(span_id), flags) == ("00", 32, 16, "01")
    assert traceparent("run_1", "1.3").split("-")[1] == trace_id


async def test_mail_to_an_agent_elsewhere_is_refused_by_name() -> None:
    async with hosted(echo("away")) as (front, _):
        front.register(echo("here"))
        refused = pytest.raises(RuntimeFailure, match=r"away: lives elsewhere.* Call it instead")
        with refused:
            front.mail.send("away", HELLO)
        with refused:
            await front.mail.receive("away")
        assert front.mail.broadcast(HELLO) == ("away",)
        assert await front.mail.receive("here") == HELLO
