"""What AWS's trace tells of a guardrail and of knowledge bases, as our trace has it."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.model import Inner
from batuta.core.record import ANSWER_REPLACED
from batuta.models.bedrock_agent.events import AgentAnswer

SECRET = "4111 1111 1111 1111"
TOPIC = {"topicPolicy": {"topics": [{"name": "betting", "type": "DENY", "action": "BLOCKED"}]}}
CARD = {
    "sensitiveInformationPolicy": {
        "piiEntities": [
            {"type": "CREDIT_DEBIT_CARD_NUMBER", "match": SECRET, "action": "ANONYMIZED"}
        ]
    }
}
WORD = {"wordPolicy": {"customWords": [{"match": SECRET, "action": "BLOCKED"}]}}


def told(*traces: dict[str, Any], text: str = "Hello.") -> AgentAnswer:
    answer = AgentAnswer(lambda _: None)
    for trace in traces:
        answer.take({"trace": {"trace": trace}})
    answer.take({"chunk": {"bytes": text.encode()}})
    return answer


def guardrail(action: str, **sides: Any) -> dict[str, Any]:
    return {"guardrailTrace": {"traceId": "t", "action": action, **sides}}


def test_what_a_guardrail_lets_pass_is_told_and_is_an_ordinary_answer() -> None:
    reply = told(guardrail("NONE", inputAssessments=[{}])).reply("m", stand_in=False)

    assert reply.stop_reason == "end"
    (one,) = reply.inner
    assert (one.kind, one.name, one.data["intervened"]) == ("decision", "guardrail let pass", False)


@pytest.mark.parametrize(
    ("assessment", "found"), [(TOPIC, "topicPolicy (betting)"), (WORD, "wordPolicy (customWords)")]
)
def test_an_answer_that_a_guardrail_replaced_is_none_of_the_agents(
    assessment: dict[str, Any], found: str
) -> None:
    trace = guardrail("INTERVENED", outputAssessments=[assessment])
    reply = told(trace).reply("m", stand_in=False)

    assert (reply.text, reply.stop_reason) == ("Hello.", "refused")
    decided, warned = reply.inner
    assert decided.name == "guardrail replaced the answer"
    assert decided.data["why"] == f"blocked: {found}"
    assert decided.data["found"][0]["in"] == "answer"
    assert (warned.kind, warned.name) == ("warning", ANSWER_REPLACED)
    assert SECRET not in str(reply.inner)


def test_an_intervention_that_says_no_more_counts_as_a_replacement() -> None:
    reply = told(guardrail("INTERVENED")).reply("m", stand_in=False)
    assert reply.stop_reason == "refused"


def test_what_is_only_masked_is_the_agents_answer_still() -> None:
    trace = guardrail("INTERVENED", outputAssessments=[CARD])
    reply = told(trace).reply("m", stand_in=False)

    assert reply.stop_reason == "end"
    assert [(i.kind, i.name) for i in reply.inner] == [("decision", "guardrail masked")]
    assert "CREDIT_DEBIT_CARD_NUMBER" in reply.inner[0].data["why"]
    assert SECRET not in str(reply.inner)


def test_one_mask_among_blocks_changes_nothing_of_a_replacement() -> None:
    trace = guardrail("INTERVENED", inputAssessments=[CARD], outputAssessments=[TOPIC])
    assert told(trace).reply("m", stand_in=False).stop_reason == "refused"


def looked_up(base: str, query: str) -> dict[str, Any]:
    asked = {"knowledgeBaseId": base, "text": query}
    return {"orchestrationTrace": {"invocationInput": {"knowledgeBaseLookupInput": asked}}}


def gave(*references: dict[str, Any]) -> dict[str, Any]:
    output = {"retrievedReferences": list(references)}
    return {"orchestrationTrace": {"observation": {"knowledgeBaseLookupOutput": output}}}


S3 = {"type": "S3", "s3Location": {"uri": "s3://club/rules.md"}}
WEB = {"type": "WEB", "webLocation": {"url": "https://club.example/rules"}}


def test_a_lookup_is_a_tool_of_awss_with_its_sources() -> None:
    text = {"content": {"text": "No dogs."}, "location": S3}
    row = {
        "content": {"type": "ROW", "row": [{"columnName": "fee", "columnValue": "3"}]},
        "location": WEB,
    }
    reply = told(looked_up("KB12345678", "dogs?"), gave(text, row)).reply("m", stand_in=False)

    sources = [
        {"source": "s3://club/rules.md", "text": "No dogs."},
        {"source": "https://club.example/rules", "text": "fee: 3"},
    ]
    arguments = {"id": "KB12345678", "query": "dogs?"}
    data = {"arguments": arguments, "result": {"sources": sources}}
    assert reply.inner == (Inner("tool", "knowledge_base", data),)


def test_two_lookups_at_once_have_each_its_own_sources() -> None:
    first = {"content": {"text": "one"}, "location": S3}
    second = {"content": {"text": "two"}, "location": S3}
    reply = told(
        looked_up("KB12345678", "a"), looked_up("KB87654321", "b"), gave(first), gave(second)
    ).reply("m", stand_in=False)

    found = [(i.data["arguments"]["query"], i.data["result"]["sources"]) for i in reply.inner]
    assert [(query, sources[0]["text"]) for query, sources in found] == [("a", "one"), ("b", "two")]


def test_a_lookup_that_found_nothing_has_no_sources() -> None:
    reply = told(looked_up("KB12345678", "dogs?"), gave()).reply("m", stand_in=False)
    assert reply.inner[0].data["result"] == {"sources": []}


def test_an_action_keeps_its_result_beside_a_lookup() -> None:
    action = {"function": "find", "executionType": "LAMBDA"}
    begun = {"invocationInput": {"actionGroupInvocationInput": action}}
    done = {"observation": {"actionGroupInvocationOutput": {"text": "two"}}}
    reply = told(
        looked_up("KB12345678", "dogs?"), gave(),
        {"orchestrationTrace": begun}, {"orchestrationTrace": done},
    ).reply("m", stand_in=False)  # fmt: skip

    assert [(i.name, i.data["result"]) for i in reply.inner] == [
        ("knowledge_base", {"sources": []}), ("find", "two")
    ]  # fmt: skip
