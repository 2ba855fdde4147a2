"""What goes wrong between processes is an error that names the agent and the address."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import signal
import socket
from typing import Any

import grpc
import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Account, Budget
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.errors import (
    AgentNotFound,
    AgentUnreachable,
    BatutaError,
    ConfigError,
    RuntimeFailure,
)
from batuta.remote.grpc import Access, Host, wire
from batuta.remote.grpc.channels import Channels
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from tests.unit.core.rig import HELLO, does, echo
from tests.unit.remote.grpc.rig import ACCESS, LIMIT_S, SECRET, apart, hosted, runtime


async def test_a_host_that_is_not_there() -> None:
    front = runtime()
    with socket.socket() as silent:  # holds the port, so that no other test takes it
        silent.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{silent.getsockname()[1]}"
        front.connect("echo", where)
        with pytest.raises(AgentUnreachable, match=f"Agent echo: .*{where}.*refused") as got:
            await front.call("echo", HELLO)
    assert got.value.retryable
    await front.stop()


async def test_a_host_that_dies_in_mid_call() -> None:
    async with apart() as (process, address):
        front = runtime()
        front.connect("dies", address)
        record = await front.run("dies", HELLO)
        assert isinstance(record.failure, AgentUnreachable)
        assert address in str(record.failure)
        # What it had told by then stays told, and its budget is not held for ever.
        assert [e.name for e in record.events if e.kind == "decision"] == ["die"]
        assert record.model_calls == 1
        assert await process.wait() == 9
        with pytest.raises(AgentUnreachable):
            await front.call("dies", HELLO)
        await front.stop()


@pytest.mark.parametrize("members", [1, 3])
async def test_a_runtime_that_stops_in_mid_call_says_that_nobody_is_there(members: int) -> None:
    begun = asyncio.Event()

    async def waits(run: Run) -> str:
        begun.set()
        await asyncio.Event().wait()
        return "never"

    async def boss(run: Run) -> Any:
        return await run.together(*(run.call("waits", HELLO) for _ in range(members)))

    async with hosted(does("waits", waits)) as (front, host):
        front.register(does("boss", boss))
        running = asyncio.create_task(front.run("boss", HELLO))
        await asyncio.wait_for(begun.wait(), LIMIT_S)
        await front.stop()
        record = await asyncio.wait_for(running, LIMIT_S)
    assert isinstance(record.failure, AgentUnreachable), record.failure
    assert record.failure.retryable
    assert host.address in str(record.failure)


async def test_a_host_that_dies_while_the_budget_is_asked_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer is written to a call that has ended by then."""
    real = Account.take_model
    calls: list[Any] = []

    async def asks(run: Run) -> str:
        return (await run.ask([HELLO])).text

    served = runtime(does("asks", asks))
    host = Host(served, access=ACCESS)
    await host.start()
    front = runtime()
    agent = front.connect("asks", host.address)

    async def taken(self: Account, *what: Any) -> Any:
        if not self.borrowed:
            await host.stop(0)
            await calls[0].code()
        return await real(self, *what)

    def kept(channels: Channels, address: str) -> Any:
        method = execute(channels, address)

        def call(**options: Any) -> Any:
            calls.append(method(**options))
            return calls[-1]

        return call

    execute = Channels.execute
    monkeypatch.setattr(Channels, "execute", kept)
    monkeypatch.setattr(Account, "take_model", taken)
    record = await front.run(agent, HELLO)
    assert isinstance(record.failure, AgentUnreachable)
    assert host.address in str(record.failure)
    await front.stop()


async def test_spans_that_a_dead_host_left_open_are_ended() -> None:
    gate = asyncio.Event()

    async def waits(run: Run) -> None:
        async def forever() -> None:
            await asyncio.Event().wait()

        await run.step("forever", forever)

    def listen(event: Event) -> None:
        if event.name == "forever":  # its start is here: the host may have begun long before
            gate.set()

    served = runtime(does("waits", waits))
    host = Host(served, access=ACCESS)
    await host.start()
    front = runtime()
    front.connect("waits", host.address)
    task = asyncio.create_task(front.run("waits", HELLO, RunOptions(listener=listen)))
    await asyncio.wait_for(gate.wait(), LIMIT_S)
    await host.stop(0)
    record = await task
    assert isinstance(record.failure, AgentUnreachable)
    ends = [(e.name, e.error) for e in record.events if e.phase == "end"]
    assert [name for name, _ in ends] == ["forever", "waits"]
    assert all(error is not None and "AgentUnreachable" in error for _, error in ends)
    await front.stop()


async def test_a_host_that_hangs_past_the_deadline() -> None:
    async with apart() as (process, address):
        front = runtime()
        front.connect("echo", address)
        assert (await front.call("echo", HELLO)).text == "hello"
        os.kill(process.pid, signal.SIGSTOP)
        try:
            record = await front.run("echo", HELLO, RunOptions(budget=Budget(seconds=0.2)))
        finally:
            os.kill(process.pid, signal.SIGCONT)
        assert record.stop_reason == "deadline"
        await front.stop()


async def test_a_host_that_serves_no_such_agent() -> None:
    async with hosted(echo("echo")) as (front, host):
        front.connect("nobody", host.address)
        with pytest.raises(AgentNotFound, match=f"nobody.*Registered: echo.*{host.address}") as got:
            await front.call("nobody", HELLO)
    assert got.value.known == ("echo",)


async def test_a_server_that_is_no_host() -> None:
    server = grpc.aio.server()
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    front = runtime()
    front.connect("echo", f"127.0.0.1:{port}")
    with pytest.raises(RuntimeFailure, match=f"echo.*127.0.0.1:{port}.*same version") as got:
        await front.call("echo", HELLO)
    assert not got.value.retryable
    await front.stop()
    await server.stop(None)


async def test_a_message_that_is_too_long_to_be_sent() -> None:
    small = Access(secret=SECRET, message_bytes=10_000)
    async with hosted(echo("echo"), access=small) as (front, host):
        with pytest.raises(RuntimeFailure, match=rf"echo.*20,\d+ bytes.*10,000.*{host.address}"):
            await front.call("echo", Message.user("x" * 20_000))
        assert (await front.call("echo", HELLO)).text == "hello"


async def test_a_message_that_is_too_long_for_the_host_alone() -> None:
    small = Access(secret=SECRET, message_bytes=10_000)
    async with hosted(echo("echo"), access=small, caller=ACCESS) as (front, host):
        with pytest.raises(RuntimeFailure, match=rf"echo.*{host.address}.*10000.*call_bytes"):
            await front.call("echo", Message.user("x" * 20_000))


async def test_an_answer_that_is_too_long() -> None:
    async def long(run: Run) -> str:
        return "x" * 20_000

    small = Access(secret=SECRET, message_bytes=10_000)
    async with hosted(does("long", long), access=small) as (front, _):
        with pytest.raises(RuntimeFailure, match=r"Agent long: its answer has 20,\d+ bytes"):
            await front.call("long", HELLO)


async def test_many_events_are_no_long_message() -> None:
    async def talks(run: Run) -> str:
        for n in range(300):
            run.decide(f"{n} " + "x" * 5_000)
        return "done"

    small = Access(secret=SECRET, message_bytes=1_000_000)
    async with hosted(does("talks", talks), access=small) as (front, _):
        record = await front.run("talks", HELLO)
    assert record.text == "done"
    assert len(record.events) == 302


@pytest.mark.parametrize(
    ("data", "arrives"),
    [
        ({"a": {1}}, {"a": [1]}),
        ({"a": object()}, {"a": "[cut: object, which is no JSON]"}),
        ({("a",): 1}, {"a": 1}),
        ({"day": dt.date(2026, 3, 2)}, {"day": "2026-03-02"}),
    ],
    ids=range(4),
)
async def test_data_that_is_not_json_arrives_as_json(
    data: dict[Any, Any], arrives: dict[str, Any]
) -> None:
    heard: list[Any] = []

    async def answers(message: Message, run: Run) -> Message:
        heard.append(message.data)
        return Message.assistant("x", data)

    async with hosted(FunctionAgent(name="odd", answer=answers)) as (front, _):
        answer = await front.call("odd", Message.user("x", data))
    assert heard == [arrives]
    assert answer.data == arrives


async def test_half_a_character_in_an_event_or_error_is_replaced() -> None:
    async def odd(run: Run) -> None:
        run.decide("half \ud83d")
        raise ValueError("half \ud83d")

    async with hosted(does("odd", odd)) as (front, _):
        record = await front.run("odd", HELLO)
    assert [e.name for e in record.events if e.kind == "decision"] == ["half ?"]
    assert "ValueError: half ?" in str(record.failure)


async def test_a_caller_of_another_version(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hosted(echo("echo")) as (front, host):
        monkeypatch.setattr(wire, "PROTOCOL", 7)
        started = wire.start_of
        monkeypatch.setattr(wire, "start_of", lambda *a: _older(started(*a)))
        with pytest.raises(
            RuntimeFailure, match=f"version 6.*host 7.*same version.*{host.address}"
        ):
            await front.call("echo", HELLO)


def _older(start: pb.Start) -> pb.Start:
    start.protocol = 6
    return start


async def test_a_call_that_begins_with_something_else() -> None:
    async with hosted(echo("echo")) as (_, host), grpc.aio.insecure_channel(host.address) as line:
        execute = line.stream_stream(f"/{wire.SERVICE}/{wire.METHOD}")
        for first in (
            b"",
            pb.ExecuteRequest(grant=pb.Grant(id=1)).SerializeToString(),
            b"\xfa\x01",
        ):
            call = execute()
            await call.write(first)
            with pytest.raises(grpc.aio.AioRpcError) as got:
                await call.read()
            assert got.value.code() in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)


async def test_half_a_stream_is_given_up() -> None:
    ended = asyncio.Event()

    async def asks(run: Run) -> None:
        try:
            await run.ask([HELLO])
        except asyncio.CancelledError:
            ended.set()
            raise

    async with hosted(does("asks", asks)) as (_, host):
        front = runtime()
        agent = front.connect("asks", host.address)

        async def never(self: object, wish: object) -> None:
            raise _GoneError

        from batuta.remote.grpc.receiving import Receiving

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Receiving, "_reserve_model", never)
            record = await front.run(agent, HELLO)
        assert record.failure is not None
        await asyncio.wait_for(ended.wait(), LIMIT_S)
        await front.stop()


class _GoneError(Exception):
    """The caller breaks down in the middle of a call."""


async def test_what_a_newer_host_sends_is_not_passed_over() -> None:
    async def newer(requests: Any, context: Any) -> None:
        await context.read()
        await context.write(pb.ExecuteResponse(items=[pb.Item()]))

    server = grpc.aio.server()
    handler = grpc.stream_stream_rpc_method_handler(
        newer, None, pb.ExecuteResponse.SerializeToString
    )
    handlers = grpc.method_handlers_generic_handler(wire.SERVICE, {wire.METHOD: handler})
    server.add_generic_rpc_handlers([handlers])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    front = runtime()
    front.connect("echo", f"127.0.0.1:{port}")
    with pytest.raises(RuntimeFailure, match=f"127.0.0.1:{port} sent what this version"):
        await front.call("echo", HELLO)
    await front.stop()
    await server.stop(None)


async def test_a_port_that_is_taken() -> None:
    async with hosted(echo("echo")) as (_, host):
        with pytest.raises(ConfigError, match=f"listen at {host.address}"):
            await Host(runtime(), host.address, access=ACCESS).start()


async def _came_back() -> bool:
    """Stop a host and start it again; False where somebody else had taken its port meanwhile."""
    served = runtime(echo("echo"))
    host = Host(served, access=ACCESS)
    await host.start()
    front = runtime()
    front.connect("echo", host.address)
    try:
        assert (await front.call("echo", HELLO)).text == "hello"
        await host.stop(0)
        with pytest.raises(BatutaError) as gone:
            await front.call("echo", HELLO)
        try:
            await host.start()
        except ConfigError:
            return False
        assert isinstance(gone.value, AgentUnreachable)
        assert (await front.call("echo", HELLO)).text == "hello"
        return True
    finally:
        await front.stop()
        await host.stop(0)


async def test_a_host_that_came_back_is_found_again() -> None:
    for _ in range(10):  # a test beside this one may be given the port that is free for a moment
        if await _came_back():
            return
    raise AssertionError("its port was taken each time")
