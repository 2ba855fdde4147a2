from __future__ import annotations

from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.errors import InvalidInput, MembersFailed, ModelRefused, ToolFailed
from batuta.parts.aggregation import Clusters, Consensus, Synthesis, Vote
from batuta.parts.answers import answers_in, gathered
from batuta.parts.members import RECORD, MemberResult
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import HELLO, hosted

QUESTION = Message.user("Where?")


def answer(agent: str, text: str, data: Any = None, **about: Any) -> MemberResult:
    return MemberResult(agent=agent, reply=Message.assistant(text, data).with_metadata(**about))


ABSENT = MemberResult(agent="z", status="failed", error=ToolFailed("t", "broken"))
THREE = [answer("a", "Rome"), answer("b", "rome", {"n": 1}, source="b"), answer("c", "Oslo")]


async def aggregated(agent: Any, answers: list[MemberResult], *lines: Any) -> RunRecord:
    model = ScriptedModel(lines)
    return await hosted(agent, model=model).run(agent.name, gathered(QUESTION, answers))


async def test_a_vote_gives_the_winners_own_message_or_abstains_with_the_ballot() -> None:
    record = await aggregated(Vote(), THREE)
    assert record.text == "Rome"
    record = await aggregated(Vote(rule="weighted", weights={"a": 1, "b": 2, "c": 1}), THREE)
    assert record.reply is not None
    assert (record.reply.data, record.reply.metadata) == ({"n": 1}, {"source": "b"})
    record = await aggregated(Vote(threshold=0.9), THREE)
    assert record.reply is not None
    assert record.reply.data is not None
    assert record.reply.data["abstained"] is True
    assert record.reply.data["ballot"]["tally"][0] == {"label": "Rome", "weight": 2.0}


async def test_who_gave_no_answer_counts_among_the_voters() -> None:
    record = await aggregated(Vote(), [answer("a", "Rome"), answer("b", "Rome"), ABSENT, ABSENT])
    assert record.reply is not None
    assert record.reply.data is not None
    assert record.reply.data["ballot"]["votes"][3]["why"] == "failed (Tool t: broken)"


async def test_a_voter_without_a_weight_counts_nothing() -> None:
    record = await aggregated(Vote(rule="weighted", weights={"c": 1}), THREE)
    assert record.text == "Oslo"


async def test_clusters_give_the_largest_groups_first_and_all_groups() -> None:
    answers = [answer("a", "In Oslo"), answer("b", "Rome"), answer("c", "It is Rome")]
    said = ModelReply(output={"groups": [[1], [2, 3]]})
    record = await aggregated(Clusters(), answers, said)
    assert record.text == "Rome"
    assert record.reply is not None
    assert record.reply.data == {
        "clusters": [
            {"text": "In Oslo", "agents": ["a"]},
            {"text": "Rome", "agents": ["b", "c"]},
        ],
        "share": pytest.approx(2 / 3),
    }


async def test_a_consensus_is_counted_not_judged() -> None:
    said = ModelReply(
        output={
            "statements": [
                {"text": "It is a city.", "agents": ["a", "b", "c"]},
                {"text": "It is Rome.", "agents": ["b", "a", "b", "nobody"]},
                {"text": "It is nowhere.", "agents": ["nobody"]},
            ]
        }
    )
    record = await aggregated(Consensus(), THREE, said)
    assert record.text == "It is a city."
    assert record.reply is not None
    data: Any = record.reply.data
    assert data["statements"][1] == {
        "text": "It is Rome.",
        "agents": ["a", "b"],
        "share": pytest.approx(2 / 3),
    }
    assert len(data["statements"]) == 2
    record = await aggregated(Consensus(threshold=2 / 3), THREE, said)
    assert record.text == "It is a city. It is Rome."


async def test_without_anything_shared_a_consensus_abstains() -> None:
    said = ModelReply(output={"statements": [{"text": "It is Rome.", "agents": ["a"]}]})
    record = await aggregated(Consensus(), THREE, said)
    assert record.reply is not None
    assert record.text == "The answers agree on nothing."
    assert record.reply.data is not None
    assert record.reply.data["abstained"] is True


async def test_a_synthesis_shows_the_model_question_and_answers_and_who_is_missing() -> None:
    model = ScriptedModel(["Rome, says one; Oslo, the other."])
    runtime = hosted(Synthesis(instructions="Be brief."), model=model)
    record = await runtime.run("synthesis", gathered(QUESTION, [*THREE, ABSENT]))
    assert record.text == "Rome, says one; Oslo, the other."
    system, user = model.requests[0].messages
    assert system.text == "Be brief."
    assert user.text.startswith("Question: Where?")
    assert "## c\nOslo" in user.text
    assert "## z\n(no answer: failed (Tool t: broken))" in user.text


async def test_a_synthesis_without_words_is_a_refusal() -> None:
    record = await aggregated(Synthesis(), THREE, "")
    assert isinstance(record.failure, ModelRefused)


@pytest.mark.parametrize("agent", [Vote(), Clusters(), Consensus(), Synthesis()])
async def test_a_message_without_answers_is_refused(agent: Any) -> None:
    record = await hosted(agent).run(agent.name, HELLO)
    assert isinstance(record.failure, InvalidInput)
    record = await aggregated(agent, [ABSENT, ABSENT])
    assert isinstance(record.failure, MembersFailed)


@pytest.mark.parametrize("odd", [None, [], ["x"], [{"text": "no agent"}], {"a": 1}, "text"])
def test_answers_of_another_shape_are_refused(odd: Any) -> None:
    with pytest.raises(InvalidInput, match="no answers"):
        answers_in(Message.user("x", {"answers": odd}))


def test_answers_go_into_a_message_and_come_out_again() -> None:
    inner = answer("d", "x", {"k": [1]}, source="s", **{RECORD: {"pattern": "parallel"}})
    read = answers_in(Message.from_json(gathered(QUESTION, [*THREE, inner, ABSENT]).to_json()))
    assert [r.agent for r in read] == ["a", "b", "c", "d", "z"]
    assert [r.reply.text if r.reply else r.how for r in read] == [
        "Rome", "rome", "Oslo", "x", "failed (Tool t: broken)",
    ]  # fmt: skip
    assert read[3].reply is not None
    assert (read[3].reply.data, read[3].reply.metadata) == ({"k": [1]}, {"source": "s"})


def test_options_that_cannot_work_are_refused_at_construction() -> None:
    for odd in (0, 1.1, float("nan")):
        with pytest.raises(ValueError, match="threshold"):
            Consensus(threshold=odd)
    with pytest.raises(ValueError, match="weights"):
        Vote(rule="weighted")
