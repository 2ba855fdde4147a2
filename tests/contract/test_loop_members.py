"""An agent of any framework's, handed over as a member, keeps what holds for every agent here."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pydantic import BaseModel

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.core.principal import READ, Principal
from batuta.core.record import RunRecord
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.trace import Event
from batuta.errors import AccessDenied, BudgetExceeded, ConfigError, ModelNotFound
from batuta.frameworks import FrameworkAgent
from batuta.parts.typed_answer import UNFINISHED
from tests.contract.foreign import (
    APPROVING,
    ENDS_WITH_A_TOOLS_ERROR,
    FOREIGN,
    HIDES_A_TOOLS_ERROR,
    INSTRUCTIONS,
    TELLS_NOTHING_DENIED,
    Made,
    maker_of,
    until,
)
from tests.contract.loops import Scripted, call, decisions, ends, runtime, text, wish
from tests.patience import scaled


@pytest.fixture(params=FOREIGN)
def framework(request: pytest.FixtureRequest) -> str:
    return request.param


READ_ONLY = frozenset({READ})


def free_courts(day: str) -> str:
    """List the free courts of a day."""
    return f"A and B on {day}"


async def book(court: str) -> str:
    """Book a court."""
    return f"booked {court}"


def member(
    framework: str, *replies: ModelReply | Exception, made: Made | None = None, **more: Any
) -> FrameworkAgent:
    agent = maker_of(framework)(made or Made(tools=(free_courts, book)))
    return FrameworkAgent(agent=agent, model=Scripted(replies), **more)


def asked(agent: FrameworkAgent) -> Scripted:
    assert isinstance(agent.model, Scripted)
    return agent.model


async def run(agent: Any, options: RunOptions | None = None, words: str = "Go.") -> RunRecord:
    return await runtime().run(agent, Message.user(words), options)


def told(agent: FrameworkAgent, turn: int = -1) -> list[str]:
    """The tool results that the model saw in one of its turns."""
    return [m.text for m in asked(agent).requests[turn].messages if m.role == "tool"]


async def test_its_model_calls_and_tool_calls_are_on_the_run(framework: str) -> None:
    agent = member(
        framework,
        wish(call("free_courts", {"day": "Monday"}), words="Looking."),
        text("A or B."),
        reads=["free_courts"],
    )
    record = (await run(agent)).raised()

    assert (agent.name, record.text) == ("support", "A or B.")
    first = asked(agent).requests[0]
    assert [m.role for m in first.messages] == ["system", "user"]
    assert first.messages[0].text.startswith(INSTRUCTIONS)
    assert first.messages[1].text == "Go."
    assert [t.name for t in first.tools] == ["free_courts", "book"]
    assert "day" in first.tools[0].parameters["properties"]
    [result] = told(agent)
    assert "A and B on Monday" in result
    assert (record.usage.input_tokens, record.usage.output_tokens) == (20, 10)
    [begun] = [e for e in record.events if e.kind == "tool" and e.phase == "start"]
    assert (begun.name, begun.by) == ("free_courts", "agent")
    assert (begun.data or {})["arguments"] == {"day": "Monday"}
    assert [m.role for m in record.steps] == ["assistant", "tool"]


async def test_its_agent_serves_again_and_stays_as_it_was(framework: str) -> None:
    agent = maker_of(framework)(Made(tools=(free_courts,)))
    for number in range(2):
        model = Scripted([wish(call("free_courts", {"day": f"day {number}"})), text("Yes.")])
        one = FrameworkAgent(agent=agent, model=model, reads=["free_courts"])
        assert (await run(one)).raised().text == "Yes."
        [result] = told(one)
        assert f"day {number}" in result
        assert [m.role for m in model.requests[0].messages] == ["system", "user"]


async def test_a_budget_of_five_calls_asks_five_times(framework: str) -> None:
    agent = member(framework, wish(call("free_courts", {"day": "x"})), max_turns=50)
    record = await run(agent, RunOptions(budget=Budget(model_calls=5)))
    assert isinstance(record.failure, BudgetExceeded)
    assert len(asked(agent).requests) == 5


async def test_after_its_turns_it_says_that_it_stopped(framework: str) -> None:
    agent = member(framework, wish(call("free_courts", {"day": "x"})), max_turns=3)
    record = (await run(agent)).raised()
    assert "could not finish this in 3 steps" in record.text
    assert record.reply is not None
    assert record.reply.metadata[UNFINISHED] is True
    assert len(asked(agent).requests) == 3


async def test_no_tool_writes_for_whoever_may_only_read(framework: str) -> None:
    done: list[str] = []

    async def write(court: str) -> str:
        """Write a court down."""
        done.append(court)
        return "written"

    agent = member(
        framework,
        wish(call("write", {"court": "A"})),
        text("I may not."),
        made=Made(tools=(write,)),
    )
    record = await run(agent, RunOptions(principal=Principal("guest", permissions=READ_ONLY)))
    assert done == []
    if framework in TELLS_NOTHING_DENIED:
        assert isinstance(record.failure, AccessDenied)
    else:
        assert record.raised().text == "I may not."
        [result] = told(agent)
        assert "guest" in result


async def test_a_tool_that_is_said_to_read_is_done_for_a_reader(framework: str) -> None:
    agent = member(
        framework, wish(call("free_courts", {"day": "Monday"})), text("A."), reads=["free_courts"]
    )
    options = RunOptions(principal=Principal("guest", permissions=READ_ONLY))
    assert (await run(agent, options)).raised().text == "A."


async def test_who_asks_is_what_the_run_says_and_never_the_model(framework: str) -> None:
    agent = member(
        framework,
        wish(call("who", {})),
        text("You."),
        made=Made(tells=True),
        context=lambda run: run.job.principal.id,
    )
    record = await run(agent, RunOptions(principal=Principal("ada")))
    assert record.raised().text == "You."
    [schema] = asked(agent).requests[0].tools
    assert schema.parameters.get("properties", {}) == {}
    [result] = told(agent)
    assert "ada" in result


async def test_a_call_that_is_broken_or_of_no_tool_never_reaches_it(framework: str) -> None:
    done: list[str] = []

    def look(day: str = "any day") -> str:
        """Look at a day."""
        done.append(day)
        return f"free on {day}"

    broken = call("look")
    broken = type(broken)("c1", "look", {}, "{oops")
    agent = member(
        framework,
        wish(broken),
        wish(call("fly")),
        wish(call("look", {"day": "Monday"})),
        text("Free."),
        made=Made(tools=(look,)),
    )
    record = (await run(agent)).raised()
    assert record.text == "Free."
    assert done == ["Monday"]
    assert [e.name for e in decisions(record)] == ["refuse look", "refuse fly"]
    assert json.loads(told(agent, 1)[0])["error"] == "The arguments are not a JSON object."
    assert "There is no tool fly" in told(agent, 2)[-1]


async def test_a_tool_that_raises_is_an_error_of_the_trace(framework: str) -> None:
    def fail() -> str:
        """Fail."""
        raise RuntimeError("the net is down")

    agent = member(
        framework, wish(call("fail")), text("Sorry."), made=Made(tools=(fail,)), reads=["fail"]
    )
    record = await run(agent)
    [use] = ends(record, "tool")
    if framework in HIDES_A_TOOLS_ERROR:
        assert record.raised().text == "Sorry."
        assert (use.data or {})["result"].startswith("An error occurred")
        return
    assert use.error == "ToolFailed: Tool fail: RuntimeError: the net is down"
    if framework in ENDS_WITH_A_TOOLS_ERROR:
        assert "the net is down" in str(record.failure)
    else:
        assert record.raised().text == "Sorry."


async def test_its_models_error_is_the_runs(framework: str) -> None:
    agent = member(framework, ModelNotFound("scripted:test"))
    record = await run(agent)
    assert isinstance(record.failure, ModelNotFound)
    assert len(asked(agent).requests) == 1


async def test_cancelled_it_leaves_nothing_at_work(framework: str) -> None:
    began = asyncio.Event()
    ended: list[str] = []

    async def wait() -> str:
        """Wait for ever."""
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("tidied up")
        return "never"

    agent = member(framework, wish(call("wait")), made=Made(tools=(wait,)), reads=["wait"])
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(run(agent))
    await asyncio.wait_for(began.wait(), scaled(20))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not asyncio.all_tasks() - before)
    assert ended == ["tidied up"]


async def test_its_words_arrive_as_they_are_said(framework: str) -> None:
    heard: list[Event] = []
    agent = member(framework, text("Hello you."))
    await run(agent, RunOptions(listener=heard.append))
    assert [(e.data or {})["text"] for e in heard if e.kind == "text"] == ["Hello you."]


async def test_the_conversation_is_kept_here(framework: str) -> None:
    session = Session("s", "local", [Message.user("I am Ada."), Message.assistant("Hello Ada.")])
    first = member(framework, wish(call("free_courts", {"day": "Monday"})), text("A or B."))
    record = (await run(first, RunOptions(session=session))).raised()
    seen = [(m.role, m.text) for m in asked(first).requests[0].messages[1:]]
    assert seen == [("user", "I am Ada."), ("assistant", "Hello Ada."), ("user", "Go.")]

    later = Session("s", "local", [*session.history, Message.user("Go."), *record.steps])
    later.history.append(Message.assistant(record.text))
    second = member(framework, text("B then."))
    await run(second, RunOptions(session=later), words="The other one.")
    roles = [m.role for m in asked(second).requests[0].messages[1:]]
    assert roles == ["user", "assistant", "user", "assistant", "tool", "assistant", "user"]


class Slot(BaseModel):
    court: str
    hour: int


async def test_a_typed_answer_is_data(framework: str) -> None:
    answer = {"court": "A", "hour": 17}

    class Fills(Scripted):
        """Answers in the shape that it is asked for, or by the tool that stands for one."""

        async def reply(self, request: Any, emit: Any = None) -> ModelReply:
            self.requests.append(request)
            if request.output is not None:
                return ModelReply("", output=answer, model=self.name)
            if len(self.requests) > 1 and framework == "strands":
                return text("Done.")
            return wish(call(request.tools[-1].name, answer))

    agent = FrameworkAgent(agent=maker_of(framework)(Made(shape=Slot)), model=Fills(()))
    record = (await run(agent)).raised()
    assert record.reply is not None
    assert record.reply.data == answer


async def test_many_at_once_are_served_by_one_agent(framework: str) -> None:
    class Echo(Scripted):
        async def reply(self, request: Any, emit: Any = None) -> ModelReply:
            await asyncio.sleep(0)
            asked = next(m.text for m in request.messages if m.role == "user")
            results = [m.text for m in request.messages if m.role == "tool"]
            if not results:
                return wish(call("free_courts", {"day": asked}))
            return text(f"{asked}: {len(results)}, {asked in results[0]}")

    made = Made(tools=(free_courts,))
    agent = FrameworkAgent(agent=maker_of(framework)(made), model=Echo(()), reads=["free_courts"])
    hosted = runtime()
    names = [f"day {number}" for number in range(30)]
    done = await asyncio.gather(*(hosted.run(agent, Message.user(name)) for name in names))
    assert [each.raised().text for each in done] == [f"{name}: 1, True" for name in names]


@pytest.mark.parametrize("framework", APPROVING)
async def test_a_person_is_asked_where_it_waits_for_a_yes(framework: str) -> None:
    done: list[str] = []

    async def write(court: str) -> str:
        """Write a court down."""
        done.append(court)
        return "written"

    made = Made(tools=(write,), held=(write,))
    for said in ("yes", "no"):
        done.clear()
        agent = member(
            framework,
            wish(call("write", {"court": "A"})),
            text("Well."),
            made=made,
            approver="owner",
        )
        hosted = runtime()
        task = asyncio.ensure_future(hosted.run(agent, Message.user("Go.")))
        await until(lambda h=hosted, t=task: h.desk.questions() or t.done())
        [question] = hosted.desk.questions()
        assert (question.person, (question.message.data or {})["tool"]) == ("owner", "write")
        await hosted.answer(question.run_id, said, "owner")
        record = (await task).raised()
        assert record.text == "Well."
        assert done == (["A"] if said == "yes" else [])


@pytest.mark.parametrize("framework", APPROVING)
async def test_without_a_person_such_a_call_is_refused(framework: str) -> None:
    made = Made(tools=(book,), held=(book,))
    agent = member(framework, wish(call("book", {"court": "A"})), text("Well."), made=made)
    record = await run(agent)
    assert isinstance(record.failure, ConfigError)
    assert "approver" in str(record.failure)
