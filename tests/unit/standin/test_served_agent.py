"""A guardrail and a knowledge base from the stand-in's wire to the trace of a run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from batuta import ManagedAgent, run_sync
from batuta.core.record import RunRecord
from batuta.models.bedrock_agent import Guardrail, KnowledgeBase, agent_definition
from batuta.standin import Intervention, LocalBedrockAgent, Passage, ServedAgent
from batuta.standin import bedrock_agent as standin
from batuta.testing.scripted import ScriptedModel, calls
from tests.contract.vendor_wire import check_agent_event

BETTING = {"topicPolicy": {"topics": [{"name": "betting", "type": "DENY", "action": "BLOCKED"}]}}
CARD = {"piiEntities": [{"type": "PIN", "match": "1234", "action": "ANONYMIZED"}]}
DEFINITION = agent_definition(
    "club", "Tell members when the club is open.", [],
    guardrail=Guardrail(guardrail="gr1abc2def", version="1"),
    knowledge_bases=[KnowledgeBase(knowledge_base="KB12345678", use="rules")],
)  # fmt: skip
LOOK = calls(("knowledge_base_KB12345678", {"query": "dogs"}))


def guard(_: str, text: str) -> Intervention | None:
    if "bet" in text:
        return Intervention("I cannot talk of that.", BETTING)
    if "1234" in text:
        masked = text.replace("1234", "{PIN}")
        return Intervention(masked, {"sensitiveInformationPolicy": CARD})
    return None


def search(base: str, query: str) -> list[Passage]:
    return [Passage(f"No {query}.", f"s3://{base.lower()}/rules.md")]


def held(question: str, *lines: Any) -> tuple[RunRecord, ScriptedModel, list[str]]:
    planner = ScriptedModel(lines)
    beside = ServedAgent(definition=DEFINITION, guard=guard, search=search)
    agent = ManagedAgent(agent=LocalBedrockAgent(beside, planner), tools=[])
    record = run_sync(agent, question, model=planner)
    stops = [(e.data or {})["stop"] for e in record.events if (e.kind, e.phase) == ("model", "end")]
    return record, planner, stops


def decisions(record: RunRecord) -> list[tuple[str, str]]:
    return [(e.name, e.by) for e in record.events if e.kind == "decision"]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Mapping[str, Any]]]:
    """What the stand-in sends, on its way into the wire's frames."""
    seen: list[tuple[str, Mapping[str, Any]]] = []
    framed: Callable[..., bytes] = standin.event_stream

    def noted(name: str, payload: Mapping[str, Any], *, exception: bool = False) -> bytes:
        seen.append((name, json.loads(json.dumps(payload))))
        return framed(name, payload, exception=exception)

    monkeypatch.setattr(standin, "event_stream", noted)
    return seen


def test_a_question_that_a_guardrail_stops_reaches_no_planner() -> None:
    record, planner, stops = held("Where can I bet?", "Never said.")

    assert record.text == "I cannot talk of that."
    assert planner.requests == []
    assert stops == ["refused"]
    assert decisions(record) == [("guardrail replaced the answer", "aws")]
    assert "topicPolicy (betting)" in record.warnings[0]
    assert record.false_claims == ()


def test_an_answer_that_a_guardrail_replaces_is_never_heard() -> None:
    record, _, stops = held("What shall I do?", "You could bet on it.")

    assert record.text == "I cannot talk of that."
    assert "bet on it" not in str(record.to_json())
    assert stops == ["refused"]
    assert [name for name, _ in decisions(record)] == [
        "guardrail let pass", "guardrail replaced the answer"
    ]  # fmt: skip
    assert len(record.warnings) == 1


def test_a_masked_answer_is_an_answer() -> None:
    record, _, stops = held("The code?", "It is 1234.")

    assert (record.text, stops, record.warnings) == ("It is {PIN}.", ["end"], ())
    assert decisions(record)[-1] == ("guardrail masked", "aws")


def test_what_a_knowledge_base_gave_is_a_tool_of_awss_in_the_trace(
    wire: list[tuple[str, Mapping[str, Any]]],
) -> None:
    record, planner, stops = held("May I bring a dog?", LOOK, "No dogs.")

    assert (record.text, stops) == ("No dogs.", ["end"])
    (begun, ended) = [e for e in record.events if e.kind == "tool"]
    assert (begun.name, begun.by) == ("knowledge_base", "aws")
    assert (begun.data or {})["arguments"] == {"id": "KB12345678", "query": "dogs"}
    source = {"source": "s3://kb12345678/rules.md", "text": "No dogs."}
    assert (ended.data or {})["result"] == {"sources": [source]}
    assert record.tool_calls == 1
    assert [tool.description for tool in planner.requests[0].tools] == ["rules"]
    assert "No dogs." in planner.requests[1].messages[-1].text
    traces = [payload["trace"] for name, payload in wire if name == "trace"]
    assert {"guardrailTrace", "orchestrationTrace"} == {kind for each in traces for kind in each}
    for name, payload in wire:
        check_agent_event(name, payload)


def test_without_rules_and_texts_a_stand_in_tells_of_neither() -> None:
    planner = ScriptedModel(["You could bet on it."])
    agent = ManagedAgent(agent=LocalBedrockAgent(DEFINITION, planner), tools=[])
    record = run_sync(agent, "Hm?", model=planner)

    assert record.text == "You could bet on it."
    assert decisions(record) == []
    assert planner.requests[0].tools == ()
