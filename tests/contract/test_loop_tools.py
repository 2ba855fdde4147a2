"""Every ``AgentLoop`` keeps what is defined for tools, limits and errors."""

from __future__ import annotations

import asyncio
import json

import pytest

from batuta.core.attachment import Attachment
from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply
from batuta.core.principal import READ, Principal
from batuta.core.record import RunRecord
from batuta.core.retry import NO_RETRY
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import Approve, Deny, ToolUse, Verdict, tool
from batuta.errors import (
    BudgetExceeded,
    Conflict,
    DeadlineExceeded,
    ModelRateLimited,
    ModelRefused,
    ModelReplyInvalid,
    ToolRetry,
)
from batuta.parts.loop import AgentLoop
from tests.contract.loops import (
    Driven,
    Scripted,
    ask,
    call,
    decisions,
    ends,
    results,
    runtime,
    text,
    told,
    wish,
)
from tests.pictures import png


@tool
async def free_courts(day: str) -> list[str]:
    """List the free courts of a day."""
    return [f"A on {day}", f"B on {day}"]


@tool(effect="write")
async def book(court: str) -> str:
    """Book a court."""
    return f"booked {court}"


def driven(loop: AgentLoop, *replies: ModelReply | Exception, **more: object) -> Driven:
    return Driven(loop=loop, model=Scripted(replies), tools=(free_courts, book), **more)  # type: ignore[arg-type]


async def test_plain_answer_is_the_reply_and_nothing_was_said_on_the_way(loop: AgentLoop):
    agent = driven(loop, text("Hello."))
    record = (await ask(agent, words="Hi.")).raised()
    assert record.text == "Hello."
    assert record.steps == ()
    request = agent.model.requests[0]
    assert [(m.role, m.text) for m in request.messages] == [
        ("system", "Be brief."),
        ("user", "Hi."),
    ]
    assert [t.name for t in request.tools] == ["free_courts", "book"]
    assert request.tools[0] == free_courts.schema
    assert (record.usage.input_tokens, record.usage.output_tokens) == (10, 5)


async def test_tool_then_answer(loop: AgentLoop):
    agent = driven(
        loop, wish(call("free_courts", {"day": "Monday"}), words="Looking."), text("A or B.")
    )
    record = (await ask(agent)).raised()
    assert record.text == "A or B."
    wished, result = record.steps
    assert (wished.role, wished.text) == ("assistant", "Looking.")
    assert wished.tool_calls == (ToolCall("c1", "free_courts", {"day": "Monday"}),)
    assert (result.role, result.call_id, result.name) == ("tool", "c1", "free_courts")
    assert json.loads(result.text) == ["A on Monday", "B on Monday"]
    assert list(agent.model.requests[1].messages[2:]) == [wished, result]


async def test_trace_says_that_the_agent_decided_on_its_tools(loop: AgentLoop):
    record = await ask(driven(loop, wish(call("free_courts", {"day": "Monday"})), text("A.")))
    assert [(e.name, e.by) for e in record.events if e.kind == "tool"] == [
        ("free_courts", "agent"),
        ("free_courts", "agent"),
    ]
    assert [(e.kind, e.span) for e in record.events if e.phase == "end"] == [
        ("model", "1.1"),
        ("tool", "1.2"),
        ("model", "1.3"),
        ("agent", "1"),
    ]


async def test_two_readers_of_one_turn_work_at_the_same_time(loop: AgentLoop):
    both = asyncio.Barrier(2)

    @tool
    async def meet(name: str) -> str:
        """Return once the other is here too."""
        await asyncio.wait_for(both.wait(), 5)
        return name

    agent = Driven(
        loop=loop,
        model=Scripted(
            [wish(call("meet", {"name": "x"}), call("meet", {"name": "y"}, "c2")), text("Met.")]
        ),
        tools=(meet,),
    )
    assert (await ask(agent)).raised().text == "Met."
    assert results(agent) == [("c1", "x"), ("c2", "y")]


@pytest.mark.parametrize("order", [("look", "put"), ("put", "look")])
async def test_beside_a_writer_calls_are_done_in_the_order_given(
    loop: AgentLoop, order: tuple[str, str]
):
    done: list[str] = []

    async def work(name: str) -> str:
        done.append(f"{name} begins")
        for _ in range(5):
            await asyncio.sleep(0)
        done.append(f"{name} ends")
        return name

    @tool
    async def look() -> str:
        """Read slowly."""
        return await work("look")

    @tool(effect="write")
    async def put() -> str:
        """Write slowly."""
        return await work("put")

    first, second = order
    replies = [wish(call(first), call(second, call_id="c2")), text("Done.")]
    agent = Driven(loop=loop, model=Scripted(replies), tools=(look, put))
    (await ask(agent)).raised()
    assert done == [f"{first} begins", f"{first} ends", f"{second} begins", f"{second} ends"]
    assert results(agent) == [("c1", first), ("c2", second)]


async def test_reading_together_comes_back_after_a_turn_that_wrote(loop: AgentLoop):
    both = asyncio.Barrier(2)

    @tool
    async def meet() -> str:
        """Return once the other is here too."""
        await asyncio.wait_for(both.wait(), 5)
        return "met"

    replies = [
        wish(call("book", {"court": "A"})),
        wish(call("meet", call_id="c2"), call("meet", call_id="c3")),
        text("Done."),
    ]
    agent = Driven(loop=loop, model=Scripted(replies), tools=(meet, book))
    assert (await ask(agent)).raised().text == "Done."


async def test_unknown_tool_goes_back_to_the_model_beside_the_known_one(loop: AgentLoop):
    agent = driven(
        loop, wish(call("fly", {"to": "Rome"}), call("book", {"court": "A"}, "c2")), text("Sorry.")
    )
    record = (await ask(agent)).raised()
    assert dict(results(agent)) == {
        "c1": json.dumps(
            {"error": "There is no tool fly. Tools: free_courts, book.", "retry": True}
        ),
        "c2": "booked A",
    }
    assert [(e.name, e.by) for e in decisions(record)] == [("refuse fly", "agent")]
    assert record.steps[0].tool_calls[0] == ToolCall("c1", "fly", {"to": "Rome"})


async def test_only_an_unknown_tool_keeps_the_loop_going(loop: AgentLoop):
    agent = driven(loop, wish(call("fly")), text("Sorry."))
    assert (await ask(agent)).raised().text == "Sorry."


async def test_bad_arguments_go_back_to_the_model(loop: AgentLoop):
    agent = driven(loop, wish(call("book", {"curt": "A"})), text("Sorry."))
    record = (await ask(agent)).raised()
    (fault,) = told(agent)
    assert fault["retry"] is True
    assert "curt: no such argument (known: court)" in fault["error"]
    assert (ends(record, "tool")[0].error or "").startswith("ToolRetry")


async def test_arguments_that_are_no_json_reach_the_model_as_they_were(loop: AgentLoop):
    agent = driven(loop, wish(ToolCall("c1", "book", {}, '{"court": ')), text("Sorry."))
    record = (await ask(agent)).raised()
    assert told(agent) == [{"error": "The arguments are not a JSON object.", "retry": True}]
    assert agent.model.requests[1].messages[2].tool_calls[0].invalid == '{"court": '
    assert [e.name for e in decisions(record)] == ["refuse book"]
    assert record.tool_calls == 0


async def test_a_tool_that_raises_is_an_error_result(loop: AgentLoop):
    @tool
    async def look() -> str:
        """Fail."""
        raise ValueError("no light")

    agent = Driven(loop=loop, model=Scripted([wish(call("look")), text("Sorry.")]), tools=(look,))
    assert (await ask(agent)).raised().text == "Sorry."
    assert told(agent) == [{"error": "ValueError: no light", "retry": False}]


async def test_a_tool_that_asks_for_other_arguments_says_that_a_retry_helps(loop: AgentLoop):
    @tool
    async def look(day: str) -> str:
        """Ask for another day."""
        raise ToolRetry("look", f"{day} is past. Give a later day.", ("day",))

    replies = [wish(call("look", {"day": "Monday"})), text("Which day?")]
    agent = Driven(loop=loop, model=Scripted(replies), tools=(look,))
    await ask(agent)
    assert told(agent) == [{"error": "Monday is past. Give a later day.", "retry": True}]


async def test_without_the_right_to_write_the_model_is_told_so(loop: AgentLoop):
    agent = driven(loop, wish(call("book", {"court": "A"})), text("You may not."))
    guest = Principal("guest", permissions=frozenset({READ}))
    assert (await ask(agent, options=RunOptions(principal=guest))).text == "You may not."
    (fault,) = told(agent)
    assert fault["retry"] is False
    assert "guest may not use book" in fault["error"]


async def test_a_hook_that_denies_is_told_to_the_model_and_the_tool_stays_unused(loop: AgentLoop):
    async def deny(use: ToolUse) -> Verdict:
        assert use.by == "agent"
        return Deny("it rains") if use.tool.name == "book" else Approve()

    agent = driven(loop, wish(call("book", {"court": "A"})), text("Not now."))
    await ask(agent, options=RunOptions(hooks=[deny]))
    (fault,) = told(agent)
    assert (fault["retry"], "it rains" in fault["error"]) == (False, True)


async def test_bound_arguments_come_from_the_caller_and_stay_out_of_sight(loop: AgentLoop):
    @tool
    async def who(caller: Principal) -> str:
        """Tell who asks."""
        return caller.id

    agent = Driven(loop=loop, model=Scripted([wish(call("who")), text("You.")]), tools=(who,))
    await ask(agent, options=RunOptions(principal=Principal("ada")))
    assert agent.model.requests[0].tools[0].parameters["properties"] == {}
    assert results(agent) == [("c1", "ada")]


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (Budget(model_calls=1), "model_calls"),
        (Budget(tool_calls=0), "tool_calls"),
    ],
)
async def test_a_spent_budget_ends_the_run_as_itself(loop: AgentLoop, budget: Budget, kind: str):
    agent = driven(loop, wish(call("book", {"court": "A"})), text("Never said."))
    record = await ask(agent, options=RunOptions(budget=budget))
    assert isinstance(record.failure, BudgetExceeded)
    assert (record.failure.kind, record.stop_reason) == (kind, "budget")


async def test_calls_after_the_one_that_ended_the_run_are_not_begun(loop: AgentLoop):
    replies = [wish(*(call("book", {"court": c}, f"c{c}") for c in "ABC")), text("Never said.")]
    record = await ask(driven(loop, *replies), options=RunOptions(budget=Budget(tool_calls=1)))
    assert isinstance(record.failure, BudgetExceeded)
    booked, refused = ends(record, "tool")
    assert booked.error is None
    assert "BudgetExceeded" in (refused.error or "")


async def test_an_error_that_is_no_tools_ends_the_run_with_its_cause(loop: AgentLoop):
    cause = KeyError("row")

    @tool(effect="write")
    async def put() -> str:
        """Lose a race."""
        raise Conflict("session") from cause

    agent = Driven(
        loop=loop, model=Scripted([wish(call("put")), text("Never said.")]), tools=(put,)
    )
    record = await ask(agent)
    assert isinstance(record.failure, Conflict)
    assert record.failure.__cause__ is cause


async def test_the_models_own_error_comes_out_as_itself_after_our_retries_alone(loop: AgentLoop):
    agent = driven(loop, ModelRateLimited("scripted:test", 0.0))
    record = await ask(agent, options=RunOptions(retry=NO_RETRY))
    assert isinstance(record.failure, ModelRateLimited)
    assert len(agent.model.requests) == 1


async def test_a_refusal_in_words_is_the_answer(loop: AgentLoop):
    refused = ModelReply("I will not.", stop_reason="refused", model="scripted:test")
    record = (await ask(driven(loop, refused))).raised()
    assert (record.text, record.steps) == ("I will not.", ())


async def test_a_refusal_without_words_is_an_error(loop: AgentLoop):
    refused = ModelReply(stop_reason="refused", model="scripted:test")
    assert isinstance((await ask(driven(loop, refused))).failure, ModelRefused)


async def test_an_empty_reply_is_an_error_and_no_answer(loop: AgentLoop):
    assert isinstance((await ask(driven(loop, text(" ")))).failure, ModelReplyInvalid)


async def test_endless_calls_stop_after_the_last_turn_and_keep_what_was_done(loop: AgentLoop):
    agent = driven(loop, wish(call("book", {"court": "A"})), max_turns=3)
    record = (await ask(agent)).raised()
    assert "could not finish this in 3 steps" in record.text
    assert len(agent.model.requests) == 3
    assert [m.role for m in record.steps] == ["assistant", "tool"] * 3
    assert [(e.name, e.data) for e in decisions(record)] == [
        ("stop", {"why": "turn limit of 3 reached"})
    ]


async def test_call_ids_that_a_model_uses_again_name_different_calls(loop: AgentLoop):
    agent = driven(
        loop,
        wish(call("book", {"court": "A"})),
        wish(call("book", {"court": "B"}), call("book", {"court": "B"})),
        wish(call("free_courts", {"day": "Monday"}, "")),
        text("Done."),
    )
    record = (await ask(agent)).raised()
    assert results(agent)[:3] == [
        ("c1", "booked A"),
        ("c1_2", "booked B"),
        ("c1_3", "booked B"),
    ]
    assert len({m.call_id for m in record.steps if m.role == "tool"} - {"", None}) == 4


async def test_cancellation_goes_through_and_waits_for_the_tool(loop: AgentLoop):
    begun = asyncio.Semaphore(0)
    undone: list[str] = []
    records: list[RunRecord] = []

    @tool
    async def wait() -> str:
        """Wait for ever."""
        begun.release()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            undone.append("tidied up")
        return "never"

    agent = Driven(
        loop=loop, model=Scripted([wish(call("wait"), call("wait", call_id="c2"))]), tools=(wait,)
    )
    options = RunOptions(on_end=records.append)
    task = asyncio.create_task(runtime().run(agent, Message.user("Go."), options))
    for _ in range(2):
        await begun.acquire()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert undone == ["tidied up"] * 2
    assert records[0].stop_reason == "cancelled"
    assert [e.error for e in ends(records[0], "tool")] == ["CancelledError"] * 2


async def test_a_failure_cancels_the_calls_beside_it(loop: AgentLoop):
    undone: list[str] = []

    @tool
    async def wait() -> str:
        """Wait for ever."""
        try:
            await asyncio.Event().wait()
        finally:
            undone.append("tidied up")
        return "never"

    @tool
    async def late() -> str:
        """Find the time is up."""
        await asyncio.sleep(0.01)
        raise DeadlineExceeded("late", 1.0)

    replies = [wish(call("wait"), call("late", call_id="c2"))]
    record = await ask(Driven(loop=loop, model=Scripted(replies), tools=(wait, late)))
    assert isinstance(record.failure, DeadlineExceeded)
    assert undone == ["tidied up"]


@tool
async def look(at: str) -> list[str | Attachment]:
    """Look at something."""
    return [f"The {at}:", NET]


COURT, NET = Attachment.of(png(), name="court.png"), Attachment.of(png(90), name="net.png")


async def test_images_of_user_and_tool_stand_where_they_were_said(loop: AgentLoop):
    agent = Driven(
        loop=loop, model=Scripted((wish(call("look", {"at": "net"})), text("Dry."))), tools=(look,)
    )
    earlier = [Message.user("What?"), Message.assistant("Which?")]
    session = Session("s1", "local", earlier)
    record = await runtime().run(
        agent, Message.user("What?").attaching(COURT), RunOptions(session=session)
    )

    assert record.raised().text == "Dry."
    seen = [(m.role, m.text, m.attachments) for m in agent.model.requests[-1].messages[1:]]
    assert seen == [
        ("user", "What?", ()),
        ("assistant", "Which?", ()),
        ("user", "What?", (COURT,)),
        ("assistant", "", ()),
        ("tool", f"The net:\n{NET.described()}", (NET,)),
    ]
    assert [m.attachments for m in record.steps] == [(), (NET,)]
