"""Swarm: agents hand the conversation to each other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.compose.router import Router
from batuta.compose.swarm import Swarm
from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.session import Session
from batuta.core.tool import tool
from batuta.errors import AgentUnreachable
from batuta.parts.handoff import OPEN, HandoffAgent, hand_to
from batuta.parts.members import RECORD
from batuta.testing.scripted import ScriptedModel, calls
from tests.unit.compose.cast import Waits, breaks, says
from tests.unit.core.rig import HELLO, does, hosted, others, settled


class Member:
    """Hands over as it is told, one reply after the other, and keeps what it read."""

    role = "does its part"

    def __init__(self, name: str, *replies: Message | str) -> None:
        self.name = name
        self.replies = list(replies)
        self.heard: list[Message] = []

    async def execute(self, message: Message, run: Run) -> Message:
        self.heard.append(message)
        reply = self.replies[min(len(self.heard), len(self.replies)) - 1]
        return Message.assistant(reply) if isinstance(reply, str) else reply


async def swarmed(swarm: Swarm, *agents: Any, **more: Any) -> RunRecord:
    return (await hosted(*agents, **more).run(swarm, HELLO)).raised()


def told(record: RunRecord) -> dict[str, Any]:
    assert record.reply is not None
    return record.reply.metadata[RECORD]


def decided(record: RunRecord) -> list[tuple[str, str]]:
    return [(e.name, e.by) for e in record.events if e.kind == "decision"]


def chain(length: int) -> list[Member]:
    """Members that each hand over to the next one; the last one answers."""
    names = [f"m{n}" for n in range(length)]
    made = [Member(a, hand_to(b, "next")) for a, b in pairwise(names)]
    return [*made, Member(names[-1], "done")]


async def test_the_entry_reads_the_message_as_it_is_and_may_answer() -> None:
    a = Member("a", "hi")
    record = await swarmed(Swarm(members=[Member("b", "x"), a], entry="a"))
    assert record.text == "hi"
    assert a.heard[0].text == HELLO.text
    assert (a.heard[0].data or {})[OPEN] == {"b": "does its part"}
    assert told(record)["stop"] == "answered"
    assert [m["agent"] for m in told(record)["members"]] == ["a"]


async def test_the_next_agent_sees_the_request_and_all_that_was_said() -> None:
    a = Member("a", hand_to("b", "it is about money", "One moment.", used=["look gave 7"]))
    b = Member("b", hand_to("c", "it is technical", "Your bill is 7."))
    c = Member("c", "Restart it.")
    record = await swarmed(Swarm(members=[a, b, c]))
    assert record.text == "Restart it."
    read = c.heard[0]
    assert (read.data or {})["request"] == HELLO.text
    assert read.text.startswith(HELLO.text)
    assert (read.data or {})["said"] == [
        "a: One moment.",
        "a: look gave 7",
        "a handed over to b: it is about money",
        "b: Your bill is 7.",
        "b handed over to c: it is technical",
    ]
    assert all(line in read.text for line in (read.data or {})["said"])
    assert told(record)["handoffs"] == [
        {"from": "a", "to": "b", "reason": "it is about money"},
        {"from": "b", "to": "c", "reason": "it is technical"},
    ]
    assert decided(record) == [("hand over to b", "agent"), ("hand over to c", "agent")]


@pytest.mark.parametrize("most", [0, 1, 2, 5])
async def test_max_handoffs_means_that_many(most: int) -> None:
    enough = await swarmed(Swarm(members=chain(most + 1), max_handoffs=most))
    assert enough.text == "done"
    assert len(told(enough)["handoffs"]) == most
    members = chain(most + 2)
    record = await swarmed(Swarm(members=members, max_handoffs=most))
    assert told(record)["stop"] == "handoff refused"
    assert len(told(record)["handoffs"]) == most
    last = members[most].heard
    assert f"the limit of {most} handoffs is reached" in last[1].text
    assert [(m.data or {})[OPEN] for m in last] == [{}, {}]
    assert members[-1].heard == []


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (hand_to("nobody"), "there is no 'nobody' here"),
        (hand_to("a"), "you have the word yourself"),
        (hand_to("c"), "you may not hand over to c"),
        (hand_to(""), "there is no '' here"),
        (Message.assistant("", {"handoff": 7}), "there is no '7' here"),
        (Message.assistant("", {"handoff": []}), "there is no '' here"),
    ],
)
async def test_a_handoff_that_is_not_possible_comes_back_once_with_why(
    wish: Message, why: str
) -> None:
    a, c = Member("a", wish, "Then I answer."), Member("c", "x")
    record = await swarmed(Swarm(members=[a, Member("b", "x"), c], allow={"a": ["b"]}))
    assert record.text == "Then I answer."
    assert why in a.heard[1].text
    assert a.heard[1].text.startswith(HELLO.text)
    assert c.heard == []
    assert told(record)["handoffs"] == []
    assert decided(record)[0][0].startswith("refuse the handoff to")


async def test_a_second_one_in_a_row_ends_it_and_never_looks_like_an_answer() -> None:
    stubborn = Member("a", hand_to("nobody", "", "Half of it is done."))
    record = await swarmed(Swarm(members=[stubborn, Member("b", "x")]))
    assert len(stubborn.heard) == 2
    assert record.text.startswith("Half of it is done.\n\nI could not pass this on")
    assert "handoff" not in ((record.reply and record.reply.data) or {})
    assert told(record)["stop"] == "handoff refused"


async def test_after_a_refusal_it_may_hand_over_to_whom_it_may() -> None:
    a, b = Member("a", hand_to("nobody"), hand_to("b")), Member("b", "ok")
    assert (await swarmed(Swarm(members=[a, b]))).text == "ok"
    assert b.heard[0].data is not None
    assert "nobody" not in b.heard[0].text


async def test_two_handoffs_in_one_reply_the_first_wins_and_it_is_noted() -> None:
    a = Member("a", Message.assistant("", {"handoff": ["b", "c"]}))
    c = Member("c", "x")
    record = await swarmed(Swarm(members=[a, Member("b", "ok"), c]))
    assert (record.text, c.heard) == ("ok", [])
    assert decided(record) == [("leave out the handoff to c", "code"), ("hand over to b", "agent")]


async def test_agents_that_send_the_user_in_circles_are_stopped() -> None:
    a, b = Member("a", hand_to("b")), Member("b", hand_to("a"))
    record = await swarmed(Swarm(members=[a, b], max_handoffs=50))
    assert len(told(record)["handoffs"]) == 3  # a, b, a, b
    assert "a has had the word 2 times" in b.heard[-1].text
    assert told(record)["stop"] == "handoff refused"
    unguarded = await swarmed(Swarm(members=[a, b], max_handoffs=50, max_visits=None))
    assert len(told(unguarded)["handoffs"]) == 50


async def test_the_word_goes_back_where_the_next_one_fails() -> None:
    a = Member("a", hand_to("b"), "b is not there; I can tell you the hours.")
    record = await swarmed(Swarm(members=[a, breaks("b", AgentUnreachable("b", "gone"))]))
    assert record.text == "b is not there; I can tell you the hours."
    assert "b could not answer: Agent b cannot be reached just now." in a.heard[1].text
    assert (a.heard[1].data or {})[OPEN] == {}
    statuses = [(m["agent"], m["status"]) for m in told(record)["members"]]
    assert statuses == [("a", "done"), ("b", "failed"), ("a", "done")]
    assert ("give back to a", "code") in decided(record)


async def test_what_a_failed_one_has_done_is_told_to_who_gets_the_word_back() -> None:
    @tool(effect="write")
    async def pay() -> str:
        """Pay."""
        return "paid"

    async def work(run: Run) -> None:
        await run.use(pay, {})
        raise AgentUnreachable("b", "gone")

    a = Member("a", hand_to("b"), "It was paid.")
    await swarmed(Swarm(members=[a, does("b", work)]))
    assert "This is done and need not be done again: pay (paid)" in a.heard[1].text


async def test_the_entrys_failure_is_the_runs() -> None:
    record = await hosted().run(Swarm(members=[breaks("a"), Member("b", "x")]), HELLO)
    assert record.error == {"code": "tool_failed", "message": "Tool t: a is broken"}


async def test_a_used_up_budget_ends_the_run_and_gives_nothing_back() -> None:
    async def work(run: Run) -> Message:
        return Message.assistant((await run.ask([HELLO])).text)

    a = Member("a", hand_to("b"), "never")
    options = RunOptions(budget=Budget(model_calls=0))
    record = await hosted().run(Swarm(members=[a, does("b", work)]), HELLO, options)
    assert record.stop_reason == "budget"
    assert len(a.heard) == 1


NAMES = ("a", "b", "c", "d")
WISHES = st.lists(st.sampled_from([*NAMES, "nobody", ""]), min_size=1, max_size=6)


@given(
    wishes=st.tuples(*[WISHES] * len(NAMES)),
    allow=st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES)), max_size=4),
    most=st.integers(0, 6),
    visits=st.one_of(st.none(), st.integers(1, 3)),
)
def test_whatever_members_wish_it_ends_within_its_limits(
    wishes: tuple[list[str], ...], allow: dict[str, list[str]], most: int, visits: int | None
) -> None:
    crew = [Member(n, *map(hand_to, to)) for n, to in zip(NAMES, wishes, strict=True)]
    swarm = Swarm(members=crew, allow=allow, max_handoffs=most, max_visits=visits)
    record = asyncio.run(hosted().run(swarm, HELLO)).raised()
    given_over = [(h["from"], h["to"]) for h in told(record)["handoffs"]]
    assert len(given_over) <= most
    assert all(giver != to and to in allow.get(giver, NAMES) for giver, to in given_over)
    held = ["a", *(to for _, to in given_over)]
    assert visits is None or max(map(held.count, held)) <= visits
    assert told(record)["stop"] == "handoff refused"


class TestConversation:
    async def test_who_answered_has_the_word_in_the_next_turn(self) -> None:
        a, b = Member("a", hand_to("b")), Member("b", "b here")
        swarm, session = Swarm(members=[a, b]), Session("s", "local")
        runtime, options = hosted(), RunOptions(session=session)
        for _ in range(2):
            assert (await runtime.call(swarm, HELLO, options)).text == "b here"
        assert (len(a.heard), len(b.heard)) == (1, 2)
        assert session.state == {"swarm": {"holder": "b"}}
        assert json.loads(json.dumps(session.state)) == session.state

    async def test_it_begins_at_the_entry_each_time_where_the_holder_is_not_kept(self) -> None:
        a, b = Member("a", hand_to("b")), Member("b", "b here")
        swarm, session = Swarm(members=[a, b], keeps_holder=False), Session("s", "local")
        for _ in range(2):
            await hosted().call(swarm, HELLO, RunOptions(session=session))
        assert (len(a.heard), session.state) == (2, {})

    async def test_a_holder_that_is_no_member_any_more_is_forgotten(self) -> None:
        session = Session("s", "local", state={"swarm": {"holder": "gone"}})
        swarm = Swarm(members=[Member("a", "a here")])
        assert (await hosted().call(swarm, HELLO, RunOptions(session=session))).text == "a here"

    async def test_every_member_sees_the_earlier_turns(self) -> None:
        seen: dict[str, list[str]] = {}

        def member(name: str, reply: Message) -> FunctionAgent:
            async def work(run: Run) -> Message:
                seen[name] = [m.text for m in run.history()]
                return reply

            return does(name, work)

        session = Session("s", "local", history=[Message.user("q"), Message.assistant("r")])
        swarm = Swarm(members=[member("a", hand_to("b")), member("b", Message.assistant("ok"))])
        await hosted().call(swarm, HELLO, RunOptions(session=session))
        assert seen == {"a": ["q", "r"], "b": ["q", "r"]}


class TestHandoffAgent:
    """A model with handoff tools."""

    def setup_method(self) -> None:
        self.paid = 0

    def swarm(self, *lines: Any, **more: Any) -> tuple[Swarm, ScriptedModel]:
        @tool
        async def look(order: str) -> str:
            """Look an order up."""
            return f"{order} is late"

        @tool(effect="write")
        async def pay() -> str:
            """Pay."""
            self.paid += 1
            return "paid"

        model = ScriptedModel(lines)
        desk = HandoffAgent(name="desk", instructions="Greet.", tools=[look, pay], model=model)
        self.billing = Member("billing", "You owe nothing.")
        tech = says("tech", "Restart it.")
        return Swarm(members=[desk, self.billing, tech], **more), model

    async def test_it_is_offered_a_tool_for_each_that_it_may_hand_to(self) -> None:
        swarm, model = self.swarm("Hello.", allow={"desk": ["billing"]})
        assert (await swarmed(swarm)).text == "Hello."
        names = [t.name for t in model.requests[0].tools]
        assert names == ["look", "pay", "transfer_to_billing"]
        assert model.requests[0].tools[2].description == "Hand over to billing: does its part"

    async def test_calling_it_hands_over_with_what_it_looked_up(self) -> None:
        transfer = calls(("transfer_to_billing", {"reason": "money"}), text="Let me see.")
        swarm, model = self.swarm(calls(("look", {"order": "7"})), transfer)
        record = await swarmed(swarm)
        assert record.text == "You owe nothing."
        assert (self.billing.heard[0].data or {})["said"] == [
            "desk: Let me see.",
            "desk: look gave 7 is late",
            "desk handed over to billing: money",
        ]
        assert [m.role for m in model.requests[1].messages] == [
            "system", "user", "assistant", "tool",
        ]  # fmt: skip

    async def test_a_handoff_beside_a_tool_call_wins_and_the_tool_is_not_used(self) -> None:
        swarm, _ = self.swarm(calls(("pay", {}), ("transfer_to_billing", {})))
        record = await swarmed(swarm)
        assert (record.text, self.paid) == ("You owe nothing.", 0)
        assert ("leave out pay", "code") in decided(record)

    async def test_of_two_handoffs_in_one_turn_the_first_wins(self) -> None:
        swarm, _ = self.swarm(calls(("transfer_to_tech", {}), ("transfer_to_billing", {})))
        record = await swarmed(swarm)
        assert (record.text, self.billing.heard) == ("Restart it.", [])
        assert ("leave out transfer_to_billing", "code") in decided(record)

    @pytest.mark.parametrize("name", ["transfer_to_nobody", "transfer_to_desk", "transfer_to_tech"])
    async def test_a_transfer_that_is_not_offered_is_an_unknown_tool(self, name: str) -> None:
        swarm, model = self.swarm(calls((name, {})), "I see.", allow={"desk": ["billing"]})
        assert (await swarmed(swarm)).text == "I see."
        result = json.loads(model.requests[1].messages[-1].text)
        assert result["error"].startswith(f"There is no tool {name}.")
        assert "transfer_to_billing" in result["error"]
        assert result["retry"] is True

    async def test_arguments_that_are_no_json_hand_over_without_a_reason(self) -> None:
        broken = ModelReply(tool_calls=(ToolCall("c", "transfer_to_billing", {}, invalid="{"),))
        swarm, _ = self.swarm(broken)
        record = await swarmed(swarm)
        assert record.text == "You owe nothing."
        assert told(record)["handoffs"][0]["reason"] == ""

    async def test_where_no_handoff_is_left_none_is_offered(self) -> None:
        swarm, model = self.swarm("I do it.", max_handoffs=0)
        await swarmed(swarm)
        assert [t.name for t in model.requests[0].tools] == ["look", "pay"]
        assert "hand over" not in model.requests[0].messages[0].text

    async def test_tool_calls_are_remembered_for_the_next_turn(self) -> None:
        swarm, model = self.swarm(calls(("look", {"order": "7"})), "Late.")
        record = await swarmed(swarm)
        assert [m.role for m in record.steps] == ["assistant", "tool"]
        assert len(model.requests) == 2

    async def test_it_stops_at_its_turn_limit(self) -> None:
        model = ScriptedModel([calls(("transfer_to_nobody", {}))], repeat=True)
        desk = HandoffAgent(name="desk", instructions="", model=model, max_turns=3)
        assert "I could not finish this in 3 steps" in (await swarmed(Swarm(members=[desk]))).text
        with pytest.raises(ValueError, match="max_turns"):
            HandoffAgent(name="x", instructions="", max_turns=0)

    async def test_outside_of_a_swarm_it_is_an_agent_with_tools(self) -> None:
        desk = HandoffAgent(name="desk", instructions="Greet.")
        assert (await hosted(model=ScriptedModel(["Hi."])).call(desk, HELLO)).text == "Hi."


async def test_members_may_be_names_and_compositions() -> None:
    label = says("classifier", "", {"label": "x", "confidence": 1})
    inner = Swarm(members=["b", "c"], name="inner")
    router = Router(
        classifier=label, routes={"x": says("r", "", {"handoff": "inner"})}, name="desk"
    )
    b, c = Member("b", hand_to("c")), Member("c", "c here")
    record = await swarmed(Swarm(members=[router, inner]), b, c)
    assert record.text == "c here"
    members = told(record)["members"]
    assert [m[RECORD]["pattern"] for m in members] == ["router", "swarm"]
    assert members[1][RECORD]["handoffs"][0]["to"] == "c"
    assert (b.heard[0].data or {})[OPEN] == {"c": "c"}


async def test_cancelling_it_leaves_no_task() -> None:
    slow = Waits("b")
    swarm = Swarm(members=[Member("a", hand_to("b")), slow])
    task = asyncio.create_task(hosted().run(swarm, HELLO))
    await slow.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await settled()
    assert slow.cancelled
    assert others() == set()


def members(*names: str) -> Sequence[Member]:
    return [Member(name, "x") for name in names]


@pytest.mark.parametrize(
    ("options", "says_what"),
    [
        ({"members": []}, "1 member at least"),
        ({"members": members("a", "a")}, "name a"),
        ({"entry": "z"}, "entry is z"),
        ({"max_handoffs": -1}, "max_handoffs"),
        ({"max_visits": 0}, "max_visits"),
        ({"allow": {"z": ["a"]}}, "allow tells of z"),
        ({"allow": {"a": ["z"]}}, "allow tells of z"),
        ({"allow": {"a": "b"}}, "a list of names"),
    ],
)
def test_options_that_cannot_work_are_refused(options: dict[str, Any], says_what: str) -> None:
    with pytest.raises(ValueError, match=says_what):
        Swarm(**{"members": members("a", "b"), **options})
