"""A person is an agent that answers in their own time; a hook can ask one before a writing tool."""

from __future__ import annotations

import asyncio

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Approve, AskPerson, ToolUse, Verdict, tool
from batuta.errors import AccessDenied, InvalidInput
from batuta.parts.approval import Person, says_yes
from tests.unit.core.rig import HELLO, does, echo, hosted, settled

OWNER = Person(name="owner", role="owns the boats")
MAY_I = Message.user("may I?")


@tool(effect="write")
async def lend(boat: str) -> str:
    """Lend a boat."""
    return f"{boat} is lent"


async def ask_owner(use: ToolUse) -> Verdict:
    if use.tool.effect == "write":
        return AskPerson("owner", f"Lend the {use.arguments['boat']}?")
    return Approve()


async def test_an_answer_reaches_the_caller_and_the_wait_takes_no_time() -> None:
    runtime = hosted(does("main", lambda run: run.call("owner", MAY_I)), OWNER)
    options = RunOptions(run_id="r1", budget=Budget(seconds=0.05))
    task = asyncio.create_task(runtime.run("main", HELLO, options))
    await asyncio.wait({task}, timeout=0.2)
    [question] = runtime.desk.questions()
    assert (question.run_id, question.person, question.message) == ("r1", "owner", MAY_I)
    await runtime.answer("r1", "do", "owner")
    assert (await task).text == "do"


async def test_time_goes_on_once_the_answer_is_there() -> None:
    async def work(run: Run) -> str:
        await run.call("owner", MAY_I)
        await asyncio.Event().wait()
        return "never"

    runtime = hosted(does("main", work), OWNER)
    options = RunOptions(run_id="r1", budget=Budget(seconds=0.05))
    task = asyncio.create_task(runtime.run("main", HELLO, options))
    await settled()
    await runtime.answer("r1", "do")
    assert (await task).stop_reason == "deadline"


async def test_only_what_was_asked_can_be_answered() -> None:
    runtime = hosted(does("main", lambda run: run.call("owner", MAY_I)), OWNER)
    with pytest.raises(InvalidInput, match="r1"):
        await runtime.answer("r1", "yes")
    task = asyncio.create_task(runtime.run("main", HELLO, RunOptions(run_id="r1")))
    await settled()
    with pytest.raises(InvalidInput, match="for cook"):
        await runtime.answer("r1", "yes", "cook")
    task.cancel()
    await asyncio.wait({task})
    assert runtime.desk.questions() == ()


async def test_who_waits_for_a_person_holds_up_nobody() -> None:
    asks = does("main", lambda run: run.call("owner", MAY_I))
    runtime = hosted(asks, OWNER, echo("echo"), max_concurrent_calls=1)
    task = asyncio.create_task(runtime.run("main", HELLO, RunOptions(run_id="r1")))
    await settled()
    assert (await runtime.call("echo", HELLO)).text == "hello"
    await runtime.answer("r1", "yes")
    assert (await task).text == "yes"


@pytest.mark.parametrize(("said", "allowed"), [("yes", True), ("No, it leaks", False)])
async def test_a_writing_tool_waits_for_its_approval(said: str, *, allowed: bool) -> None:
    runtime = hosted(does("main", lambda run: run.use(lend, {"boat": "Ida"})))
    options = RunOptions(run_id="r1", hooks=(ask_owner,))
    task = asyncio.create_task(runtime.run("main", HELLO, options))
    await settled()
    [question] = runtime.desk.questions()
    assert question.message.text == "Lend the Ida?"
    assert question.message.data == {"tool": "lend", "arguments": {"boat": "Ida"}}
    await runtime.answer("r1", said)
    record = await task
    if allowed:
        assert record.text == "Ida is lent"
    else:
        assert isinstance(record.failure, AccessDenied)
        assert "owner said: No, it leaks" in str(record.failure)
    assert [e.name for e in record.events if e.kind == "agent" and e.span == "1.1.approval"]


@pytest.mark.parametrize(
    ("answer", "yes"),
    [
        (Message.user("OK."), True),
        (Message.user("yes, but later"), False),
        (Message.user(""), False),
        (Message.user("no", {"approved": True}), True),
        (Message.user("yes", {"approved": "true"}), False),
    ],
)
def test_only_a_clear_yes_is_one(answer: Message, *, yes: bool) -> None:
    assert says_yes(answer) is yes


async def test_a_writing_tool_that_was_cut_is_an_unknown_effect() -> None:
    begun = asyncio.Event()

    @tool(effect="write")
    async def pay() -> None:
        """Pay."""
        begun.set()
        await asyncio.Event().wait()

    ended: list[object] = []
    runtime = hosted(does("main", lambda run: run.use(pay, {})))
    options = RunOptions(on_end=lambda record: ended.append(record.unknown_effects))
    task = asyncio.create_task(runtime.run("main", HELLO, options))
    await begun.wait()
    task.cancel()
    await asyncio.wait({task})
    done = await hosted(does("main", lambda run: run.use(lend, {"boat": "Ida"}))).run("main", HELLO)
    assert (ended, done.unknown_effects) == ([("pay",)], ())
