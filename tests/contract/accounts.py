"""Every account of a run agrees: model, record, ledger, spans, metrics, Langfuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from batuta.compose.parallel import Parallel
from batuta.core.budget import Budget
from batuta.core.clock import machine_ns
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.price import Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.spending import CallSpending, spending_of
from batuta.errors import ModelRateLimited
from batuta.runtimes.local import LocalRuntime
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.otel.spans import SpanMaker
from batuta.telemetry.prometheus import PrometheusMetrics
from batuta.telemetry.span_tree import EndedRun
from tests.contract.runtime import Host, Setup, agent
from tests.unit.telemetry.collector import Collector, SentSpan
from tests.unit.telemetry.langfuse import observation

PRICE = Price(3.0, 15.0, "a list", 0.3, 3.75)
PRICES = PriceTable({"paid:*": PRICE})
USED = Usage(1_000, 60, 300, 20, 100)
HELLO = Message.user("hello")


@dataclass
class Counting:
    """A model that counts what it gave, as a vendor would; it may refuse first, or never answer.

    Args:
        refuses: So many calls before one is answered.
        answers: After so many it hangs.
        stop: Why each reply ends.
    """

    refuses: int = 0
    answers: int = 1_000
    stop: Any = "end"
    name: str = "paid:one"
    asked: int = 0
    given: Usage = field(default_factory=Usage)
    hangs: asyncio.Event = field(default_factory=asyncio.Event)

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked += 1
        if self.asked <= self.refuses:
            raise ModelRateLimited(self.name, 0.0)
        if self.answers <= 0:
            self.hangs.set()
            await asyncio.Event().wait()
        self.answers -= 1
        emit("ok")
        self.given += USED
        return ModelReply("ok", usage=USED, model=self.name, stop_reason=self.stop)


CASES: dict[str, tuple[Callable[[], Counting], bool]] = {
    "cached": (Counting, False),
    "cached, streamed": (Counting, True),
    "retried": (lambda: Counting(refuses=2), False),
    "cut off, streamed": (lambda: Counting(stop="length"), True),
}


@dataclass(frozen=True)
class Accounts:
    """What each account of one run says: tokens in and out, and dollars."""

    model: tuple[int, int]
    record: tuple[int, int]
    ledger: tuple[int, int]
    spans: tuple[int, int]
    prometheus: int
    langfuse: int
    dollars: tuple[float, ...]


def sent(ended: EndedRun) -> list[SentSpan]:
    """Make a run's spans and read them again from their bytes."""
    maker = SpanMaker(Resource({}), "0", sampler=ALWAYS_ON, content=False)
    collector = Collector()
    collector.take("/v1/traces", {}, encode_spans([*maker.spans(ended)]).SerializeToString())
    return collector.spans


def accounts(ended: EndedRun, given: Usage) -> Accounts:
    record, ledger = ended.record, CallSpending()
    for each in spending_of(ended.record, "").spent.values():
        ledger = ledger.plus(each)
    spans = [span.attributes for span in sent(ended)]
    rows = [observation(span) for span in sent(ended)]
    metrics = PrometheusMetrics()
    metrics.take([ended])
    samples = [s for family in metrics.registry.collect() for s in family.samples]
    return Accounts(
        model=(given.input_tokens, given.output_tokens),
        record=(record.usage.input_tokens, record.usage.output_tokens),
        ledger=(ledger.usage.input_tokens, ledger.usage.output_tokens),
        spans=(
            sum(a.get(names.INPUT_TOKENS, 0) for a in spans),
            sum(a.get(names.OUTPUT_TOKENS, 0) for a in spans),
        ),
        prometheus=round(sum(s.value for s in samples if s.name == "batuta_tokens_total")),
        langfuse=sum(sum(row.usage.values()) for row in rows),
        dollars=(
            record.cost.known_usd,
            ledger.known_usd,
            sum(a.get(names.COST, 0) for a in spans),
            sum(s.value for s in samples if s.name == "batuta_cost_usd_total"),
            sum(row.cost.get("total", 0) for row in rows),
        ),
    )


def check_one_trace(ended: EndedRun) -> None:
    spans = sent(ended)
    known = {span.span_id for span in spans}
    assert len(known) == len(spans)
    assert len({span.trace_id for span in spans}) == 1
    assert [span for span in spans if span.parent_id not in known] == [spans[0]]


def check_agreement(ended: EndedRun, given: Usage, *, all_told: bool = True) -> None:
    """Check that all say the same.

    Args:
        all_told: Whether the run was told of all that its model gave; else it may be of less.
    """
    check_one_trace(ended)
    found = accounts(ended, given)
    assert found.record == found.ledger == found.spans, found
    assert found.prometheus == found.langfuse == sum(found.record), found
    calls = found.record[0] / USED.input_tokens
    assert found.dollars == pytest.approx([PRICE.cost_usd(USED) * calls] * len(found.dollars))
    if all_told:
        assert found.record == found.model, found
    else:
        assert found.record <= found.model, found


class AccountsContract:
    """Tests of one runtime; ``host`` opens it with agents and a model."""

    @pytest.mark.parametrize("case", CASES)
    async def test_all_accounts_of_a_run_agree(self, host: Host, case: str) -> None:
        make, streamed = CASES[case]
        model = make()
        async with host(Setup(agents=tree(), model=model, prices=PRICES)) as runtime:
            ended = await run_of(runtime, streamed=streamed)
        assert ended.record.stop_reason in {"done", "length"}
        assert model.given == Usage(4_000, 240, 1_200, 80, 400)
        check_agreement(ended, model.given)

    async def test_all_accounts_of_a_run_that_is_cancelled_agree(self, host: Host) -> None:
        model = Counting(answers=2)
        async with host(Setup(agents=tree(), model=model, prices=PRICES)) as runtime:
            told: list[EndedRun] = []
            runtime.observer = lambda r, b: told.append(EndedRun(r, b, machine_ns()))
            task = asyncio.create_task(runtime.run("front", HELLO, RunOptions(run_id=None)))
            await model.hangs.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        for ended in told:  # a durable one is told of by whoever ends it, which may be later
            assert ended.record.stop_reason == "cancelled"
            # What an agent elsewhere used and had not told yet is in no account, nor a reply that
            # came as its durable step was cut.
            check_agreement(ended, model.given, all_told=type(runtime) is LocalRuntime)

    async def test_a_trace_that_a_run_came_with_goes_on(self, host: Host) -> None:
        came = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        async with host(Setup(agents=tree(), model=Counting(), prices=PRICES)) as runtime:
            ended = await run_of(runtime, traceparent=came)
        spans = sent(ended)
        assert {span.trace_id for span in spans} == {came.split("-")[1]}
        assert spans[0].parent_id == came.split("-")[2]


async def run_of(runtime: Any, *, streamed: bool = False, traceparent: str = "") -> EndedRun:
    """Run the tree once; whoever observes is told of it once, however many processes it has."""
    told: list[tuple[RunRecord, Budget]] = []
    runtime.observer = lambda record, budget: told.append((record, budget))
    options = RunOptions(
        retry=Retry(attempts=3, wait_s=0.0),
        listener=(lambda _: None) if streamed else None,
        traceparent=traceparent,
    )
    await runtime.run("front", HELLO, options)
    ((record, budget),) = told
    return EndedRun(record, budget, machine_ns())


def tree() -> tuple[Any, ...]:
    """Agents in agents: the front asks, then two ask side by side, and a composition asks."""

    @agent("left")
    async def left(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    @agent("right")
    async def right(message: Message, run: Run) -> Message:
        run.decide("right", "a reason")
        return Message.assistant((await run.ask([message])).text)

    @agent("front")
    async def front(message: Message, run: Run) -> Message:
        await run.ask([message])
        await run.call(Parallel(members=["left", "right"]), message)
        return await run.call("left", message)

    return (left, right, front)
