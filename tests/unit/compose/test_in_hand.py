"""A composition that is cut, or fails, tells in its error what its members had answered by then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from batuta.compose.debate import Debate
from batuta.compose.ensemble import Ensemble
from batuta.compose.hierarchical import Hierarchical
from batuta.compose.map_reduce import MapReduce
from batuta.compose.parallel import Parallel
from batuta.compose.rag import RAG
from batuta.compose.reflection import Reflection
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.in_hand import PartialAnswer
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.errors import BudgetExceeded, MembersFailed, ModelTimeout
from batuta.parts.handoff import hand_to
from batuta.serve.http.replies import answer_of
from tests.unit.compose.cast import breaks, says
from tests.unit.core.rig import HELLO, does, hosted

ANSWER = "Court B is open"
PLAN = {"assignments": [{"team": "all", "worker": w, "task": "look"} for w in ("quick", "slow")]}
FOUND = {"documents": [{"id": "d1", "text": "Court B", "score": 1.0, "metadata": {}}]}


class Moment:
    """An agent that answers, and one that lets the run's own time end once it has."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.slow = does("slow", self._end_of_time)

    def quick(self, name: str = "quick", data: Any = None, answer: Message | None = None) -> Agent:
        async def answers(message: Message, run: Run) -> Message:
            if message.text == "2":  # of a map
                await self._end_of_time(run)
            asyncio.get_running_loop().call_soon(self.answered.set)
            return answer or Message.assistant(ANSWER, data)

        return FunctionAgent(name=name, answer=answers)

    async def _end_of_time(self, run: Run) -> str:
        await self.answered.wait()
        for _ in range(10):  # until whoever asked has it
            await asyncio.sleep(0)
        assert run.job.limit is not None
        run.job.limit.reschedule(asyncio.get_running_loop().time())
        await asyncio.Event().wait()
        return "never"


def _hierarchical(at: Moment) -> Agent:
    plans = FunctionAgent(name="manager", answer=_planned)
    return Hierarchical(manager=plans, teams={"all": [at.quick(), at.slow]})


async def _planned(message: Message, run: Run) -> Message:
    return Message.assistant("", PLAN)


CUT: dict[str, Callable[[Moment], Agent]] = {
    "parallel": lambda at: Parallel(members=[at.quick(), at.slow]),
    "ensemble": lambda at: Ensemble(voters=[at.quick(), at.slow]),
    "debate": lambda at: Debate(debaters=[at.quick(), at.slow], judge=says("judge", "B")),
    "map_reduce": lambda at: MapReduce(
        split=lambda _: ["1", "2"], mapper=at.quick(), reducer=says("reducer", "B")
    ),
    "router": lambda at: Router(
        classifier=at.quick(data={"label": "slow", "confidence": 1.0}), routes={"slow": at.slow}
    ),
    "swarm": lambda at: Swarm(
        members=[at.quick(answer=hand_to("slow", text=ANSWER)), at.slow], entry="quick"
    ),
    "rag": lambda at: RAG(retrievers=[at.quick(data=FOUND)], generator=at.slow),
    "reflection": lambda at: Reflection(generator=at.quick(), critics=[at.slow]),
    "hierarchical": _hierarchical,
    "nested": lambda at: Parallel(
        members=[Parallel(members=[at.quick(), at.slow], name="inner"), at.slow]
    ),
    "an agent of one's own": lambda at: does("own", _asks_both(at)),
}


def _asks_both(at: Moment) -> Callable[[Run], Any]:
    async def asks(run: Run) -> str:
        both = [run.call(agent, HELLO) for agent in (at.quick(), at.slow)]
        return str(await run.together(*both))

    return asks


def in_hand(record: RunRecord) -> list[tuple[str, str]]:
    return [(each.agent, each.text) for each in record.answers]


@pytest.mark.parametrize("kind", CUT)
async def test_what_was_in_hand_when_the_runs_own_time_ended_is_in_its_error(kind: str) -> None:
    record = await hosted().run(CUT[kind](Moment()), HELLO)
    assert record.stop_reason == "deadline"
    assert isinstance(record.failure, BudgetExceeded)
    assert f"Answered by then: quick: {ANSWER}" in str(record.failure)
    assert record.error is not None
    assert record.error["message"] == str(record.failure)
    assert in_hand(record) == [("quick", ANSWER)]
    said = answer_of(record)
    assert f"quick: {ANSWER}" in said.body["detail"]
    assert said.body["answers"] == [{"agent": "quick", "text": ANSWER}]


async def test_what_was_in_hand_when_too_many_failed_is_in_the_error() -> None:
    timeout = ModelTimeout("m", 1.0)
    record = await hosted().run(
        Parallel(members=[says("quick", ANSWER), breaks("broken", timeout)]), HELLO
    )
    assert isinstance(record.failure, MembersFailed)
    assert record.failure.in_hand == f"Answered by then: quick: {ANSWER}"
    assert in_hand(record) == [("quick", ANSWER)]


async def test_an_answer_that_went_into_another_is_told_once_and_in_a_good_run_never() -> None:
    inner = Parallel(members=[says("a", "1"), says("b", "2")], name="inner")
    good = await hosted().run(inner, HELLO)
    assert good.answers == ()
    record = await hosted().run(
        Parallel(members=[inner, breaks("broken", ModelTimeout("m", 1.0))]), HELLO
    )
    assert in_hand(record) == [("inner", good.text)]


async def test_long_answers_say_that_they_were_cut() -> None:
    long = "court " * 2_000
    record = await hosted().run(
        Parallel(members=[says("long", long), breaks("broken", ModelTimeout("m", 1.0))]), HELLO
    )
    assert record.failure is not None
    assert record.failure.in_hand == f"Answered by then: long: {long[:200]}…"
    [kept] = record.answers
    assert kept == PartialAnswer(agent="long", text=f"{long[:2_000].strip()}…")
