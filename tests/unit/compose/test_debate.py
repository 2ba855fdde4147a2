from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.compose.debate import Debate
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BudgetExceeded, MembersFailed, ToolFailed
from batuta.parts.aggregation import Vote
from batuta.parts.likeness import Numeric
from tests.unit.compose.cast import (
    Listens,
    Waits,
    asks,
    breaks,
    decisions,
    says,
    statuses,
    told,
)
from tests.unit.core.rig import does, hosted, others

QUESTION = Message.user("Is it so?")


async def held(*debaters: Any, judge: Any = None, **more: Any) -> RunRecord:
    judge = judge or says("judge", "decided")
    debate = Debate(debaters=debaters, judge=judge, **more)
    return await hosted(debate).run("debate", QUESTION)


async def test_each_sees_the_question_its_own_and_the_others_last_positions() -> None:
    a, b, judge = Listens("a", "a1", "a2"), Listens("b", "b1", "b2"), Listens("judge", "so")
    record = await held(a, b, judge=judge, rounds=2)
    assert [m.text for m in a.heard[:1]] == ["Is it so?"]
    second = a.heard[1].text
    assert "Question: Is it so?" in second
    assert "Your last position:\na1" in second
    assert "## b\nb1" in second
    assert "## a" not in second
    assert "## a\na2" in judge.heard[0].text
    assert "## b\nb2" in judge.heard[0].text
    assert "Question: Is it so?" in judge.heard[0].text
    assert record.text == "so"
    assert [m["agent"] for m in told(record)["members"]] == ["a", "b", "a", "b", "judge"]
    assert (told(record)["stop"], told(record)["rounds"]) == ("judged", 2)


async def test_agreement_ends_it_early_without_the_judge() -> None:
    judge = Listens("judge")
    record = await held(Listens("a", "yes", "no"), Listens("b", "no", "No."), judge=judge, rounds=5)
    assert record.text == "no"
    assert judge.heard == []
    assert (told(record)["stop"], told(record)["rounds"]) == ("agreement", 2)
    assert any("agreement in round 2" in said for said in decisions(record))


async def test_what_agreement_is_can_be_chosen_or_switched_off() -> None:
    close = [says("a", "1.00"), says("b", "1.01")]
    assert told(await held(*close, agreement=Numeric(0.1)))["stop"] == "agreement"
    record = await held(says("a", "x"), says("b", "x"), agreement=None, rounds=2)
    assert (told(record)["stop"], len(statuses(record))) == ("judged", 5)


async def test_a_debater_that_fails_keeps_its_last_position() -> None:
    class Once:
        name, role, asked = "a", "once", 0

        async def execute(self, message: Message, run: Run) -> Message:
            self.asked += 1
            if self.asked > 1:
                raise ToolFailed("t", "tired")
            return Message.assistant("first word")

    judge = Listens("judge", "so")
    record = await held(Once(), says("b", "b"), judge=judge, rounds=2)
    assert record.text == "so"
    assert statuses(record) == ["done", "done", "failed", "done", "done"]
    assert "## a\nfirst word" in judge.heard[0].text


async def test_two_positions_are_a_debate_and_one_is_not() -> None:
    judge = Listens("judge", "so")
    record = await held(says("a", "x"), breaks("b"), says("c", "x"), judge=judge, rounds=1)
    assert record.text == "so"
    assert "## b\n(no answer: failed" in judge.heard[0].text
    record = await held(says("a", "x"), breaks("b"))
    assert isinstance(record.failure, MembersFailed)
    assert "fewer than two debaters have a position" in str(record.failure)


async def test_the_judge_may_be_a_vote() -> None:
    voters = [says("a", "x", {"n": 1}), says("b", "x"), says("c", "y")]
    record = await held(*voters, judge=Vote(), rounds=1)
    assert record.reply is not None
    assert (record.text, record.reply.data) == ("x", {"n": 1})


async def test_a_judges_error_is_the_runs_and_the_trace_tells_the_rest() -> None:
    record = await held(says("a", "x"), says("b", "y"), judge=breaks("judge"), rounds=1)
    assert isinstance(record.failure, ToolFailed)
    assert any("a: done; b: done; judge: failed" in said for said in decisions(record))


async def test_debaters_and_judge_are_found_by_name() -> None:
    debate = Debate(debaters=["a", "b"], judge="judge", rounds=1)
    assert debate.needs == ("a", "b", "judge")
    runtime = hosted(says("a", "x"), says("b", "y"), says("judge", "z"), debate)
    assert (await runtime.run("debate", QUESTION)).text == "z"


async def test_model_calls_are_debaters_times_rounds_and_one() -> None:
    debate = Debate(debaters=[asks("a"), asks("b")], judge=asks("judge"), rounds=3, agreement=None)
    assert (await hosted(debate).run("debate", QUESTION)).model_calls == 7


async def test_a_spent_budget_is_the_runs_error() -> None:
    debate = Debate(debaters=[asks("a"), asks("b")], judge=asks("judge"), agreement=None)
    options = RunOptions(budget=Budget(model_calls=3))
    record = await hosted(debate).run("debate", QUESTION, options)
    assert isinstance(record.failure, BudgetExceeded)
    assert any("b: failed (Budget" in said for said in decisions(record))


async def test_cancelling_it_leaves_no_task_behind() -> None:
    waits = Waits("a")
    task = asyncio.create_task(held(waits, says("b", "x")))
    await waits.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert waits.cancelled
    assert others() == set()


async def test_a_turn_has_its_own_time_and_no_more_than_the_limit_speak() -> None:
    working, peak = 0, 0

    async def work(run: Run) -> str:
        nonlocal working, peak
        working += 1
        peak = max(peak, working)
        await asyncio.sleep(0)
        working -= 1
        return "x"

    team = [does(name, work) for name in "abc"]
    assert statuses(await held(*team, Waits("d"), limit=2, timeout_s=0.5, rounds=1))[3] == "failed"
    assert peak <= 2


@pytest.mark.parametrize(
    ("options", "says_why"),
    [
        ({"debaters": ["a"]}, "2 debaters at least"),
        ({"debaters": ["a", "a"]}, "name a"),
        ({"rounds": 0}, "rounds"),
        ({"judge": ""}, "judge has no name"),
        ({"limit": 0}, "limit"),
        ({"timeout_s": 0}, "timeout_s"),
    ],
)
def test_options_that_cannot_work_are_refused_at_construction(
    options: dict[str, Any], says_why: str
) -> None:
    with pytest.raises(ValueError, match=says_why):
        Debate(**{"debaters": ["a", "b"], "judge": "j", **options})
