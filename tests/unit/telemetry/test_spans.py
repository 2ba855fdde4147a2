"""Runs as spans at a collector on loopback: the tree, the names, the numbers, what stays here."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import pytest

from batuta import Budget, FunctionAgent, Message, Price, RunRecord, ScriptedModel, Usage
from batuta.core.model import ModelReply, ToolCall
from batuta.core.price import PriceTable
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.settings.telemetry import TelemetrySettings, read_telemetry
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.pipeline import Pipeline, Telemetry
from batuta.telemetry.span_tree import EndedRun, span_tree
from batuta.wiring.telemetry import span_receivers
from tests.patience import scaled
from tests.unit.core.rig import HELLO, echo, hosted, ran
from tests.unit.telemetry.collector import Collector, SentSpan, collecting
from tests.unit.telemetry.langfuse import observation

PRICES = PriceTable({"openai:one": Price(10.0, 20.0, "a list", cached_usd=1.0)})
USED = Usage(1_000, 60, 300, 20, 100)
CAME_WITH = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture(scope="module")
def running() -> Generator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture
def collector(running: Collector, monkeypatch: pytest.MonkeyPatch) -> Collector:
    for name in ("OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    running.status = 200
    for seen in (running.paths, running.headers, running.spans):
        seen.clear()
    return running


def settings(collector: Collector, **more: str) -> TelemetrySettings:
    return read_telemetry({"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, **more})


def send(wanted: TelemetrySettings, *records: RunRecord) -> None:
    for receiver in span_receivers(wanted):
        ended = [EndedRun(record, Budget(cost_usd=1), 10**18) for record in records]
        assert receiver.take(ended) == ""


@tool(effect="write")
async def book(slot: str) -> Mapping[str, str]:
    """Book a slot."""
    return {"booked": slot, "password": "hunter2hunter2"}


def replies() -> Sequence[ModelReply]:
    call = ToolCall("c1", "book", {"slot": "A, token=abcdef123456"})
    return (
        ModelReply("", (call,), usage=USED, model="openai:one", stop_reason="tool_calls"),
        ModelReply("Done.", usage=Usage(10, 5), model="openai:one"),
    )


async def booked(**more: Any) -> RunRecord:
    """A run with an agent in an agent, a tool, a decision, and two calls of a model."""
    model = ScriptedModel(replies(), name="openai:one")

    async def inner(message: Message, run: Run) -> Message:
        first = await run.ask([message], model=model, tools=[book])
        run.decide("choose court A", "my secret is sk-12345678901234")
        await run.use(book, first.tool_calls[0].arguments)
        return Message.assistant((await run.ask([message], model=model)).text)

    async def main(run: Run) -> Message:
        return await run.call(FunctionAgent(name="desk", answer=inner), HELLO)

    record = await ran(main, prices=PRICES, labels={"style": "d", "app": "tennis"}, **more)
    assert record.stop_reason == "done"
    return dataclasses.replace(record, session_id="ses_1")


def by_name(spans: Sequence[SentSpan]) -> dict[str, SentSpan]:
    return {span.name: span for span in spans}


async def test_a_run_is_one_tree_by_the_names_of_the_conventions(collector: Collector) -> None:
    record = await booked()
    send(settings(collector), record)
    assert collector.paths == ["/v1/traces"]
    assert [span.name for span in collector.spans] == [
        "invoke_workflow d", "invoke_agent main", "invoke_agent desk", "chat one",
        "execute_tool book", "chat one",
    ]  # fmt: skip
    root, *rest = collector.spans
    assert root.parent_id == ""
    known = {span.span_id for span in collector.spans}
    assert len(known) == 6
    assert {span.parent_id for span in rest} <= known
    assert {span.trace_id for span in collector.spans} == {
        span_tree(EndedRun(record, Budget(), 0))[0]
    }
    for span in collector.spans:
        assert span.attributes[names.SESSION] == "ses_1"
        assert span.attributes[names.USER] == record.principal_id
        assert span.end_ns >= span.start_ns
        assert span.resource["service.name"] == "batuta"
    assert root.attributes[names.CONVERSATION] == "ses_1"
    found = by_name(collector.spans)
    assert found["execute_tool book"].attributes[names.OPENINFERENCE_KIND] == "TOOL"
    assert found["execute_tool book"].attributes[names.EFFECT] == "write"
    assert found["invoke_agent desk"].events == ("decision",)
    assert root.attributes[names.STOP] == "done"
    assert root.attributes["batuta.budget.left.usd"] == pytest.approx(1 - (record.cost.usd or 0))


async def test_tokens_and_money_stand_on_model_spans_alone(collector: Collector) -> None:
    record = await booked()
    send(settings(collector), record)
    usage = [s for s in collector.spans if any("usage" in n or "cost" in n for n in s.attributes)]
    assert [span.name for span in usage] == ["chat one", "chat one"]
    told = usage[0].attributes
    assert (told[names.INPUT_TOKENS], told[names.CACHE_READ]) == (1_000, 300)
    assert told[names.CACHE_WRITE] == told[names.CACHE_CREATION] == 100
    assert told[names.REASONING] == 20
    assert sum(span.attributes[names.INPUT_TOKENS] for span in usage) == record.usage.input_tokens
    assert sum(span.attributes[names.COST] for span in usage) == pytest.approx(record.cost.usd)


async def test_an_unknown_price_is_a_reason_and_no_amount(collector: Collector) -> None:
    async def main(run: Run) -> None:
        await run.ask([HELLO], model=ScriptedModel(["ok"], name="odd:two"))

    send(settings(collector), await ran(main))
    told = collector.spans[-1].attributes
    assert names.COST not in told
    assert names.LANGFUSE_COST not in told
    assert "no price known" in told[names.PRICE_SOURCE]


async def test_nothing_that_was_said_leaves_unless_it_is_wanted(collector: Collector) -> None:
    record = await booked()
    send(settings(collector), record)
    everything = repr(collector.spans)
    for word in ("hello", "Done.", "token=", "court A", "hunter2", "booked"):
        assert word not in everything


async def test_what_was_said_goes_out_without_secrets_where_it_is_wanted(
    collector: Collector,
) -> None:
    captured = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only"}
    send(settings(collector, **captured), await booked())
    found, everything = by_name(collector.spans), repr(collector.spans)
    assert found["invoke_workflow d"].attributes[names.INPUT] == "hello"
    assert found["invoke_workflow d"].attributes[names.OUTPUT] == "Done."
    assert "booked" in found["execute_tool book"].attributes[names.TOOL_RESULT]
    for secret in ("abcdef123456", "hunter2hunter2", "sk-12345678901234"):
        assert secret not in everything


async def test_half_a_surrogate_pair_spoils_nothing(collector: Collector) -> None:
    captured = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    record = dataclasses.replace(await booked(), question=Message.user("half \ud83c"))
    send(settings(collector, **captured), record)
    assert collector.spans[0].attributes[names.INPUT] == "half ?"


async def test_a_run_goes_on_with_the_trace_that_it_came_in(collector: Collector) -> None:
    send(settings(collector), await booked(traceparent=CAME_WITH))
    _, trace_id, span_id, _ = CAME_WITH.split("-")
    assert {span.trace_id for span in collector.spans} == {trace_id}
    assert collector.spans[0].parent_id == span_id


async def test_a_trace_that_is_not_sampled_is_not_sent(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(settings(collector), await booked(traceparent=CAME_WITH[:-2] + "00"))
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    send(settings(collector), await booked())
    assert collector.spans == []


async def test_an_error_is_told_by_its_class(collector: Collector) -> None:
    @tool
    async def broken() -> None:
        """Break."""
        raise ValueError("of my secret life")

    async def main(run: Run) -> None:
        await run.use(broken, {})

    send(settings(collector), await ran(main))
    failed = [span for span in collector.spans if span.failed]
    assert [span.name for span in failed] == [
        "invoke_workflow main", "invoke_agent main", "execute_tool broken",
    ]  # fmt: skip
    assert failed[-1].attributes[names.ERROR_TYPE] == "ToolFailed"
    assert "secret life" not in repr(collector.spans)


async def test_langfuse_gets_its_keys_and_no_other_collectors(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20mine,x-theirs=1")
    keys = {"LANGFUSE_PUBLIC_KEY": "pk-1", "LANGFUSE_SECRET_KEY": "sk-1"}
    send(read_telemetry({**keys, "LANGFUSE_HOST": f"{collector.address}/"}), await booked())
    assert collector.paths == ["/api/public/otel/v1/traces"]
    (headers,) = collector.headers
    assert headers["authorization"] == "Basic cGstMTpzay0x"
    assert headers["x-langfuse-ingestion-version"] == "4"
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["content-encoding"] == "gzip"
    assert "x-theirs" not in headers


async def test_langfuses_buckets_never_overlap_and_add_up_to_the_run(collector: Collector) -> None:
    keys = {"LANGFUSE_PUBLIC_KEY": "pk-1", "LANGFUSE_SECRET_KEY": "sk-1"}
    record = await booked()
    send(read_telemetry({**keys, "LANGFUSE_BASE_URL": collector.address}), record)
    rows = [observation(span) for span in collector.spans]
    assert [row.type for row in rows] == [
        "CHAIN", "AGENT", "AGENT", "GENERATION", "TOOL", "GENERATION",
    ]  # fmt: skip
    assert rows[3].usage == {
        "input": 600, "input_cached_tokens": 300, "input_cache_creation": 100,
        "output": 40, "output_reasoning_tokens": 20,
    }  # fmt: skip
    assert sum(sum(row.usage.values()) for row in rows) == record.usage.total_tokens
    assert sum(row.cost.get("total", 0) for row in rows) == pytest.approx(record.cost.usd)
    for row in rows:
        assert (row.session_id, row.user_id) == ("ses_1", record.principal_id)
        assert (row.trace_name, row.tags) == ("d", ("style:d", "tennis"))


def pipeline(collector: Collector, **more: int) -> Pipeline:
    (receiver,) = span_receivers(settings(collector))
    sizes = {"most_queued": 100, "at_once": 10, **more}
    return Pipeline(
        receiver, most_queued=sizes["most_queued"], at_once=sizes["at_once"], delay_s=60
    )


async def test_a_collector_that_refuses_costs_one_warning(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    collector.status = 400
    record, line = await booked(), pipeline(collector)
    told = Telemetry([line])
    for _ in range(3):
        told(record, Budget())
        assert told.flush(scaled(20))
    assert [each.levelname for each in caplog.records] == ["WARNING"]
    assert "is lost: Failed to export spans batch code: 400" in caplog.text
    assert line.lost == 3
    collector.status = 200
    told(record, Budget())
    assert told.flush(scaled(20))
    assert "reaches the collector again; 3 runs are lost" in caplog.text


async def test_a_collector_that_hangs_holds_up_nothing_and_a_full_queue_drops_and_counts(
    collector: Collector,
) -> None:
    record, line = await booked(), pipeline(collector, most_queued=4, at_once=1)
    collector.silent.set()
    try:
        told = Telemetry([line])
        for _ in range(20):
            told(record, Budget())
        assert not told.flush(0.05)
        assert line.dropped >= 15  # one or none is on its way, four wait
    finally:
        collector.silent.clear()
        collector.go_on.set()
    assert told.flush(scaled(30))


def test_what_is_no_setting_is_refused_by_name() -> None:
    from batuta.errors import ConfigError

    for wrong in (
        {"OTEL_TRACES_EXPORTER": "zipkin"},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"},
        {"LANGFUSE_PUBLIC_KEY": "pk"},
        {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk", "LANGFUSE_HOST": "nowhere"},
    ):
        with pytest.raises(ConfigError):
            read_telemetry(wrong)


def test_nothing_is_sent_without_an_address_or_where_it_is_switched_off() -> None:
    keys = {"LANGFUSE_PUBLIC_KEY": "pk", "LANGFUSE_SECRET_KEY": "sk"}
    assert not read_telemetry({}).sends
    assert not read_telemetry({"OTEL_TRACES_EXPORTER": "none"}).sends
    assert not read_telemetry({**keys, "OTEL_SDK_DISABLED": "true"}).sends
    assert read_telemetry(keys).langfuse == "https://cloud.langfuse.com"
    assert "sk" not in repr(read_telemetry(keys))
    own = read_telemetry({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a/x"})
    assert (own.traces, own.traces_to, own.metrics) == ("otlp", "http://a/x", "")


async def test_a_span_that_never_ended_and_one_without_its_parent_hang_in_the_tree(
    collector: Collector,
) -> None:
    record = await booked()
    cut = [
        e for e in record.events if e.phase != "end" and not (e.kind == "agent" and e.span == "1.1")
    ]
    send(
        settings(collector), dataclasses.replace(record, events=tuple(cut), stop_reason="cancelled")
    )
    known = {span.span_id for span in collector.spans}
    assert {span.parent_id for span in collector.spans[1:]} <= known
    assert all(span.failed for span in collector.spans)
    assert collector.spans[0].attributes[names.ERROR_TYPE] == "cancelled"


async def test_switched_off_a_run_calls_nothing_of_this_and_on_next_to_nothing(
    collector: Collector,
) -> None:
    """On the loop's thread: what the pipelines do in their own is not its time."""

    async def called(told: Telemetry | None) -> list[str]:
        names: list[str] = []

        def see(frame: Any, event: str, _: Any) -> None:
            if event == "call" and "batuta/telemetry" in frame.f_code.co_filename:
                names.append(frame.f_code.co_qualname)

        runtime = hosted(echo("a"))
        runtime.observer = told
        sys.setprofile(see)
        try:
            await runtime.run("a", HELLO)
        finally:
            sys.setprofile(None)
        return names

    assert await called(None) == []
    line = pipeline(collector)
    assert await called(Telemetry([line])) == ["Telemetry.__call__", "Pipeline.put"]
    assert line.flush(scaled(20))
