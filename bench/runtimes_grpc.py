"""The gRPC runtime beside a bare grpcio echo, both served by one other process.

``python -m bench.runtimes_grpc serve`` is that process.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import grpc
from grpc.aio import UnaryUnaryMultiCallable

from batuta import FunctionAgent, Message, Run
from batuta.compose.parallel import Parallel
from batuta.core.redaction import Secret
from batuta.remote.grpc import Access, Host
from batuta.runtimes.grpc import GrpcRuntime
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from bench.timing import Row, beside, one_by_one, together

ACCESS = Access(secret=Secret("the bench's own secret, long enough"))
QUESTION = Message.user("x" * 200)
_ECHO = "/bench.Echo/Say"
_SLOW_S = 0.2
_SLOW = tuple(f"slow{n}" for n in range(8))


async def _say(message: Message, run: Run) -> Message:
    del run
    return message


async def _slowly(message: Message, run: Run) -> Message:
    await run.job.clock.sleep(_SLOW_S)
    return Message.assistant(run.agent.name if run.agent else message.text)


async def _echo(request: bytes, context: object) -> bytes:
    del context
    return request


async def serve() -> None:
    """Serve a bare echo and agents, and tell both addresses on a line."""
    bare = grpc.aio.server()
    handler: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(_echo)
    bare.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("bench.Echo", {"Say": handler})]
    )
    port = bare.add_insecure_port("127.0.0.1:0")
    await bare.start()
    runtime = LocalRuntime(LAYERS, max_concurrent_calls=100)
    runtime.register(FunctionAgent(name="echo", answer=_say))
    runtime.register(*(FunctionAgent(name=name, answer=_slowly) for name in _SLOW))
    async with Host(runtime, access=ACCESS) as host:
        print(f"127.0.0.1:{port} {host.address}", flush=True)
        await asyncio.to_thread(sys.stdin.read)  # until whoever started it is gone
    await bare.stop(None)


@asynccontextmanager
async def _served() -> AsyncGenerator[tuple[str, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.runtimes_grpc", "serve",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        if process.stdout is None:
            raise RuntimeError("the other process has no output")
        bare, ours = (await process.stdout.readline()).decode().split()
        yield bare, ours
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def measure() -> list[Row]:
    """Measure calls to an echo, and eight slow agents at once."""
    async with _served() as (bare_address, address), grpc.aio.insecure_channel(bare_address) as to:
        echo: UnaryUnaryMultiCallable[bytes, bytes] = to.unary_unary(_ECHO)
        front = GrpcRuntime(LAYERS, access=ACCESS, max_concurrent_calls=100)
        here = LocalRuntime(LAYERS, max_concurrent_calls=100)
        here.register(FunctionAgent(name="echo", answer=_say))
        for name in ("echo", *_SLOW):
            front.connect(name, address)
        await front.start()
        sent = QUESTION.text.encode()

        async def bare() -> object:
            return await echo(sent)

        async def ours() -> object:
            return await front.call("echo", QUESTION)

        async def local() -> object:
            return await here.call("echo", QUESTION)

        local_ms = await one_by_one(local, 2_000)
        one = await beside(bare, ours, one_by_one, times=400)
        many = await beside(bare, ours, together, times=1_500)
        parallel_ms = await _parallel(front)
        await front.stop()
    return [
        Row("local call", f"{local_ms:.3f} ms"),
        Row("bare grpcio echo, one in flight", f"{one[0]:.2f} ms"),
        Row("call over gRPC, one in flight", f"{one[1]:.2f} ms"),
        Row("  as a multiple of the bare echo", f"{one[2]:.2f}", 2.0),
        Row("bare grpcio echo, fifty in flight", f"{1e3 / many[0]:.0f} /s"),
        Row("call over gRPC, fifty in flight", f"{1e3 / many[1]:.0f} /s"),
        Row("  as a multiple of the bare echo", f"{many[2]:.2f}", 2.0),
        Row("Parallel over 8 remote agents at 200 ms each", f"{parallel_ms:.0f} ms"),
        Row("  as a multiple of 200 ms", f"{parallel_ms / _SLOW_S / 1e3:.3f}", 1.15),
    ]


async def _parallel(front: GrpcRuntime) -> float:
    agent = Parallel(members=list(_SLOW))
    taken: list[float] = []
    for _ in range(7):
        began = time.perf_counter()
        record = (await front.run(agent, QUESTION)).raised()
        taken.append(time.perf_counter() - began)
        if not all(name in record.text for name in _SLOW):
            raise SystemExit(f"Not all eight answered: {record.text}")
    return statistics.median(taken) * 1e3


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        raise SystemExit("Run: python bench/runtimes.py")
