from __future__ import annotations

import asyncio
from typing import Any

import pytest

from batuta.compose.parallel import Parallel
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.errors import BudgetExceeded, MembersFailed, ReplayMismatch, ToolFailed
from batuta.parts.aggregation import Vote
from batuta.parts.answers import with_headings
from batuta.testing.scripted import ScriptedModel
from tests.unit.compose.cast import (
    Lives,
    Waits,
    asks,
    breaks,
    decisions,
    says,
    statuses,
    told,
)
from tests.unit.core.rig import HELLO, does, hosted, others, reply, settled


async def ran(*members: Any, options: RunOptions | None = None, **more: Any) -> RunRecord:
    return await hosted(Parallel(members=members, **more)).run("parallel", HELLO, options)


def after(name: str, event: asyncio.Event, text: str = "") -> Any:
    async def work(run: Run) -> str:
        await event.wait()
        return text or name

    return does(name, work)


async def test_answers_come_by_name_in_the_order_given_whoever_is_first() -> None:
    last = asyncio.Event()

    async def opens(run: Run) -> str:
        last.set()
        return "quick"

    record = await ran(after("slow", last), does("fast", opens))
    assert record.reply is not None
    assert record.reply.data == {"slow": "slow", "fast": "quick"}
    assert list(record.reply.data or ()) == ["slow", "fast"]
    assert record.text == "slow: slow\nfast: quick"
    assert [m["agent"] for m in told(record)["members"]] == ["slow", "fast"]
    assert (told(record)["pattern"], told(record)["stop"]) == ("parallel", "all answered")


async def test_members_are_found_by_name_or_taken_as_they_are() -> None:
    team = Parallel(members=["a", says("b", "2")])
    record = await hosted(says("a", "1"), team).run("parallel", HELLO)
    assert record.text == "a: 1\nb: 2"


async def test_all_lets_every_member_finish_and_then_tells_who_failed() -> None:
    done: list[str] = []

    async def late(run: Run) -> str:
        await settled()
        done.append("late")
        return "late"

    record = await ran(breaks("a"), does("b", late), breaks("c"))
    assert done == ["late"]
    assert isinstance(record.failure, MembersFailed)
    assert "2 of 3 members failed" in str(record.failure)
    assert [name for name, _ in record.failure.failures] == ["a", "c"]
    assert "c is broken" in str(record.failure)
    assert isinstance(record.failure.__cause__, ToolFailed)


async def test_fail_fast_cancels_the_others_at_once_and_raises_the_error_itself() -> None:
    stuck = Waits("stuck")

    async def bad(run: Run) -> None:
        await stuck.begun.wait()
        raise ToolFailed("t", "broken")

    record = await ran(stuck, does("bad", bad), mode="fail_fast")
    assert isinstance(record.failure, ToolFailed)
    assert stuck.cancelled
    assert others() == set()
    assert any("stuck: cancelled; bad: failed" in said for said in decisions(record))


async def test_first_takes_the_first_success_in_time_and_cancels_the_rest() -> None:
    stuck = Waits("stuck")

    async def second(run: Run) -> Message:
        await stuck.begun.wait()
        return Message.assistant("mine", {"n": 2}).with_metadata(source="x")

    record = await ran(breaks("a"), stuck, does("b", second), mode="first")
    assert record.reply is not None
    assert (record.text, record.reply.data) == ("mine", {"n": 2})
    assert record.reply.metadata["source"] == "x"
    assert stuck.cancelled
    assert statuses(record) == ["failed", "cancelled", "done"]
    assert told(record)["stop"] == "first answer"


async def test_first_gives_one_answer_even_where_a_cancelled_one_answers_all_the_same() -> None:
    async def stubborn(run: Run) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "late"
        return "never"

    async def quick(run: Run) -> str:
        await settled()
        return "quick"

    record = await ran(does("a", stubborn), does("b", quick), mode="first")
    assert record.text == "quick"
    assert statuses(record) == ["cancelled", "done"]


async def test_first_with_nobody_tells_each_failure() -> None:
    record = await ran(breaks("a"), breaks("b"), mode="first")
    assert isinstance(record.failure, MembersFailed)
    assert "all 2 members failed" in str(record.failure)
    assert "a is broken" in str(record.failure)
    assert "b is broken" in str(record.failure)


async def test_a_quorum_stops_at_k_answers() -> None:
    stuck = Waits("stuck")
    record = await ran(says("a", "1"), stuck, says("c", "3"), mode="quorum", k=2)
    assert record.reply is not None
    assert record.reply.data == {"a": "1", "c": "3"}
    assert statuses(record) == ["done", "cancelled", "done"]
    assert "stuck: (no answer: cancelled)" in record.text


async def test_a_quorum_gives_up_as_soon_as_it_cannot_be_reached() -> None:
    stuck = Waits("stuck")
    record = await ran(breaks("a"), stuck, breaks("c"), mode="quorum", k=2)
    assert isinstance(record.failure, MembersFailed)
    assert "2 of 3 members failed, so there is no quorum of 2" in str(record.failure)
    assert stuck.cancelled


async def test_partial_takes_what_there_is_and_tells_each_error() -> None:
    record = await ran(says("a", "1"), breaks("b"), mode="partial")
    assert record.reply is not None
    assert record.reply.data == {"a": "1"}
    assert "b: (no answer: failed (Tool t: b is broken))" in record.text
    assert told(record)["members"][1]["error"]["code"] == "tool_failed"
    assert told(record)["stop"] == "1 of 2 answered"
    assert isinstance((await ran(breaks("b"), mode="partial")).failure, MembersFailed)


async def test_an_agent_that_answers_nothing_has_failed() -> None:
    record = await ran(says("a", "1"), says("mute", " \n"), says("d", "", {"x": 1}), mode="partial")
    assert statuses(record) == ["done", "failed", "done"]
    assert told(record)["members"][1]["error"]["code"] == "empty_answer"
    assert record.reply is not None
    assert record.reply.data == {"a": "1", "d": '{"x": 1}'}


async def test_no_more_than_the_limit_work_at_once_and_who_never_began_was_skipped() -> None:
    working: list[str] = []
    peak = 0

    def busy(name: str) -> Any:
        async def work(run: Run) -> str:
            nonlocal peak
            working.append(name)
            peak = max(peak, len(working))
            await settled()
            working.remove(name)
            return name

        return does(name, work)

    record = await ran(*map(busy, "abcde"), limit=2)
    assert peak == 2
    assert record.reply is not None
    assert list(record.reply.data or {}) == list("abcde")
    record = await ran(says("a", "1"), Waits("b"), Waits("c"), mode="first", limit=1)
    assert statuses(record) == ["done", "skipped", "skipped"]


async def test_a_member_has_its_own_time() -> None:
    record = await ran(says("a", "1"), Waits("b"), mode="partial", timeout_s=0.5)
    assert told(record)["members"][1]["error"]["code"] == "deadline_exceeded"


@pytest.mark.parametrize("by_name", [True, False])
async def test_an_agent_combines_and_counts_as_a_member(by_name: bool) -> None:
    vote = Vote()
    team = Parallel(
        members=[says("a", "x"), says("b", "y"), says("c", "X ", None, source="c")],
        combine="vote" if by_name else vote,
    )
    record = await hosted(*([vote] if by_name else []), team).run("parallel", HELLO)
    assert record.text == "x"
    assert [m["agent"] for m in told(record)["members"]] == ["a", "b", "c", "vote"]


async def test_a_function_combines() -> None:
    record = await ran(says("a", "x"), says("b", "y"), combine=with_headings)
    assert record.text == "## a\nx\n\n## b\ny"


async def test_a_combining_agents_error_is_the_runs_and_the_trace_tells_the_rest() -> None:
    record = await ran(says("a", "x"), combine=breaks("sum"))
    assert isinstance(record.failure, ToolFailed)
    assert any("a: done; sum: failed" in said for said in decisions(record))


async def test_each_members_usage_and_cost_is_its_own_and_they_add_up() -> None:
    async def twice(run: Run) -> str:
        await run.call(asks("inner"), HELLO)
        return (await run.ask([HELLO])).text

    model = ScriptedModel([reply("ok", (10, 5))], repeat=True)
    team = Parallel(members=[asks("one"), does("two", twice), says("none", "0")])
    record = await hosted(team, model=model).run("parallel", HELLO)
    tokens = [m["usage"]["input_tokens"] for m in told(record)["members"]]
    assert tokens == [10, 20, 0]
    assert sum(tokens) == record.usage.input_tokens


async def test_a_spent_budget_ends_it_as_such_and_the_trace_tells_what_was_done() -> None:
    options = RunOptions(budget=Budget(model_calls=1))
    record = await ran(asks("a"), asks("b"), options=options)
    assert isinstance(record.failure, BudgetExceeded)
    assert record.stop_reason == "budget"
    assert any("a: done; b: failed (Budget of parallel" in said for said in decisions(record))
    record = await ran(asks("a"), asks("b"), options=options, mode="partial")
    assert record.stop_reason == "done"
    assert told(record)["members"][1]["error"]["code"] == "budget_exceeded"


async def test_a_replay_that_does_not_fit_is_no_failed_member() -> None:
    stuck = Waits("stuck")
    record = await ran(stuck, breaks("b", ReplayMismatch("f", "changed")), mode="partial")
    assert isinstance(record.failure, ReplayMismatch)
    assert stuck.cancelled


@pytest.mark.parametrize("mode", ["all", "partial"])
async def test_what_had_been_answered_when_the_runs_own_time_ended_is_in_its_record(
    mode: Any,
) -> None:
    options = RunOptions(budget=Budget(seconds=0.5))
    record = await ran(says("quick", "42"), Waits("slow"), mode=mode, options=options)
    assert record.stop_reason == "deadline"
    [cut] = [event for event in record.events if event.name == "cut: 1 of 2 had answered"]
    assert cut.data == {"why": "quick: 42"}


async def test_cancelling_it_cancels_every_member() -> None:
    stuck = [Waits("a"), Waits("b")]
    task = asyncio.create_task(ran(*stuck))
    await asyncio.gather(*(each.begun.wait() for each in stuck))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all(each.cancelled for each in stuck)
    assert others() == set()


@pytest.mark.parametrize("shares", [True, False])
async def test_the_conversation_reaches_members_where_it_is_wished(shares: bool) -> None:
    async def counts(run: Run) -> str:
        return str(len(run.history()))

    session = Session("s1", "local", [HELLO, Message.assistant("hi")])
    options = RunOptions(session=session)
    record = await ran(does("a", counts), options=options, shares_history=shares)
    assert record.text == f"a: {2 if shares else 0}"


async def test_members_held_as_objects_start_and_stop_with_it() -> None:
    a, b = Lives("a"), Lives("b")
    runtime = hosted(Parallel(members=[a, b]))
    assert not runtime.ready()
    await runtime.start()
    assert (await runtime.run("parallel", HELLO)).text == "a: a up: True\nb: b up: True"
    assert runtime.ready()
    await runtime.stop()
    assert not a.up
    assert not b.up


async def test_where_one_cannot_start_those_before_are_stopped() -> None:
    a = Lives("a")
    with pytest.raises(RuntimeError, match="cannot start"):
        await hosted(Parallel(members=[a, Lives("b", broken=True)])).start()
    assert not a.up


def test_members_by_name_are_started_before_it() -> None:
    team = Parallel(members=["a", says("b", "1"), "c"], combine="sum")
    assert team.needs == ("a", "c", "sum")


@pytest.mark.parametrize(
    ("options", "says_why"),
    [
        ({"members": []}, "1 member at least"),
        ({"members": ["a", "b", "a"]}, "More than one member has the name a"),
        ({"members": ["a", ""]}, "no name"),
        ({"members": ["a"], "mode": "some"}, "no mode 'some'"),
        ({"members": ["a"], "mode": "quorum"}, "needs k"),
        ({"members": ["a"], "k": 1}, "no other mode"),
        ({"members": ["a", "b"], "mode": "quorum", "k": 3}, "from 1 to the number of members, 2"),
        ({"members": ["a", "b"], "mode": "quorum", "k": 0}, "from 1"),
        ({"members": ["a"], "limit": 0}, "limit must be 1"),
        ({"members": ["a"], "timeout_s": 0}, "timeout_s"),
    ],
)
def test_options_that_cannot_work_are_refused_at_construction(
    options: dict[str, Any], says_why: str
) -> None:
    with pytest.raises(ValueError, match=says_why):
        Parallel(**options)


def test_a_text_is_no_list_of_members() -> None:
    with pytest.raises(TypeError, match="list of agents"):
        Parallel(members="abc")


@pytest.mark.parametrize("odd", [None, 3, lambda message: message])
def test_what_is_no_agent_is_refused_at_construction(odd: Any) -> None:
    with pytest.raises(TypeError, match="A member is an agent, with name and execute"):
        Parallel(members=["a", odd])


def test_what_cannot_combine_is_refused_at_construction() -> None:
    odd: Any = 42
    with pytest.raises(TypeError, match="combine is a function, an agent or the name of one"):
        Parallel(members=["a"], combine=odd)
