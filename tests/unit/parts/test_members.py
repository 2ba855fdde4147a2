from __future__ import annotations

from typing import Any

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.model import Usage
from batuta.core.run import Run
from batuta.core.trace import Event, Trace
from batuta.errors import EmptyAnswer, MembersFailed, ReplayMismatch, RuntimeFailure, ToolFailed
from batuta.parts.members import (
    Composed,
    MemberResult,
    attempt,
    attempt_all,
    check_members,
    sum_of,
    with_record,
)
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import Waits, asks, breaks, says
from tests.unit.core.rig import HELLO, does, echo, hosted, ran, reply


async def test_an_error_is_told_and_a_replay_that_does_not_fit_raised() -> None:
    made: list[MemberResult] = []

    async def work(run: Run) -> str:
        made.extend([await attempt(run, name, HELLO) for name in ("good", "bad", "mute", "gone")])
        return "done"

    await ran(work, echo("good"), breaks("bad"), says("mute", ""))
    assert [m.status for m in made] == ["done", "failed", "failed", "failed"]
    assert [m.ok for m in made] == [True, False, False, False]
    assert isinstance(made[1].error, ToolFailed)
    assert isinstance(made[2].error, EmptyAnswer)
    assert made[0].answer().text == "hello"
    with pytest.raises(ToolFailed):
        made[1].answer()
    with pytest.raises(RuntimeFailure, match="skipped"):
        MemberResult(agent="x", status="skipped").answer()

    async def replay(run: Run) -> MemberResult:
        return await attempt(run, breaks("r", ReplayMismatch("f", "changed")), HELLO)

    assert isinstance((await ran(replay)).failure, ReplayMismatch)


async def test_what_each_used_is_told_whether_it_ended_or_was_given_up() -> None:
    async def half(run: Run) -> None:
        await run.ask([HELLO])
        await Waits("inner").execute(HELLO, run)

    made: list[MemberResult] = []

    async def work(run: Run) -> str:
        await run.ask([HELLO])
        members = [asks("whole"), does("half", half), asks("after")]
        made.extend(
            await attempt_all(run, [(m, HELLO) for m in members], enough=lambda e: len(e) == 2)
        )
        return "done"

    model = ScriptedModel([reply("x", (10, 5))], repeat=True)
    record = await ran(work, model=model)
    assert [m.status for m in made] == ["done", "cancelled", "done"]
    assert [m.usage.input_tokens for m in made] == [10, 10, 10]
    assert record.usage.input_tokens == 40
    for at, member in enumerate(made):
        span = f"1.{at + 2}"
        below = [e for e in record.events if e.span == span or e.span.startswith(f"{span}.")]
        assert sum_of(below) == (member.usage, member.cost)


async def test_what_the_first_and_the_tenth_used_is_not_mixed_up() -> None:
    def uses(number: int) -> FunctionAgent:
        async def work(run: Run) -> str:
            model = ScriptedModel([reply("ok", (number, 0))])
            return (await run.ask([HELLO], model=model)).text

        return does(f"m{number}", work)

    async def main(run: Run) -> str:
        members = await attempt_all(run, [(uses(n), HELLO) for n in range(1, 13)])
        return " ".join(str(m.usage.input_tokens) for m in members)

    assert (await ran(main)).text == " ".join(str(n) for n in range(1, 13))


def test_what_is_below_a_span_is_not_what_begins_like_it() -> None:
    where = ("1", "m", "code", 0.0)
    events = [
        Event(0, "model", "end", span, *where, usage=Usage(tokens, 0))
        for span, tokens in (("1.1", 1), ("1.1.2", 2), ("1.10", 10), ("1.10.1", 20))
    ]
    trace = Trace(lambda: 0.0)
    for event in events:
        trace.take(event)
    assert sum_of(trace.inside("1.1"))[0] == Usage(3, 0)
    assert sum_of(trace.inside("1.10"))[0] == Usage(30, 0)


async def test_a_thousand_members_take_one_look_at_the_trace() -> None:
    async def work(run: Run) -> int:
        done = await attempt_all(run, [(echo(f"e{n}"), HELLO) for n in range(1000)])
        return sum(m.ok for m in done)

    assert (await ran(work)).text == "1000"


def test_a_record_stands_beside_other_metadata_and_holds_those_below() -> None:
    inner = with_record(says_so("x"), "inner", [MemberResult(agent="deep")], stop="s")
    outer = with_record(
        inner.with_metadata(k=1), "outer", [MemberResult(agent="a", reply=inner)], stop="t"
    )
    assert outer.metadata["k"] == 1
    record = outer.metadata["composition"]
    assert (record["pattern"], record["stop"]) == ("outer", "t")
    assert record["members"][0]["composition"]["pattern"] == "inner"


def says_so(text: str) -> Message:
    return Message("user", text)


def test_a_compositions_answer_is_an_assistants() -> None:
    assert with_record(says_so("x"), "p", [], stop="s").role == "assistant"


@pytest.mark.parametrize(
    ("members", "least", "says_why"),
    [([], 1, "1 voter at"), (["a"], 2, "2 voters at"), (["a", "b", "a", "b"], 1, "a, b")],
)
def test_members_are_enough_and_each_its_own(members: list[Any], least: int, says_why: str) -> None:
    with pytest.raises(ValueError, match=says_why):
        check_members(members, "voter", least)


async def test_a_composition_that_names_nobody_says_so() -> None:
    with pytest.raises(NotImplementedError, match="whom it calls"):
        _ = Composed().needs


def test_the_error_of_several_names_each() -> None:
    error = MembersFailed("team", "all 2 members failed", (("a", "broke."), ("b", "refused.")))
    assert str(error) == "Agent team: all 2 members failed. a: broke; b: refused."


async def test_an_agent_that_needs_an_unknown_one_does_not_start() -> None:
    from batuta.compose.parallel import Parallel
    from batuta.errors import AgentNotFound

    with pytest.raises(AgentNotFound):
        await hosted(Parallel(members=["nobody"])).start()
