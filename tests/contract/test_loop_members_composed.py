"""An agent of any framework's is a member of any composition, and a specialist of a manager."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.compose.hierarchical import Hierarchical
from batuta.compose.parallel import Parallel
from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.control.manager import Manager
from batuta.core.agent import Agent, FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BudgetExceeded
from batuta.frameworks import FrameworkAgent
from batuta.parts.handoff import hand_to
from batuta.parts.loop import Delegate
from tests.contract.foreign import FOREIGN, Made, maker_of
from tests.contract.loops import LOOPS, Scripted, call, ends, runtime, text, wish


@pytest.fixture(params=FOREIGN)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


def look(day: str) -> str:
    """Look at a day."""
    return f"free on {day}"


def member(framework: str, name: str, *replies: ModelReply) -> FrameworkAgent:
    made = Made(name=name, tools=(look,))
    given = replies or (wish(call("look", {"day": "Monday"})), text(f"{name} says so."))
    agent = maker_of(framework)(made)
    return FrameworkAgent(agent=agent, model=Scripted(given), reads=["look"])


async def run(agent: Agent, options: RunOptions | None = None) -> RunRecord:
    return await runtime().run(agent, Message.user("Go."), options)


def says(name: str, words: str, data: dict[str, Any] | None = None) -> FunctionAgent:
    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant(words, data)

    return FunctionAgent(name=name, answer=answer)


async def test_members_of_a_parallel_answer_in_order(framework: str) -> None:
    inner = Parallel(
        members=[member(framework, "b"), says("c", "c says so.")], name="inner", role="two"
    )
    record = (await run(Parallel(members=[member(framework, "a"), inner]))).raised()
    assert record.text.index("a says so.") < record.text.index("b says so.")
    assert "c says so." in record.text
    assert record.usage.input_tokens == 40
    assert [e.name for e in ends(record, "tool")] == ["look", "look"]
    assert all(e.span.count(".") >= 2 for e in ends(record, "tool"))


async def test_one_that_fails_first_cancels_those_beside_it(framework: str) -> None:
    waited: list[str] = []

    class Waits(Scripted):
        async def reply(self, request: Any, emit: Any = None) -> ModelReply:
            try:
                await asyncio.Event().wait()
            finally:
                waited.append("cancelled")
            raise AssertionError

    slow = FrameworkAgent(agent=maker_of(framework)(Made(name="slow")), model=Waits(()))

    async def fail(message: Message, run: Run) -> Message:
        await asyncio.sleep(0.05)
        raise RuntimeError("broken")

    broken = FunctionAgent(name="broken", answer=fail)
    record = await run(Parallel(members=[slow, broken], mode="fail_fast"))
    assert "broken" in str(record.failure)
    assert waited == ["cancelled"]


async def test_a_budget_is_one_for_all_members(framework: str) -> None:
    endless = wish(call("look", {"day": "Monday"}))
    members = [member(framework, name, endless) for name in ("a", "b")]
    record = await run(
        Parallel(members=members, mode="fail_fast"), RunOptions(budget=Budget(model_calls=5))
    )
    assert isinstance(record.failure, BudgetExceeded)
    models = [each.model for each in members]
    assert sum(len(m.requests) for m in models if isinstance(m, Scripted)) == 5


async def test_a_router_sends_to_it(framework: str) -> None:
    label = says("classifier", "x", {"label": "x", "confidence": 0.9})
    routes: dict[str, Any] = {"x": member(framework, "a"), "y": says("y", "no")}
    record = (await run(Router(classifier=label, routes=routes))).raised()
    assert record.text == "a says so."


async def test_a_swarm_hands_over_to_it_with_all_that_was_said(framework: str) -> None:
    async def begin(message: Message, run: Run) -> Message:
        return hand_to("b", "it is about money", "One moment.")

    entry = FunctionAgent(name="a", answer=begin)
    taker = member(framework, "b", text("Your bill is 7."))
    record = (await run(Swarm(members=[entry, taker]))).raised()
    assert record.text == "Your bill is 7."
    assert isinstance(taker.model, Scripted)
    heard = taker.model.requests[0].messages[-1].text
    assert "Go." in heard
    assert "One moment." in heard


async def test_a_manager_of_teams_gives_it_work(framework: str) -> None:
    async def manage(message: Message, run: Run) -> Message:
        done = (message.data or {}).get("results")
        if done is not None:
            return Message.assistant("; ".join(each["text"] for each in done))
        plan = [{"team": "web", "worker": "ui", "task": "draw it"}]
        return Message.assistant("", {"assignments": plan})

    worker = member(framework, "ui")
    boss = FunctionAgent(name="boss", answer=manage)
    record = (await run(Hierarchical(manager=boss, teams={"web": [worker]}))).raised()
    assert record.text == "ui says so."
    assert isinstance(worker.model, Scripted)
    assert "draw it" in worker.model.requests[0].messages[-1].text


async def test_a_manager_delegates_and_hands_over_to_it(framework: str) -> None:
    courts = Delegate(agent="courts", description="Knows the courts.")
    desk = Delegate(agent="desk", description="Talks to members.", handoff=True)
    wishes = [wish(call("courts", {"task": "Is A free?"})), wish(call("transfer_to_desk"))]
    manager = Manager(loop=LOOPS[framework](), delegates=[courts, desk], model=Scripted(wishes))
    taker = member(framework, "desk", text("Good day."))
    hosted = runtime(member(framework, "courts"), taker)
    record = (await hosted.run(manager, Message.user("A, please."))).raised()
    assert record.text == "Good day."
    assert next(m.text for m in record.steps if m.role == "tool") == "courts says so."
    assert isinstance(taker.model, Scripted)
    assert taker.model.requests[0].messages[-1].text == "A, please."
