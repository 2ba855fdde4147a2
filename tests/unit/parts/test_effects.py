from __future__ import annotations

import asyncio

import pytest

from batuta.control.function_calling import FunctionCalling
from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.retry import NO_RETRY
from batuta.core.run import Run
from batuta.core.tool import Tool, tool
from batuta.errors import (
    BatutaError,
    DeadlineExceeded,
    MembersFailed,
    ModelRefused,
    RuntimeFailure,
    ToolError,
    ToolFailed,
)
from batuta.parts.effects import with_done
from batuta.parts.members import MemberResult, attempt, attempt_all, failure, with_record
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.core.rig import HELLO, does, hosted, ran

DONE = "This is done and need not be done again: pay (paid)."


@tool(effect="write")
async def pay() -> str:
    """Pay."""
    return "paid"


@tool(effect="write")
async def post() -> str:
    """Post."""
    raise ToolFailed("post", "no stamps")


@tool
async def look() -> str:
    """Look."""
    return "seen"


async def use_all(run: Run, *tools: Tool) -> None:
    for one in tools:
        try:
            await run.use(one, {})
        except ToolError:
            continue


def after(*tools: Tool, error: Exception | None = None, name: str = "clerk") -> FunctionAgent:
    """Make an agent that uses tools, then fails."""

    async def work(run: Run) -> None:
        await use_all(run, *tools)
        raise error or RuntimeFailure(name, "fell ill")

    return does(name, work)


async def failed(*agents: FunctionAgent) -> list[BatutaError]:
    """Have an agent call others, and give the errors that it hears of."""
    heard: list[BatutaError] = []

    async def main(run: Run) -> None:
        for agent in agents:
            try:
                await run.call(agent, HELLO)
            except BatutaError as error:
                heard.append(error)

    await ran(main)
    return heard


async def test_who_fails_after_a_write_gives_no_answer_but_an_error_that_says_it() -> None:
    (error,) = await failed(after(look, pay))
    assert isinstance(error, RuntimeFailure)
    assert (error.done, str(error)) == (DONE, f"Agent clerk: fell ill. {DONE}")


async def test_a_write_that_failed_is_not_told_as_done() -> None:
    (error,) = await failed(after(post))
    assert (error.done, str(error)) == ("", "Agent clerk: fell ill")
    (error,) = await failed(after(post, pay))
    assert error.done == DONE


async def test_each_agent_tells_of_its_own_part_and_the_outermost_of_all() -> None:
    second = await failed(after(pay, name="first"), after(look, name="second"))
    assert [error.done for error in second] == [DONE, ""]

    async def main(run: Run) -> None:
        await attempt(run, after(pay), HELLO)
        await run.call(after(look, name="second"), HELLO)

    record = await ran(main)
    assert record.failure is not None
    assert record.failure.done == DONE


async def test_one_error_raised_twice_says_only_what_was_done_before_it() -> None:
    error = RuntimeFailure("x", "broke")
    before, late = after(pay, error=error), after(look, error=error)

    async def done(run: Run) -> str:
        said: list[str] = []
        for agent in (before, late):
            ended = await attempt(run, agent, HELLO)
            assert ended.error is not None
            said.append(ended.error.done)
        return "|".join(said)

    assert (await ran(done)).text == f"{DONE}|"


async def test_what_an_agent_did_before_an_exception_of_its_own_is_told() -> None:
    (error,) = await failed(after(pay, error=KeyError("slot")))
    assert error.done == DONE

    async def pays_and_says_nothing(message: Message, run: Run) -> Message:
        await run.use(pay, {})
        return None  # type: ignore[return-value]

    (error,) = await failed(FunctionAgent(name="mute", answer=pays_and_says_nothing))
    assert error.done == DONE


async def test_what_an_agent_did_before_its_time_was_up_is_told() -> None:
    async def hangs(run: Run) -> None:
        await run.use(pay, {})
        await asyncio.Event().wait()

    async def main(run: Run) -> str:
        with pytest.raises(DeadlineExceeded) as late:
            await run.call(does("slow", hangs), HELLO, timeout_s=0.05)
        return late.value.done

    assert (await ran(main)).text == DONE


async def test_a_models_loop_that_fails_after_a_write_fails_with_what_is_done() -> None:
    model = ScriptedModel([calls(("pay", {})), ModelRefused("m")])

    async def main(run: Run) -> str:
        ended = await attempt(run, FunctionCalling(tools=[pay]), HELLO)
        assert isinstance(ended.error, ModelRefused)
        return ended.error.done

    assert (await ran(main, model=model, retry=NO_RETRY)).text == DONE


async def test_a_compositions_failure_says_once_what_all_its_members_did() -> None:
    async def work(run: Run) -> None:
        everybody = [(after(pay, name="a"), HELLO), (after(look, name="b"), HELLO)]
        raise failure(run, await attempt_all(run, everybody), "nobody answered")

    record = await hosted().run(does("team", work), HELLO)
    assert isinstance(record.failure, MembersFailed)
    said = "Agent team: nobody answered. a: Agent a: fell ill; b: Agent b: fell ill."
    assert record.text == f"{said} {DONE}"


async def test_an_answer_says_what_a_failed_member_had_done_unless_it_does_already() -> None:
    async def work(run: Run) -> Message:
        paid, seen = [await attempt(run, after(t), HELLO) for t in (pay, look)]
        silent = with_record(Message.assistant("The rest."), "team", [paid, seen], stop="done")
        assert with_record(silent, "team", [paid], stop="done").text == silent.text
        return silent

    assert (await ran(work)).text == f"{DONE}\nThe rest."
    done = [MemberResult(agent="a", reply=Message.assistant("x"))]
    assert with_record(Message.assistant("x"), "team", done, stop="done").text == "x"


async def test_words_that_say_nothing_of_it_get_what_was_done_before_them() -> None:
    async def work(run: Run) -> str:
        assert with_done("I stopped.", run) == "I stopped."
        await use_all(run, post, pay)
        return with_done("I stopped.", run)

    assert (await ran(work)).text == f"{DONE}\nI stopped."
