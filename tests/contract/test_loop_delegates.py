"""Every ``AgentLoop`` keeps what is defined for delegates and handoffs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import (
    AgentUnreachable,
    BudgetExceeded,
    ConfigError,
    ModelTimeout,
    ReplayMismatch,
    ToolFailed,
)
from batuta.parts.loop import AgentLoop, Delegate
from tests.contract.loops import (
    Driven,
    Scripted,
    ask,
    call,
    decisions,
    ends,
    results,
    text,
    told,
    wish,
)

COURTS = Delegate(agent="courts", description="Knows the courts.")
DESK = Delegate(agent="desk", description="Talks to members.", handoff=True)
OFFICE = Delegate(agent="office", description="Handles money.", handoff=True)


def manager(
    loop: AgentLoop, *replies: object, delegates: tuple[Delegate, ...] = (COURTS, DESK, OFFICE)
) -> Driven:
    return Driven(
        loop=loop,
        model=Scripted(replies),  # type: ignore[arg-type]
        delegates=delegates,
        by="manager",
        decides="manager",
        name="manager",
    )


def specialist(name: str, answer: Callable[[Message, Run], Message]) -> FunctionAgent:
    async def work(message: Message, run: Run) -> Message:
        return answer(message, run)

    return FunctionAgent(name=name, answer=work)


def says(name: str) -> FunctionAgent:
    return specialist(name, lambda m, _: Message.assistant(f"{name} on {m.text!r}", {"by": name}))


def fails(name: str, error: Exception) -> FunctionAgent:
    def answer(message: Message, run: Run) -> Message:
        raise error

    return specialist(name, answer)


async def test_a_delegate_gets_its_task_and_its_answer_goes_back(loop: AgentLoop):
    agent = manager(loop, wish(call("courts", {"task": "Free on Monday?"})), text("A is free."))
    record = (await ask(agent, says("courts"))).raised()
    assert record.text == "A is free."
    assert results(agent) == [("c1", "courts on 'Free on Monday?'")]
    courts = next(e for e in ends(record, "agent") if e.name == "courts")
    assert courts.by == "manager"
    assert record.tool_calls == 0
    assert [m.role for m in record.steps] == ["assistant", "tool"]


async def test_what_the_model_sees_of_delegates(loop: AgentLoop):
    agent = manager(loop, text("Hello."))
    await ask(agent)
    courts, desk, _ = agent.model.requests[0].tools
    assert (courts.name, courts.description) == ("courts", "Knows the courts.")
    assert courts.parameters["required"] == ["task"]
    assert (desk.name, desk.description) == ("transfer_to_desk", "Talks to members.")
    assert list(desk.parameters["properties"]) == ["reason"]
    assert "required" not in desk.parameters


async def test_a_task_that_is_missing_goes_back_to_the_model(loop: AgentLoop):
    agent = manager(loop, wish(call("courts", {"question": "?"})), text("Sorry."))
    record = (await ask(agent, says("courts"))).raised()
    assert told(agent)[0]["retry"] is True
    assert [e.name for e in ends(record, "agent")] == ["manager"]


@pytest.mark.parametrize(
    ("error", "retry", "words"),
    [
        (ValueError("no light"), False, "Agent courts: ValueError: no light"),
        (AgentUnreachable("courts", "no answer"), True, "Agent courts cannot be reached just now"),
        (ModelTimeout("m", 5), True, "Model m: no reply within 5 s"),
        (ToolFailed("book", "database gone"), False, "database gone"),
    ],
)
async def test_a_specialist_that_fails_degrades_the_answer(
    loop: AgentLoop, error: Exception, retry: bool, words: str
):
    agent = manager(loop, wish(call("courts", {"task": "Free?"})), text("I cannot see the courts."))
    record = (await ask(agent, fails("courts", error))).raised()
    assert record.text == "I cannot see the courts."
    (fault,) = told(agent)
    assert fault["retry"] is retry
    assert words in fault["error"]


@pytest.mark.parametrize(
    "error", [AgentUnreachable("desk", "gone"), ToolFailed("post", "no stamps")]
)
async def test_the_manager_reads_what_a_specialist_did_before_it_failed(
    loop: AgentLoop, error: Exception
):
    @tool(effect="write")
    async def pay() -> str:
        """Pay."""
        return "paid"

    async def work(message: Message, run: Run) -> Message:
        await run.use(pay, {})
        raise error

    agent = manager(loop, wish(call("courts", {"task": "Pay."})), text("It is paid."))
    await ask(agent, FunctionAgent(name="courts", answer=work))
    (fault,) = told(agent)
    assert fault["error"].endswith("This is done and need not be done again: pay (paid).")


@pytest.mark.parametrize(
    "error",
    [
        BudgetExceeded("tokens", limit=1, used=1, whose="run"),
        ReplayMismatch("courts", "asked for something else"),
    ],
)
async def test_what_must_end_the_run_ends_it(loop: AgentLoop, error: Exception):
    agent = manager(loop, wish(call("courts", {"task": "Free?"})), text("Never said."))
    record = await ask(agent, fails("courts", error))
    assert record.failure is error


async def test_the_depth_of_agents_holds(loop: AgentLoop):
    agent = manager(loop, wish(call("courts", {"task": "Free?"})), text("Never said."))
    record = await ask(agent, says("courts"), options=RunOptions(budget=Budget(depth=1)))
    assert isinstance(record.failure, BudgetExceeded)
    assert record.failure.kind == "depth"


async def test_a_driven_agent_delegates_to_a_driven_agent(loop: AgentLoop):
    inner = Driven(loop=loop, model=Scripted([text("B is free.")]), name="courts")
    agent = manager(loop, wish(call("courts", {"task": "Free?"})), text("Take B."))
    record = (await ask(agent, inner)).raised()
    assert (record.text, results(agent)) == ("Take B.", [("c1", "B is free.")])


async def test_a_handoff_answers_the_user_itself(loop: AgentLoop):
    session = Session("s", "local", [Message.user("Before."), Message.assistant("Yes.")])
    seen: list[list[str]] = []

    def answer(message: Message, run: Run) -> Message:
        seen.append([*(m.text for m in run.history()), message.text])
        return Message.assistant("Desk here.", {"by": "desk"})

    agent = manager(
        loop, wish(call("transfer_to_desk", {"reason": "wants a person"}), words="One moment.")
    )
    record = (
        await ask(agent, specialist("desk", answer), options=RunOptions(session=session))
    ).raised()
    assert record.reply is not None
    assert (record.reply.text, record.reply.data) == ("Desk here.", {"by": "desk"})
    assert seen == [["Before.", "Yes.", "Go."]]
    assert len(agent.model.requests) == 1
    assert [m.role for m in record.steps] == ["assistant", "tool"]
    (noted,) = decisions(record)
    assert (noted.name, noted.by, noted.data) == (
        "handoff to desk",
        "manager",
        {"why": "wants a person"},
    )


async def test_a_handoff_on_the_last_turn_is_still_taken(loop: AgentLoop):
    agent = manager(loop, wish(call("transfer_to_desk")))
    agent.max_turns = 1
    assert (await ask(agent, says("desk"))).text == "desk on 'Go.'"


async def test_a_handoff_beside_a_call_wins(loop: AgentLoop):
    agent = manager(
        loop,
        wish(
            call("courts", {"task": "Free?"}),
            call("transfer_to_desk", call_id="c2"),
            call("fly", call_id="c3"),
        ),
    )
    record = (await ask(agent, says("courts"), says("desk"))).raised()
    assert record.text == "desk on 'Go.'"
    assert [e.name for e in ends(record, "agent")] == ["desk", "manager"]
    assert [(e.name, e.data) for e in decisions(record)] == [
        ("handoff to desk", {"why": "not done beside it: courts, fly"})
    ]
    assert record.steps[0].tool_calls == (ToolCall("c2", "transfer_to_desk", {}),)
    assert record.steps[1].call_id == "c2"


async def test_of_two_handoffs_the_first_wins(loop: AgentLoop):
    agent = manager(loop, wish(call("transfer_to_office"), call("transfer_to_desk", call_id="c2")))
    record = (await ask(agent, says("desk"), says("office"))).raised()
    assert record.text == "office on 'Go.'"
    assert [(e.name, e.data) for e in decisions(record)] == [
        ("handoff to office", {"why": "not done beside it: transfer_to_desk"})
    ]


async def test_a_handoff_needs_no_readable_arguments(loop: AgentLoop):
    agent = manager(loop, wish(ToolCall("c1", "transfer_to_desk", {}, "{oops")))
    assert (await ask(agent, says("desk"))).raised().text == "desk on 'Go.'"


async def test_a_handoff_that_fails_leaves_the_conversation_with_the_manager(loop: AgentLoop):
    agent = manager(loop, wish(call("transfer_to_desk")), text("Nobody is at the desk."))
    record = (await ask(agent, fails("desk", AgentUnreachable("desk", "no answer")))).raised()
    assert record.text == "Nobody is at the desk."
    assert told(agent) == [
        {"error": "Agent desk cannot be reached just now. Try again later.", "retry": True}
    ]


async def test_delegates_of_one_turn_work_in_the_order_given(loop: AgentLoop):
    agent = manager(
        loop,
        wish(call("courts", {"task": "1"}), call("courts", {"task": "2"}, "c2")),
        text("Done."),
    )
    record = (await ask(agent, says("courts"))).raised()
    phases = [(e.span, e.phase) for e in record.events if e.name == "courts"]
    assert phases == [("1.2", "start"), ("1.2", "end"), ("1.3", "start"), ("1.3", "end")]


async def test_two_delegates_of_one_name_are_a_mistake_of_the_author(loop: AgentLoop):
    record = await ask(manager(loop, text("Hello."), delegates=(COURTS, COURTS)))
    assert isinstance(record.failure, ConfigError)
