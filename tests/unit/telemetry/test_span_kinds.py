"""What kind a span is of, for whoever reads them: retrieval, compositions, styles."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from batuta.compose.parallel import Parallel
from batuta.compose.rag import RAG
from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.settings.telemetry import read_telemetry
from batuta.telemetry.otel import conventions as names
from batuta.telemetry.span_tree import EndedRun
from batuta.testing.scripted import ScriptedModel
from batuta.wiring.telemetry import span_receivers
from tests.unit.core.rig import HELLO, echo, ran
from tests.unit.telemetry.collector import SentSpan, collecting
from tests.unit.telemetry.langfuse import observation

FOUND = [{"id": "hours", "text": "It opens at seven."}]


def sent(record: RunRecord) -> Sequence[SentSpan]:
    with collecting() as collector:
        settings = read_telemetry({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": collector.address})
        (receiver,) = span_receivers(settings)
        assert receiver.take([EndedRun(record, Budget(), 10**18)]) == ""
        return collector.spans


def finds(name: str) -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant("hours", {"documents": FOUND})

    return FunctionAgent(name=name, answer=answer)


async def test_retrievers_and_rerankers_are_told_from_other_agents() -> None:
    rag = RAG(retrievers=[finds("search")], reranker=finds("sort"))

    async def main(run: Run) -> Message:
        return await run.call(rag, HELLO)

    spans = sent(await ran(main, model=ScriptedModel(["At seven [[hours]]."])))
    kinds = {span.name: span.attributes[names.OPENINFERENCE_KIND] for span in spans}
    assert kinds["retrieval search"] == "RETRIEVER"
    assert kinds["sort"] == "RERANKER"
    assert kinds["invoke_agent rag"] == "AGENT"
    types = {span.name: observation(span).type for span in spans}
    assert types["retrieval search"] == "RETRIEVER"
    documents = {
        s.name: s.attributes[names.DOCUMENTS] for s in spans if names.DOCUMENTS in s.attributes
    }
    assert documents == {"retrieval search": 1, "sort": 1}


async def test_a_composition_is_named_and_who_hands_its_answer_on_is_none() -> None:
    both = Parallel(members=[echo("one"), echo("two")])

    async def main(run: Run) -> Message:
        return await run.call(both, HELLO)

    record = await ran(main)
    patterns = {
        span.name: span.attributes[names.PATTERN]
        for span in sent(record)
        if names.PATTERN in span.attributes
    }
    assert patterns == {"invoke_agent parallel": "parallel"}
    styled = {span.name: span.attributes for span in sent(dataclasses.replace(record, style="d"))}
    assert styled["invoke_workflow d"][names.PATTERN] == "function_calling"
    assert styled["invoke_agent parallel"][names.PATTERN] == "parallel"
