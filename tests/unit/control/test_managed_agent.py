"""Style H: the agent is elsewhere; what it wishes for is done here, under the run."""

from __future__ import annotations

import json

from batuta.core.budget import Budget
from batuta.core.principal import READ, Principal
from batuta.core.tool import Deny, ToolUse, Verdict
from batuta.testing.scripted import calls
from tests.unit.control.ferry import Passenger
from tests.unit.core.rig import named

FIND = ("find_sailings", {"day": "monday", "seats": 1})
BUY = ("buy", {"sailing": "Heron 14:00"})


async def test_what_the_agent_wishes_for_is_done_here_and_decided_by_aws() -> None:
    p = Passenger("h", calls(FIND), calls(BUY), "Bought.")
    async with p.assistant:
        assert await p.says("a ticket for monday") == "Bought."
    assert p.harbour.sold == [("local", "Heron 14:00")]
    assert {e.by for e in named(p.record.events, "tool")} == {"aws"}
    assert p.record.stand_in
    assert p.record.tool_calls == 2


async def test_the_conversation_goes_on_from_what_aws_keeps() -> None:
    p = Passenger("h", "Which day?", calls(FIND), "There are three.")
    async with p.assistant:
        await p.says("a ticket")
        await p.says("monday")
    texts = [m.text for m in p.model.requests[1].messages[1:]]
    assert texts == ["a ticket", "Which day?", "monday"]


async def test_the_time_is_told_with_each_message() -> None:
    p = Passenger("h", "Hello.")
    async with p.assistant:
        await p.says("hi")
    assert "Now: 20" in p.model.requests[0].messages[0].text


async def test_who_asks_is_bound_here_and_never_told_by_the_agent() -> None:
    p = Passenger("h", calls(("buy", {"sailing": "Heron 14:00", "who": "eve"})), "Hm.")
    async with p.assistant:
        await p.says("buy it", Principal("ana"))
    assert p.sold == []
    result = json.loads(p.model.requests[1].messages[-1].text)
    assert "who" in result["error"]


async def test_who_may_only_look_buys_nothing() -> None:
    p = Passenger("h", calls(BUY), "You may not.")
    async with p.assistant:
        reader = Principal("rita", permissions=frozenset({READ}))
        assert await p.says("buy it", reader) == "You may not."
    assert p.sold == []


async def test_hooks_stand_before_what_the_agent_wishes_for() -> None:
    async def no(_: ToolUse) -> Verdict:
        return Deny("closed today")

    p = Passenger("h", calls(BUY), "It is closed.", hooks=(no,))
    async with p.assistant:
        await p.says("buy it")
    assert p.sold == []
    assert "closed today" in p.model.requests[1].messages[-1].text


async def test_the_budget_holds() -> None:
    p = Passenger("h", calls(FIND), calls(FIND), "Done.", budget=Budget(model_calls=1))
    async with p.assistant:
        assert await p.says("monday") == "error: budget_exceeded"


async def test_turns_are_limited_and_what_was_done_is_told() -> None:
    p = Passenger("h", calls(FIND), calls(BUY), "never", options={"max_turns": 2})
    async with p.assistant:
        said = await p.says("monday")
    assert "stopped" in said
    assert "buy" in said
    assert p.sold == ["Heron 14:00"]


async def test_an_unknown_function_is_a_result_for_the_agent() -> None:
    p = Passenger("h", calls(("fly", {})), "I cannot fly.")
    async with p.assistant:
        assert await p.says("fly me") == "I cannot fly."
    assert "no tool fly" in p.model.requests[1].messages[-1].text


async def test_a_question_alone_goes_out_not_the_history() -> None:
    p = Passenger("h", "One.", "Two.")
    async with p.assistant:
        await p.says("first")
        await p.says("second")
    sent = [m for m in p.model.requests[1].messages if m.text == "first"]
    assert len(sent) == 1  # from the memory of AWS's side, not twice
