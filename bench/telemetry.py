"""What telling of runs costs: on the loop, in all, and how long a dead collector holds a process.

Run: ``python bench/telemetry.py``. CPU time, so that other work on the machine hardly matters; the
best of several rounds. The exporter encodes what it is given and throws it away.
"""

from __future__ import annotations

import asyncio
import gc
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
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
from batuta.telemetry.otel.spans import SpanMaker
from batuta.telemetry.pipeline import Pipeline, Telemetry

ROUNDS, RUNS = 7, 400
AIM_LOOP_US, AIM_SPAN_US, AIM_EXIT_S = 5.0, 50.0, 3.0
CHILD = """
import asyncio, logging
from batuta import FunctionAgent, Message, ScriptedModel, run

async def hello(message, run):
    return Message.assistant("hello")

async def main():
    for _ in range(20):
        await run(FunctionAgent(name="a", answer=hello), "go", model=ScriptedModel([]))

asyncio.run(main())
"""


@tool
async def look(day: str) -> dict[str, str]:
    """Look."""
    return {"day": day}


class AtOnce:
    """Asks for a tool twice, then answers."""

    name = "at:once"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer at once."""
        done = sum(message.role == "tool" for message in request.messages)
        if done == 2:
            return ModelReply("Done.", usage=Usage(160, 20))
        calls = (ToolCall(f"c{done}", "look", {"day": "2026-03-02"}),)
        return ModelReply("", calls, usage=Usage(120, 20), stop_reason="tool_calls")


class Nowhere(SpanExporter):
    """Encodes spans and throws them away."""

    def __init__(self) -> None:
        self.count = 0

    def export(self, spans: Sequence[Any]) -> SpanExportResult:
        """Encode."""
        encode_spans(spans).SerializeToString()
        self.count += len(spans)
        return SpanExportResult.SUCCESS


async def measure() -> bool:
    """Measure what a run of a tool loop pays, switched off and on."""
    agent = FunctionCalling(tools=[look], instructions="Look.", name="desk")
    runtime = local_runtime(model=AtOnce())
    nowhere = Nowhere()
    maker = SpanMaker(Resource({}), "bench", sampler=ALWAYS_ON, content=False)
    receiver = SpanReceiver(Destination("nowhere", "", nowhere), maker)
    line = Pipeline(receiver, most_queued=100_000, at_once=64, delay_s=60)
    told = Telemetry([line])
    record = await runtime.run(agent, Message.user("go"))
    spans = sum(event.phase == "start" for event in record.events) + 1
    put = min(_cpu(lambda: _tell(told, record)) for _ in range(ROUNDS)) / RUNS * 1e6
    whole = min(_whole(told, record, line) for _ in range(ROUNDS)) / RUNS * 1e6
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
    return put <= AIM_LOOP_US and each <= AIM_SPAN_US and on > off


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


def _tell(told: Telemetry, record: RunRecord) -> None:
    budget = Budget()
    for _ in range(RUNS):
        told(record, budget)


def _cpu(work: Callable[[], None]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _whole(told: Telemetry, record: RunRecord, line: Pipeline) -> float:
    line.flush(60)
    began = time.process_time()
    _tell(told, record)
    line.flush(60)
    return time.process_time() - began


def ended_after(mode: str) -> tuple[float, int]:
    """Run a process with a collector that refuses, hangs or is not there; seconds and log lines."""
    from batuta.settings import environment_with

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        if mode == "hangs":
            held.listen(50)
        address = f"http://127.0.0.1:{held.getsockname()[1]}"
        there = environment_with(OTEL_EXPORTER_OTLP_ENDPOINT="" if mode == "none" else address)
        began = time.perf_counter()
        child = subprocess.run(  # noqa: S603 - this very file's program
            [sys.executable, "-c", CHILD], env=there, capture_output=True, text=True, check=True
        )
        return time.perf_counter() - began, len(child.stderr.splitlines())


def main() -> int:
    """Measure, and say whether the aims are met."""
    good = asyncio.run(measure())
    plain, _ = ended_after("none")
    for mode in ("refuses", "hangs"):
        seconds, lines = ended_after(mode)
        late = seconds - plain
        what = f"a collector that {mode} keeps a process"
        print(f"{what:58} {late:>9.2f} s    (aim: at most {AIM_EXIT_S:g}), {lines} lines of log")
        good = good and late <= AIM_EXIT_S and lines <= 1
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
