"""The matrix of agreement: each pattern, runtime and trouble, plain or streamed; who says what.

Each cell is one run whose model is a vendor's, asked by its SDK over a socket at the stand-in,
which counts what it gave. C and G are B and F whose agents live elsewhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, Literal

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from batuta.core.clock import machine_ns
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.price import Price, PriceTable
from batuta.core.redaction import Secret
from batuta.core.retry import Retry
from batuta.core.runtime import RunOptions
from batuta.core.spending import CallSpending, spending_of
from batuta.errors import ModelRateLimited, ModelUnavailable
from batuta.models.fallback import FallbackModel
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.standin import StandIn, serve_standin
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.otel.metrics import OtelMetrics
from batuta.telemetry.prometheus import PrometheusMetrics
from batuta.telemetry.span_tree import EndedRun
from batuta.testing.scripted import ScriptedModel
from tests.contract.accounts import sent
from tests.contract.runtime import Host, Setup
from tests.contract.table import keys_with_case
from tests.contract.test_agents import CASES
from tests.patience import scaled
from tests.unit.telemetry.langfuse import observation

Trouble = Literal["none", "retried", "fallback", "cached", "cancelled", "cut"]
TROUBLES: tuple[Trouble, ...] = ("none", "retried", "fallback", "cached", "cancelled", "cut")
PATTERNS = keys_with_case()
READ = ("plain", "streamed")
VENDORS = ("openai", "anthropic", "openai-chat")
PRICE = Price(3.0, 15.0, "a list", 0.3, 3.75)
PRICES = PriceTable({f"{vendor}:*": PRICE for vendor in VENDORS})
PLAIN = Usage(1_000, 60)
CACHED = {
    "openai": Usage(1_000, 60, 300, 20),
    "openai-chat": Usage(1_000, 60, 300, 20),
    "anthropic": Usage(1_000, 60, 300, 20, 100),
}
"""Input, output, of them cached, reasoning and written, where the vendor's wire tells it."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One of the matrix."""

    pattern: str
    runtime: str
    read: str
    trouble: Trouble
    vendor: str

    def __str__(self) -> str:
        return f"{self.pattern} · {self.runtime} · {self.read} · {self.trouble} · {self.vendor}"


@dataclass
class Served:
    """The stand-in's model: gives a cell's lines, and counts what it gave.

    Args:
        hangs_after: So many replies are given, and then none; None for all.
    """

    lines: ScriptedModel = field(default_factory=lambda: ScriptedModel([]))
    usage: Usage = PLAIN
    refuses: bool = False
    hangs_after: int | None = None
    stop: Any = ""
    name: str = "served:lines"
    given: Usage = field(default_factory=Usage)
    replies: int = 0
    asked: int = 0
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked += 1
        if self.refuses and self.asked % 2:
            raise ModelRateLimited(self.name, 0.0)
        if self.replies == self.hangs_after:
            self.hangs.set()
            await asyncio.Event().wait()
        reply = await self.lines.reply(request, emit)
        self.replies += 1
        self.given += self.usage
        stop = self.stop if self.stop and not reply.tool_calls else reply.stop_reason
        return replace(reply, usage=self.usage, stop_reason=stop)


class Down:
    """A model whose provider is not there."""

    name = "served:down"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        raise ModelUnavailable(self.name, "it is down")


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What all cells share: a stand-in that is down.

    That which answers is each cell's own: a function that was given up works on for a moment, and
    what it asks then is none of the next cell's.
    """

    down: StandIn


@asynccontextmanager
async def bench() -> AsyncGenerator[Bench]:
    async with serve_standin(Down()) as down:
        yield Bench(down=down)


def cells(patterns: Sequence[str], runtimes: Sequence[str]) -> Iterator[Cell]:
    """Give the whole product; vendors take turns, so that each meets each of the rest."""
    every = product(patterns, runtimes, READ, TROUBLES)
    for number, (pattern, runtime, read, trouble) in enumerate(every):
        vendor = VENDORS[(number + number // len(TROUBLES)) % len(VENDORS)]
        yield Cell(pattern=pattern, runtime=runtime, read=read, trouble=trouble, vendor=vendor)


def asks(pattern: str) -> bool:
    """Tell whether a pattern's case asks a model at all."""
    return bool(CASES[pattern].lines)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Tokens in and out by every account.

    Args:
        unknown: Whether the ledger says that a part is unknown: a call whose tokens nobody told, or
            whose price nobody knows.
        told: How often it was told of the run.
        ended: Why the run stopped, and what failed in it.
    """

    server: tuple[int, int]
    record: tuple[int, int] = (0, 0)
    ledger: tuple[int, int] = (0, 0)
    spans: tuple[int, int] = (0, 0)
    metrics: tuple[int, int] = (0, 0)
    prometheus: int = 0
    langfuse: int = 0
    dollars: tuple[float, ...] = ()
    unknown: bool = False
    told: int = 0
    ended: str = ""

    @property
    def agree(self) -> bool:
        """Whether all accounts of the run say the same, whatever the server counted."""
        same = self.record == self.ledger == self.spans == self.metrics
        buckets = self.prometheus == self.langfuse == sum(self.record)
        money = not self.dollars or max(self.dollars) - min(self.dollars) < 1e-9
        return same and buckets and money

    @property
    def verdict(self) -> str:
        """Give ``=`` where the server's count is the same, ``?`` where the ledger says unknown.

        The server gave more then; where the ledger does not say so, accounts differ.
        """
        if not self.told:
            return "none"
        if not self.agree or self.record > self.server:
            return "differ"
        if self.record == self.server:
            return "="
        return "?" if self.unknown else "differ"


async def counted(cell: Cell, host: Host, shared: Bench) -> Counts:
    """Run a cell once, and read every account."""
    case = CASES[cell.pattern]
    served = Served(lines=ScriptedModel(case.lines))
    if cell.trouble == "cached":
        served.usage = CACHED[cell.vendor]
    served.refuses = cell.trouble == "retried"
    served.stop = "length" if cell.trouble == "cut" else ""
    served.hangs_after = len(case.lines) - 1 if cell.trouble == "cancelled" else None
    told: list[EndedRun] = []
    async with serve_standin(served) as up:
        await _run(cell, host, _models(cell, shared, up), told=told, served=served)
    return _read(told, (served.given.input_tokens, served.given.output_tokens))


async def _run(
    cell: Cell, host: Host, models: Sequence[VendorModel], *, told: list[EndedRun], served: Served
) -> None:
    case = CASES[cell.pattern]
    model = models[0] if len(models) == 1 else FallbackModel(models)
    setup = Setup(agents=(*case.others(), case.make()), model=model, prices=PRICES)
    async with host(setup) as runtime:
        runtime.observer = lambda record, budget: told.append(
            EndedRun(record, budget, machine_ns())
        )
        options = RunOptions(
            retry=Retry(attempts=3, wait_s=0.0),
            listener=(lambda _: None) if cell.read == "streamed" else None,
        )
        run = asyncio.create_task(runtime.run(case.name, case.question, options))
        if cell.trouble == "cancelled":
            hangs = asyncio.create_task(served.hangs.wait())
            await asyncio.wait({run, hangs}, return_when=asyncio.FIRST_COMPLETED)
            hangs.cancel()
            run.cancel()
        with suppress(asyncio.CancelledError):
            async with asyncio.timeout(scaled(30)):
                await run
    for each in models:
        await each.aclose()


def _models(cell: Cell, shared: Bench, up: StandIn) -> list[VendorModel]:
    def at(standin: StandIn, name: str) -> VendorModel:
        url = standin.openai_url if cell.vendor.startswith("openai") else standin.url
        access = VendorAccess(key=Secret("sk-loopback"), base_url=url, region="us-east-1")
        return VendorModel(f"{cell.vendor}:{name}", access)

    down = [at(shared.down, "down")] if cell.trouble == "fallback" else []
    return [*down, at(up, "one")]


def _read(told: Sequence[EndedRun], server: tuple[int, int]) -> Counts:
    if not told:
        return Counts(server=server)
    (ended,) = told
    record, ledger = ended.record, CallSpending()
    for each in spending_of(record, "").spent.values():
        ledger = ledger.plus(each)
    spans = sent(ended)
    usage = [span.attributes for span in spans if names.INPUT_TOKENS in span.attributes]
    rows = [observation(span) for span in spans]
    counter = PrometheusMetrics()
    counter.take([ended])
    samples = [s for family in counter.registry.collect() for s in family.samples]
    return Counts(
        server=server,
        record=(record.usage.input_tokens, record.usage.output_tokens),
        ledger=(ledger.usage.input_tokens, ledger.usage.output_tokens),
        spans=(
            sum(a[names.INPUT_TOKENS] for a in usage), sum(a[names.OUTPUT_TOKENS] for a in usage),
        ),
        metrics=_exported(ended),
        prometheus=round(sum(s.value for s in samples if s.name == "batuta_tokens_total")),
        langfuse=sum(sum(row.usage.values()) for row in rows),
        dollars=(
            record.cost.known_usd,
            ledger.known_usd,
            sum(a.get(names.COST, 0) for a in usage),
            sum(s.value for s in samples if s.name == "batuta_cost_usd_total"),
            sum(row.cost.get("total", 0) for row in rows),
        ),
        unknown=ledger.untold > 0 or ledger.unpriced > 0,
        told=len(told),
        ended=" · ".join((record.stop_reason, *(e.error for e in record.events if e.error))),
    )  # fmt: skip


def _exported(ended: EndedRun) -> tuple[int, int]:
    """Give the tokens of the conventions' metric, as a reader of OpenTelemetry's collects them."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader], shutdown_on_exit=False)
    OtelMetrics(provider, "0").take([ended])
    data: Any = reader.get_metrics_data()
    found = {"input": 0, "output": 0}
    points = [
        point
        for resource in (data.resource_metrics if data is not None else ())
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.name == names.TOKENS
        for point in metric.data.data_points
    ]
    for point in points:
        found[point.attributes[names.COUNTED]] += round(point.sum)
    provider.shutdown()
    return found["input"], found["output"]
