"""Long runs are told of as their parts end, and each part once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from batuta.core.agent import FunctionAgent
from batuta.core.clock import SystemClock
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import OpenRun
from batuta.runtimes.durable import DurableRuntime
from batuta.runtimes.local import LocalRuntime
from batuta.telemetry.otel.destinations import Destination, SpanReceiver
from batuta.telemetry.otel.spans import SpanMaker
from batuta.telemetry.pipeline import Pipeline, Telemetry
from batuta.testing.scripted import ScriptedModel
from batuta.wiring import LAYERS
from tests.contract.durable_hosts import durable_house
from tests.patience import scaled

HELLO = Message.user("hello")


class Arriving(InMemorySpanExporter):
    """Keeps spans, and says when so many have come."""

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self.arrived = threading.Event()
        self._wanted = wanted

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = super().export(spans)
        if len(self.get_finished_spans()) >= self._wanted:
            self.arrived.set()
        return result


@dataclass
class Long:
    """An agent that has one part done, and then waits until it may go on.

    Args:
        exporter: What its spans come to.
    """

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    exporter: Arriving = field(default_factory=lambda: Arriving(2))

    def agents(self) -> tuple[FunctionAgent, ...]:
        async def part(message: Message, run: Run) -> Message:
            return Message.assistant((await run.ask([message])).text)

        async def whole(message: Message, run: Run) -> Message:
            first = await run.call("part", message)
            await self.go_on.wait()
            return await run.call("part", first)

        return FunctionAgent(name="part", answer=part), FunctionAgent(name="whole", answer=whole)

    def telemetry(self) -> Telemetry:
        maker = SpanMaker(Resource({}), "0", sampler=ALWAYS_ON, content=False)
        receiver = SpanReceiver(Destination("memory", "", self.exporter), maker)
        open_runs = set[OpenRun]()
        line = Pipeline(
            receiver, most_queued=10, at_once=1, delay_s=0.01, open_runs=open_runs, long_s=0.0
        )
        return Telemetry([line], open_runs)

    def sent(self) -> list[str]:
        return [span.name for span in self.exporter.get_finished_spans()]


@asynccontextmanager
async def hosted(
    on: str, long: Long, folder: Path
) -> AsyncGenerator[LocalRuntime | DurableRuntime]:
    """Host it with telemetry on a clock that goes."""
    told = long.telemetry()
    model = ScriptedModel(["ok"], repeat=True)
    if on == "local":
        runtime = LocalRuntime(LAYERS, models=lambda _: model)
        runtime.observer, runtime.watched = told, told.open_runs
        runtime.register(*long.agents())
        await runtime.start()
        yield runtime
        await runtime.stop()
    else:
        async with durable_house(folder / "durable.db") as house:
            durable = house.runtime(models=lambda _: model, clock=SystemClock())
            durable.observer, durable.local.watched = told, told.open_runs
            durable.register(*long.agents())
            await durable.start()
            yield durable
    assert await asyncio.to_thread(told.flush, scaled(20))


@pytest.mark.parametrize("on", ["local", "durable"])
async def test_parts_of_a_long_run_are_sent_while_it_is_on_and_once(
    on: str, tmp_path: Path
) -> None:
    long = Long()
    async with hosted(on, long, tmp_path) as runtime:
        run = asyncio.create_task(runtime.run("whole", HELLO))
        assert await asyncio.to_thread(long.exporter.arrived.wait, scaled(20))
        assert sorted(long.sent()) == ["chat lines", "invoke_agent part"]
        assert not run.done()
        long.go_on.set()
        await run
    spans = long.exporter.get_finished_spans()
    assert len(long.sent()) == len({span.context.span_id for span in spans if span.context}) == 6
    known = {span.context.span_id for span in spans if span.context}
    assert [s.name for s in spans if s.parent is None] == ["invoke_workflow whole"]
    assert {span.parent.span_id for span in spans if span.parent} <= known
