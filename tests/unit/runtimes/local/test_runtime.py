from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import (
    AgentFailed,
    AgentNotFound,
    ConfigError,
    InboxFull,
    ModelRefused,
    ToolFailed,
)
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import LAYERS
from tests.unit.core.rig import HELLO, does, echo, hosted, others, ran, settled


async def test_agents_are_found_by_name_in_the_order_of_registration() -> None:
    runtime = hosted(echo("b"), echo("a"))
    runtime.register(echo("c"))
    assert runtime.names() == ("b", "a", "c")
    runtime.unregister("a")
    assert runtime.names() == ("b", "c")
    with pytest.raises(AgentNotFound) as caught:
        await runtime.call("a", HELLO)
    assert caught.value.known == ("b", "c")


def test_a_name_that_is_taken_is_refused_and_nothing_is_taken_in() -> None:
    runtime = hosted(echo("a"))
    for agents in ((echo("b"), echo("a")), (echo("b"), echo("b"))):
        with pytest.raises(ValueError, match="unique"):
            runtime.register(*agents)
    assert runtime.names() == ("a",)


def test_one_cannot_let_go_whom_one_never_had() -> None:
    with pytest.raises(AgentNotFound):
        hosted().unregister("nobody")


async def test_an_agent_object_is_called_without_being_registered() -> None:
    assert (await hosted().call(echo("a"), HELLO)).text == "hello"


async def test_call_raises_the_error_that_run_records() -> None:
    async def fails(run: Run) -> None:
        raise ToolFailed("t", "broken")

    runtime = hosted(does("f", fails))
    with pytest.raises(ToolFailed, match="broken"):
        await runtime.call("f", HELLO)
    record = await runtime.run("f", HELLO)
    assert (record.stop_reason, record.reply) == ("error", None)
    assert record.error == {"code": "tool_failed", "message": "Tool t: broken"}


async def test_several_come_in_order_each_on_its_own() -> None:
    async def fails(run: Run) -> None:
        raise ValueError("oh")

    runtime = hosted(echo("a"), does("f", fails))
    calls = [("a", Message.user("1")), ("f", HELLO), ("nobody", HELLO), ("a", Message.user("2"))]
    records = await runtime.call_several(calls)
    assert [r.error["code"] if r.error else r.text for r in records] == [
        "1", "agent_failed", "agent_not_found", "2",
    ]  # fmt: skip
    assert len({r.run_id for r in records}) == 4


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        KeyError(),
        AssertionError(),
        RecursionError(),
        TimeoutError(),
        StopIteration(),
    ],
    ids=lambda e: type(e).__name__,
)
async def test_an_agents_own_exception_is_agent_failed_with_its_cause(error: Exception) -> None:
    async def fails(run: Run) -> None:
        raise error

    with pytest.raises(AgentFailed) as caught:
        await hosted().call(does("f", fails), HELLO)
    assert caught.value.agent == "f"
    cause = caught.value.__cause__
    assert error in (cause, getattr(cause, "__cause__", None))


async def test_a_timeout_of_an_agents_own_is_no_deadline() -> None:
    async def fails(run: Run) -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    record = await ran(fails)
    assert (record.stop_reason, record.error and record.error["code"]) == ("error", "agent_failed")


async def test_an_answer_that_is_no_message_is_agent_failed() -> None:
    class Odd:
        name, role = "odd", "odd"

        async def execute(self, message: Message, run: Run) -> Any:
            return "text"

    with pytest.raises(AgentFailed, match="answered str"):
        await hosted().call(Odd(), HELLO)


async def test_one_agents_failure_leaves_the_others_at_work() -> None:
    go = asyncio.Event()

    async def fails(run: Run) -> None:
        go.set()
        raise ValueError("oh")

    async def works(run: Run) -> str:
        await go.wait()
        await settled()
        return "done"

    runtime = hosted(does("f", fails), does("w", works))
    records = await runtime.call_several([("w", HELLO), ("f", HELLO), ("w", HELLO)])
    assert [r.text for r in records if r.reply] == ["done", "done"]
    assert (await runtime.run("w", HELLO)).text == "done"
    assert others() == set()


async def test_an_error_of_our_own_passes_through_agents_as_it_is() -> None:
    async def refuses(run: Run) -> None:
        raise ModelRefused("m")

    async def main(run: Run) -> Message:
        return await run.call("r", HELLO)

    record = await ran(main, does("r", refuses))
    assert record.error is not None
    assert record.error["code"] == "model_refused"


async def test_without_a_model_the_error_says_what_to_give() -> None:
    async def asks(run: Run) -> None:
        await run.ask([HELLO])

    with pytest.raises(ConfigError, match="No model"):
        await LocalRuntime(LAYERS).call(does("a", asks), HELLO)


async def test_mail_is_fetched_oldest_first() -> None:
    runtime = hosted(echo("a"))
    for text in "123":
        runtime.mail.send("a", Message.user(text))
    assert [(await runtime.mail.receive("a")).text for _ in range(3)] == ["1", "2", "3"]


async def test_receiving_waits_for_a_message() -> None:
    runtime = hosted(echo("a"))
    waiting = asyncio.create_task(runtime.mail.receive("a"))
    await settled()
    assert not waiting.done()
    runtime.mail.send("a", HELLO)
    assert await waiting == HELLO


async def test_an_inbox_holds_a_hundred() -> None:
    runtime = hosted(echo("a"), echo("b"))
    for _ in range(100):
        runtime.mail.send("a", HELLO)
    with pytest.raises(InboxFull) as caught:
        runtime.mail.send("a", HELLO)
    assert (caught.value.agent, caught.value.size, caught.value.retryable) == ("a", 100, True)
    assert runtime.mail.broadcast(HELLO) == ("a",)
    await runtime.mail.receive("a")
    assert runtime.mail.broadcast(HELLO) == ()


async def test_broadcast_reaches_everybody() -> None:
    runtime = hosted(echo("a"), echo("b"))
    runtime.mail.broadcast(HELLO)
    assert [await runtime.mail.receive(name) for name in "ab"] == [HELLO, HELLO]


async def test_mail_knows_only_registered_agents() -> None:
    runtime = hosted(echo("a"), inbox_size=1)
    runtime.mail.send("a", HELLO)
    runtime.unregister("a")
    with pytest.raises(AgentNotFound):
        runtime.mail.send("a", HELLO)
    with pytest.raises(AgentNotFound):
        await runtime.mail.receive("a")
    runtime.register(echo("a"))
    runtime.mail.send("a", Message.user("new"))
    assert (await runtime.mail.receive("a")).text == "new"


async def test_whoever_waits_for_mail_hears_that_the_agent_was_let_go() -> None:
    runtime = hosted(echo("a"))
    waiting = asyncio.create_task(runtime.mail.receive("a"))
    await settled()
    runtime.unregister("a")
    await settled()
    if not waiting.done():
        waiting.cancel()
    with pytest.raises(AgentNotFound):
        await waiting


def test_an_inbox_of_no_size_is_refused() -> None:
    with pytest.raises(ValueError, match="inbox_size"):
        hosted(inbox_size=0)


async def test_a_run_has_its_sessions_history_and_state() -> None:
    session = Session("s1", "local", [HELLO, Message.assistant("hi")], {"n": 1})

    async def main(run: Run) -> str:
        run.state()["n"] += 1
        inner = await run.call("inner", HELLO)
        return f"{len(run.history())} {inner.text}"

    async def inner(run: Run) -> str:
        run.state()["n"] = 99
        run.remember(HELLO)
        return str(len(run.history()))

    record = await ran(main, does("inner", inner), session=session)
    assert (record.text, session.state, record.session_id) == ("2 0", {"n": 2}, "s1")
    assert record.steps == ()


async def test_an_agent_called_for_a_task_has_no_conversation_to_share() -> None:
    session = Session("s1", "local", [HELLO])

    async def main(run: Run) -> Message:
        return await run.call("middle", HELLO)

    async def middle(run: Run) -> Message:
        return await run.call("inner", HELLO, shares_history=True)

    async def inner(run: Run) -> str:
        run.state()["seen"] = True
        return str(len(run.history()))

    record = await ran(main, does("middle", middle), does("inner", inner), session=session)
    assert (record.text, session.state) == ("0", {})


async def test_a_call_may_share_the_conversation() -> None:
    session = Session("s1", "local", [HELLO])

    async def main(run: Run) -> Message:
        run.remember(Message.assistant("mine"))
        return await run.call("inner", HELLO, shares_history=True)

    async def inner(run: Run) -> str:
        run.state()["seen"] = True
        run.remember(Message.assistant("theirs"))
        return str(len(run.history()))

    record = await ran(main, does("inner", inner), session=session)
    assert (record.text, session.state) == ("1", {"seen": True})
    assert [m.text for m in record.steps] == ["mine", "theirs"]


async def test_a_listener_that_fails_does_not_fail_the_run() -> None:
    def broken(_: object) -> None:
        raise OSError("the client has gone")

    record = await hosted(echo("a")).run("a", HELLO, RunOptions(listener=broken))
    assert record.text == "hello"
