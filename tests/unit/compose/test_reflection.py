"""Reflection: drafts, critics and rewrites; the best draft is the answer."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.control.function_calling import FunctionCalling
from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import AgentUnreachable
from batuta.parts.critique import ModelCritic
from batuta.parts.members import RECORD
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import Listens, Waits, breaks, says
from tests.unit.core.rig import HELLO, does, hosted, others, reply, settled


class Critic:
    """Gives its scores one after the other; the last one again and again."""

    role = "criticises"

    def __init__(self, *scores: Any, name: str = "critic", **more: Any) -> None:
        self.name = name
        self.scores, self.more = scores, more
        self.heard: list[Message] = []

    async def execute(self, message: Message, run: Run) -> Message:
        self.heard.append(message)
        score = self.scores[min(len(self.heard), len(self.scores)) - 1]
        if isinstance(score, Exception):
            raise score
        data = {"score": score, "feedback": f"mend {len(self.heard)}", **self.more}
        return Message.assistant("", data)


def writer(*texts: str) -> Listens:
    return Listens("writer", *(texts or ("one", "two", "three", "four")))


async def reflected(*scores: Any, **more: Any) -> RunRecord:
    more = {"generator": writer(), "critics": [Critic(*scores)], **more}
    return (await hosted().run(Reflection(**more), HELLO)).raised()


def told(record: RunRecord) -> dict[str, Any]:
    assert record.reply is not None
    return record.reply.metadata[RECORD]


@pytest.mark.parametrize(
    ("scores", "options", "answer", "stop"),
    [
        ((0.95,), {}, "one", "target"),
        ((0.5, 0.9), {}, "two", "target"),
        ((0.9, 0.2), {"target": 1}, "one", "no improvement"),
        ((0.5, 0.5), {}, "one", "no improvement"),
        ((0.1, 0.2, 0.3), {}, "three", "max rounds"),
        ((0.1, 0.2), {"max_rounds": 1}, "one", "max rounds"),
        ((0.5, 0.55), {"min_gain": 0.1}, "two", "no improvement"),
        ((0.5, 0.2, 0.8, 1), {"patience": 2, "max_rounds": 4}, "four", "target"),
        ((0.5, 0.2, 0.4), {"patience": 2, "max_rounds": 9}, "one", "no improvement"),
        ((0, 0, 0), {"patience": 9}, "one", "max rounds"),
        ((7, 9), {"scale": (0, 10)}, "two", "target"),
        ((1, 5), {"scale": (1, 5)}, "two", "target"),
    ],
)
async def test_the_best_draft_is_given_and_why_it_stopped(
    scores: Any, options: dict[str, Any], answer: str, stop: str
) -> None:
    record = await reflected(*scores, **options)
    assert (record.text, told(record)["stop"]) == (answer, stop)


async def test_the_record_tells_every_score_and_who_ran() -> None:
    record = await reflected(0.25, 0.5, 0.4)
    made = told(record)
    assert [r["score"] for r in made["rounds"]] == [0.25, 0.5, 0.4]
    assert made["rounds"][1]["scores"] == {"critic": 0.5}
    assert (made["best"], made["score"]) == (2, 0.5)
    assert [m["agent"] for m in made["members"]] == ["writer", "critic"] * 3
    decisions = [(e.name, (e.data or {})["why"]) for e in record.events if e.kind == "decision"]
    assert decisions[0] == ("rewrite", "round 1, score 0.25")
    assert decisions[-1] == ("no improvement", "round 3, score 0.4")


async def test_a_rewrite_has_the_request_the_draft_and_the_feedback_in_view() -> None:
    generator, critic = writer("first draft", "second draft"), Critic(0.5, 1)
    question = Message.user("Write {it} well.", {"tone": "dry"})
    reflection = Reflection(generator=generator, critics=[critic])
    assert (await hosted().call(reflection, question)).text == "second draft"
    assert generator.heard[0] == question
    again = generator.heard[1]
    for part in ("Write {it} well.", "first draft", "mend 1"):
        assert part in again.text
    assert dict(again.data or {}) == {
        "tone": "dry", "request": "Write {it} well.", "draft": "first draft", "feedback": "mend 1",
    }  # fmt: skip
    assert "Write {it} well." in critic.heard[0].text
    assert (critic.heard[1].data or {})["draft"] == "second draft"


async def test_the_drafts_own_data_stays_with_it() -> None:
    generator = says("writer", "text", {"code": 1}, source="x")
    record = (await hosted().run(Reflection(generator=generator, critics=[Critic(1)]), HELLO)).reply
    assert record is not None
    assert (record.data, record.metadata["source"]) == ({"code": 1}, "x")


@given(
    scores=st.lists(st.floats(0, 1), min_size=8, max_size=8),
    most=st.integers(1, 8),
    patience=st.integers(1, 3),
)
def test_the_answer_is_the_first_of_the_best_drafts_that_were_written(
    scores: list[float], most: int, patience: int
) -> None:
    texts = [f"draft {n}" for n in range(8)]
    critic, generator = Critic(*scores), writer(*texts)
    reflection = Reflection(
        generator=generator, critics=[critic], max_rounds=most, patience=patience
    )
    record = asyncio.run(hosted().run(reflection, HELLO)).raised()
    seen = scores[: len(critic.heard)]
    assert len(seen) == len(generator.heard) <= most
    assert record.text == texts[seen.index(max(seen))]


class TestStrictScores:
    """A score that does not fit is a failed critic, never a guess."""

    @pytest.mark.parametrize(
        ("score", "why"),
        [
            (85, "85, outside of 0 to 1"),
            ("0.9/1", "'0.9/1': its data needs"),
            ("0.9", "'0.9': its data needs"),
            (-0.1, "outside of 0 to 1"),
            (True, "True: its data needs"),
            (None, "None: its data needs"),
            (float("nan"), "nan: its data needs"),
        ],
    )
    async def test_what_is_no_score_is_told_and_the_draft_is_given_unscored(
        self, score: Any, why: str
    ) -> None:
        record = await reflected(score)
        made = told(record)
        assert (record.text, made["stop"], made["score"]) == ("one", "no score", None)
        failed = made["members"][1]
        assert failed["status"] == "failed"
        assert why in failed["error"]["message"]

    async def test_a_score_of_nothing_is_nothing(self) -> None:
        assert told(await reflected(0.0, max_rounds=1))["score"] == 0.0

    async def test_words_without_data_are_no_score(self) -> None:
        chatty = says("critic", "Score: 0.9. Well done!")
        assert told(await reflected(critics=[chatty]))["stop"] == "no score"

    async def test_a_critic_may_tell_its_own_scale(self) -> None:
        assert (
            told(await reflected(critics=[Critic(8, scale=[0, 10])], max_rounds=1))["score"] == 0.8
        )

    @pytest.mark.parametrize("scale", [[1, 0], [0], "0-10", [0, "10"], 7])
    async def test_a_scale_that_is_none_is_a_failed_critic(self, scale: Any) -> None:
        made = told(await reflected(critics=[Critic(0.5, scale=scale)]))
        assert "told the scale" in made["members"][1]["error"]["message"]

    async def test_an_earlier_scored_draft_is_better_than_one_without_a_score(self) -> None:
        record = await reflected(0.2, 85)
        assert (record.text, told(record)["stop"]) == ("one", "no score")


class TestSeveralCritics:
    @pytest.mark.parametrize(
        ("options", "score"),
        [
            ({}, 0.6),
            ({"combine": "min"}, 0.4),
            ({"combine": "weighted", "weights": {"a": 3, "b": 1}}, 0.5),
        ],
    )
    async def test_their_scores_become_one(self, options: dict[str, Any], score: float) -> None:
        critics = [Critic(0.4, name="a"), Critic(0.8, name="b")]
        made = told(await reflected(critics=critics, max_rounds=1, **options))
        assert made["score"] == pytest.approx(score)
        assert made["rounds"][0]["scores"] == {"a": 0.4, "b": 0.8}

    async def test_the_writer_reads_who_said_what(self) -> None:
        generator = writer()
        critics = [Critic(0.4, name="a"), Critic(0.8, name="b")]
        await reflected(generator=generator, critics=critics, max_rounds=2)
        assert "a: mend 1\n\nb: mend 1" in generator.heard[1].text

    async def test_one_that_fails_is_recorded_and_the_others_count(self) -> None:
        critics = [Critic(0.4, name="a"), breaks("b"), Critic(85, name="c")]
        made = told(await reflected(critics=critics, max_rounds=1))
        assert (made["score"], made["rounds"][0]["scores"]) == (0.4, {"a": 0.4})
        assert [m["status"] for m in made["members"]] == ["done", "done", "failed", "failed"]

    async def test_they_work_at_the_same_time(self) -> None:
        both = asyncio.Barrier(2)

        def critic(name: str) -> FunctionAgent:
            async def work(run: Run) -> Message:
                await both.wait()
                return Message.assistant("", {"score": 1, "feedback": ""})

            return does(name, work)

        assert told(await reflected(critics=[critic("a"), critic("b")]))["stop"] == "target"


class TestFailures:
    async def test_the_first_drafts_failure_is_the_runs(self) -> None:
        reflection = Reflection(generator=breaks("writer"), critics=[Critic(1)])
        record = await hosted().run(reflection, HELLO)
        assert record.error == {"code": "tool_failed", "message": "Tool t: writer is broken"}

    async def test_a_later_failure_gives_the_best_draft_and_tells_of_it(self) -> None:
        tries: list[int] = []

        async def work(run: Run) -> str:
            tries.append(1)
            if len(tries) > 1:
                raise AgentUnreachable("writer", "gone")
            return "one"

        made = await reflected(0.5, generator=does("writer", work))
        assert (made.text, told(made)["stop"]) == ("one", "generator failed")
        assert "gone" in told(made)["members"][-1]["error"]["message"]

    @pytest.mark.parametrize("calls", [1, 2, 3])
    async def test_a_used_up_budget_gives_the_best_so_far_and_says_so(self, calls: int) -> None:
        def asks(name: str, data: Any) -> FunctionAgent:
            async def answer(message: Message, run: Run) -> Message:
                return Message.assistant((await run.ask([message])).text, data)

            return FunctionAgent(name=name, answer=answer)

        reflection = Reflection(
            generator=asks("writer", None), critics=[asks("critic", {"score": 0.5})], min_gain=0,
            patience=9, max_rounds=9,
        )  # fmt: skip
        options = RunOptions(budget=Budget(model_calls=calls))
        record = (await hosted().run(reflection, HELLO, options)).raised()
        assert record.text == "ok"
        assert told(record)["stop"] == "budget"
        assert told(record)["score"] == (None if calls == 1 else 0.5)
        assert told(record)["members"][-1]["error"]["code"] == "budget_exceeded"

    async def test_a_deadline_gives_the_best_so_far_in_time(self) -> None:
        reflection = Reflection(generator=writer(), critics=[Critic(0.5), Waits("slow")])
        options = RunOptions(budget=Budget(seconds=0.4))
        record = (await hosted().run(reflection, HELLO, options)).raised()
        assert (record.text, told(record)["score"]) == ("one", 0.5)
        assert told(record)["stop"] == "budget"
        assert told(record)["members"][2]["error"]["code"] == "deadline_exceeded"

    async def test_a_critics_own_time_limit_is_not_the_runs(self) -> None:
        label = says("classifier", "", {"label": "x", "confidence": 1})
        strict = Router(classifier=label, routes={"x": Waits("slow")}, timeout_s=0.01)
        made = told(await reflected(critics=[Critic(0.2, 0.9), strict]))
        assert made["stop"] == "target"

    async def test_cancelling_it_leaves_no_task(self) -> None:
        slow = Waits("slow")
        reflection = Reflection(generator=writer(), critics=[Critic(1), slow])
        task = asyncio.create_task(hosted().run(reflection, HELLO))
        await slow.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await settled()
        assert slow.cancelled
        assert others() == set()


class TestModelCritic:
    async def test_self_critique_asks_the_generators_own_model(self) -> None:
        model = ScriptedModel(
            [
                "one",
                reply(output={"feedback": "Too short.", "score": 0.5}),
                "two",
                reply(output={"feedback": "", "score": 0.95}),
            ]
        )
        generator = FunctionCalling(tools=(), name="writer", model=model)
        reflection = Reflection(generator=generator, criteria="It must be long.")
        record = (await hosted().run(reflection, HELLO)).raised()
        assert (record.text, told(record)["stop"]) == ("two", "target")
        assert [m["agent"] for m in told(record)["members"][:2]] == ["writer", "self-critique"]
        criticise = model.requests[1]
        assert "It must be long." in criticise.messages[0].text
        assert f"The request:\n{HELLO.text}" in criticise.messages[1].text
        assert "Too short." in model.requests[2].messages[-1].text

    @pytest.mark.parametrize("score", [85, "0.9/1", -1, None])
    async def test_a_score_that_does_not_fit_is_mended_by_the_model(self, score: Any) -> None:
        good = reply(output={"feedback": "x", "score": 0.75})
        model = ScriptedModel([reply(output={"feedback": "x", "score": score}), good])
        answer = await hosted(model=model).call(ModelCritic(), HELLO)
        assert answer.data == {"feedback": "x", "score": 0.75, "scale": [0.0, 1.0]}
        assert "score: " in model.requests[1].messages[0].text

    async def test_its_scale_stands_in_the_schema_and_in_its_answer(self) -> None:
        model = ScriptedModel([reply(output={"feedback": "", "score": 7})])
        record = await reflected(critics=[ModelCritic(scale=(0, 10), model=model)], max_rounds=1)
        assert told(record)["score"] == 0.7
        output = model.requests[0].output
        assert output is not None
        assert output.schema["properties"]["score"]["maximum"] == 10

    def test_a_scale_without_room_is_refused(self) -> None:
        with pytest.raises(ValueError, match="A scale is"):
            ModelCritic(scale=(1, 1))


async def test_drafts_see_the_conversation_and_critics_do_not() -> None:
    seen: dict[str, int] = {}

    def looks(name: str, data: Any = None) -> FunctionAgent:
        async def work(run: Run) -> Message:
            seen[name] = len(run.history())
            return Message.assistant("x", data)

        return does(name, work)

    session = Session("s", "local", history=[Message.user("q"), Message.assistant("r")])
    reflection = Reflection(generator=looks("writer"), critics=[looks("critic", {"score": 1})])
    await hosted().run(reflection, HELLO, RunOptions(session=session))
    assert seen == {"writer": 2, "critic": 0}


async def test_generator_and_critic_may_be_names_and_compositions() -> None:
    label = says("classifier", "", {"label": "x", "confidence": 1})
    inner = Reflection(generator="writer", critics=["critic"], name="inner")
    router = Router(classifier=label, routes={"x": Critic(1, name="judge")})
    outer = Reflection(generator=inner, critics=[router])
    record = (await hosted(writer(), Critic(0.5, 0.95)).run(outer, HELLO)).raised()
    assert record.text == "two"
    first = told(record)["members"][0]
    assert (first[RECORD]["stop"], first[RECORD]["score"]) == ("target", 0.95)
    assert inner.needs == ("writer", "critic")


@pytest.mark.parametrize(
    ("options", "says_what"),
    [
        ({"max_rounds": 0}, "max_rounds"),
        ({"patience": 0}, "patience"),
        ({"target": 85}, "target"),
        ({"min_gain": -0.1}, "min_gain"),
        ({"scale": (1, 0)}, "scale"),
        ({"combine": "max"}, "combine"),
        ({"combine": "weighted"}, "weights"),
        ({"weights": {"critic": 1}}, "weights"),
        ({"combine": "weighted", "weights": {"other": 1}}, "each of: critic"),
        ({"combine": "weighted", "weights": {"critic": 0}}, "above 0"),
        ({"critics": [Critic(1), Critic(1)]}, "name critic"),
        ({"critics": [Critic(1, name="writer")]}, "name writer"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says_what: str) -> None:
    with pytest.raises(ValueError, match=says_what):
        Reflection(**{"generator": writer(), "critics": [Critic(1)], **options})
