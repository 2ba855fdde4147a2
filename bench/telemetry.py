"""What telling of runs costs: on the loop, in all, and how long a dead collector holds a process.

Run: ``python bench/telemetry.py``. CPU time, so that other work on the machine hardly matters; the
best of several rounds. In all is what this process pays from the finished trace to the collector's
answer: spans, their encoding, gzip and HTTP to a process beside it, by the exporter of the product.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import requests
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from batuta import (
    Budget,
    FunctionCalling,
    Message,
    ModelReply,
    ModelRequest,
    RunRecord,
    ToolCall,
    Usage,
    local_runtime,
    tool,
)
from batuta.core.model import Emit, ignore
from batuta.telemetry.otel.destinations import Destination, SpanReceiver
from batuta.telemetry.otel.otlp_http import SpansOverHttp
from batuta.telemetry.otel.spans import SpanMaker
from batuta.telemetry.pipeline import Pipeline, Telemetry

ROUNDS, RUNS = 7, 400
AIM_LOOP_US, AIM_SPAN_US, AIM_EXIT_S, AIM_LAMBDA_S = 5.0, 50.0, 3.0, 0.5
COLLECTOR = """
import http.server

class Takes(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Takes)
print(server.server_port, flush=True)
server.serve_forever()
"""
LAMBDA = """
import asyncio, time
from batuta.serve.aws_lambda import entry
from batuta.wiring.telemetry import telemetry_of
from batuta import Budget, FunctionAgent, Message, ScriptedModel, run
from batuta.settings import read_settings

async def hello(message, run):
    return Message.assistant("hello")

class Told:
    def fits(self, event):
        return True

    def answer(self, event, context):
        telemetry_of(read_settings())(RECORD, Budget())
        return time.perf_counter()

RECORD = asyncio.run(run(FunctionAgent(name="a", answer=hello), "go", model=ScriptedModel([])))
entry.KINDS = (Told(),)
for _ in range(3):
    made = entry.handler({}, None)
    print(time.perf_counter() - made, flush=True)
"""


@tool
async def look(day: str) -> dict[str, str]:
    """Look."""
    return {"day": day}


class AtOnce:
    """Asks for a tool twice, then answers; no two replies take as many tokens."""

    name = "at:once"

    def __init__(self) -> None:
        self._used = itertools.count(120)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer at once."""
        done = sum(message.role == "tool" for message in request.messages)
        usage = Usage(next(self._used), 20)
        if done == 2:
            return ModelReply("Done.", usage=usage)
        calls = (ToolCall(f"c{done}", "look", {"day": "2026-03-02"}),)
        return ModelReply("", calls, usage=usage, stop_reason="tool_calls")


@contextmanager
def collecting() -> Generator[str]:
    """Give the address of a collector in a process beside this one."""
    with _started("-c", COLLECTOR) as child:
        try:
            yield f"http://127.0.0.1:{child.stdout.readline().strip()}/v1/traces"
        finally:
            child.kill()


def _started(*arguments: str, **more: str) -> Any:
    """Start Python with pipes to it, and give a ``Popen`` of text."""
    pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, env={**os.environ, **more}, text=True, **pipes)  # noqa: S603 - this very file's programs


async def measure(address: str) -> bool:
    """Measure what a run of a tool loop pays, switched off and on."""
    agent = FunctionCalling(tools=[look], instructions="Look.", name="desk")
    runtime = local_runtime(model=AtOnce())
    exporter = SpansOverHttp(
        session=requests.Session(), endpoint=address, compression=Compression.Gzip
    )
    maker = SpanMaker(Resource({}), "bench", sampler=ALWAYS_ON, content=False)
    receiver = SpanReceiver(Destination("a collector", address, exporter), maker)
    line = Pipeline(receiver, most_queued=100_000, at_once=64, delay_s=60)
    told = Telemetry([line])
    made = [await runtime.run(agent, Message.user("go")) for _ in range(RUNS)]
    records = [replace(each, session_id=f"ses_{number}") for number, each in enumerate(made)]
    spans = sum(event.phase == "start" for event in records[0].events) + 1
    put = min(_cpu(lambda: _tell(told, records)) for _ in range(ROUNDS)) / RUNS * 1e6
    whole = min(_whole(told, records, line) for _ in range(ROUNDS)) / RUNS * 1e6
    print(f"{'spans of a run of a tool loop':58} {spans:>12}")
    print(f"{'on the event loop, a run':58} {put:>9.2f} us   (aim: at most {AIM_LOOP_US:g})")
    each = whole / spans
    print(f"{'CPU in all, a span':58} {each:>9.2f} us   (aim: at most {AIM_SPAN_US:g})")
    runtime.observer = runtime.watched = None
    off = await _calls(runtime, agent)
    runtime.observer, runtime.watched = told, told.open_runs
    on = await _calls(runtime, agent)
    print(f"{'calls of functions in a run: switched off':58} {off:>12}")
    print(f"{'calls of functions in a run: on':58} {on:>12}")
    reached = line.lost == line.dropped == 0
    return put <= AIM_LOOP_US and each <= AIM_SPAN_US and on > off and reached


async def _calls(runtime: Any, agent: Any) -> int:
    """Count the calls of a run on the loop, by the least of several."""
    counts: list[int] = []
    for _ in range(5):
        made = 0

        def see(_frame: Any, event: str, _arg: Any) -> None:
            nonlocal made
            made += event in {"call", "c_call"}

        gc.disable()
        sys.setprofile(see)
        try:
            await runtime.run(agent, Message.user("go"))
        finally:
            sys.setprofile(None)
            gc.enable()
        counts.append(made)
    return min(counts)


def _tell(told: Telemetry, records: Sequence[RunRecord]) -> None:
    budget = Budget()
    for record in records:
        told(record, budget)


def _cpu(work: Callable[[], None]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _whole(told: Telemetry, records: Sequence[RunRecord], line: Pipeline) -> float:
    line.flush(60)
    began = time.process_time()
    _tell(told, records)
    line.flush(60)
    return time.process_time() - began


@contextmanager
def out_of_order(mode: str) -> Generator[dict[str, str]]:
    """Give variables of a collector that refuses, hangs, or is dead: no connection is ever made."""
    with ExitStack() as held:
        door = held.enter_context(socket.socket())
        door.bind(("127.0.0.1", 0))
        if mode == "hangs":
            door.listen(50)
        elif mode == "is dead":
            door.listen(0)
            for _ in range(4):  # beyond its backlog, so that the next one waits for ever
                waiting = held.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(door.getsockname())
        address = f"http://127.0.0.1:{door.getsockname()[1]}"
        langfuse = {"LANGFUSE_PUBLIC_KEY": "pk-lf-1", "LANGFUSE_SECRET_KEY": "sk-lf-1"}
        yield {"OTEL_EXPORTER_OTLP_ENDPOINT": address, **langfuse, "LANGFUSE_BASE_URL": address}


def ended_after(more: dict[str, str]) -> tuple[float, list[str]]:
    """Talk once at the command line; seconds from its answer to its end, and warnings."""
    with (
        tempfile.TemporaryDirectory() as home,
        _started("-m", "batuta", "--home", home, "chat", "--style", "d", **more) as child,
    ):
        child.stdin.write("Is a court free tomorrow at 15:00?\n")
        child.stdin.close()
        said = time.perf_counter()
        for _ in child.stdout:
            said = time.perf_counter()
        child.wait()
        ended = time.perf_counter() - said
        log = child.stderr.read().splitlines()
    return ended, [line for line in log if "Telemetry" in line]


def replied_after(more: dict[str, str]) -> float:
    """Give the longest that a reply on Lambda waits for its telemetry, of three."""
    with _started("-c", LAMBDA, **more) as child:
        told, _ = child.communicate()
    return max(map(float, told.split()))


def main() -> int:
    """Measure, and say whether the aims are met."""
    with collecting() as address:
        good = asyncio.run(measure(address))
    plain, _ = ended_after({})
    print(f"{'command line, answer to end: no collector':58} {plain:>9.2f} s")
    for mode in ("refuses", "hangs", "is dead"):
        with out_of_order(mode) as more:
            seconds, warnings = ended_after(more)
            reply = replied_after(more)
        what = f"command line, answer to end: a collector that {mode}"
        print(f"{what:58} {seconds:>9.2f} s    (aim: at most {AIM_EXIT_S:g})")
        print(f"{'  reply on Lambda, held for':58} {reply:>9.2f} s    (aim: {AIM_LAMBDA_S:g})")
        print("".join(f"  {line}\n" for line in warnings), end="")
        good = good and seconds <= AIM_EXIT_S and reply <= AIM_LAMBDA_S and len(warnings) == 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
