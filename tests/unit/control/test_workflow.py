"""Style B: named steps in a fixed order, with early exits."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.control.workflow import Workflow
from batuta.core.message import Message
from batuta.core.retry import Retry
from batuta.core.run import Run
from batuta.errors import AgentUnreachable, ModelError, ModelRefused, ToolFailed
from batuta.testing.scripted import ScriptedModel
from tests.unit.control.ferry import Harbour, Passenger, said
from tests.unit.core.rig import HELLO, SleepyClock, does, hosted, named, reply

MONDAY = said(day="monday", seats=2)


def chosen(option: str) -> Any:
    return reply(output={"option_id": option, "reason": "fits"})


def steps_of(p: Passenger) -> list[str]:
    return [e.name for e in named(p.record.events, "agent")[1:]]


async def test_five_steps_parse_find_choose_act_and_confirm() -> None:
    p = Passenger("b", MONDAY, chosen("Heron 14:00"), "Done: Heron 14:00, have a good trip.")
    assert await p.says("two seats on monday") == "Done: Heron 14:00, have a good trip."
    assert steps_of(p) == ["parse", "find", "choose", "act", "confirm"]
    assert p.sold == ["Heron 14:00"]
    assert {e.by for e in named(p.record.events, "agent")[1:]} == {"workflow"}
    assert ("choose Heron 14:00", "model") in p.decisions()


async def test_something_missing_leaves_after_the_first_step() -> None:
    p = Passenger(
        "b", said(day="monday"), said(seats=2), said("choose", "1"), "Bought: Sea Gull 09:00."
    )
    assert await p.says() == "How many seats?"
    assert steps_of(p) == ["parse"]
    assert p.decisions() == [("exit at parse", "workflow")]
    assert "2. Sea Gull 14:00" in await p.says()
    assert await p.says("the first") == "Bought: Sea Gull 09:00."
    assert p.sold == ["Sea Gull 09:00"]


async def test_nothing_free_leaves_after_the_search() -> None:
    p = Passenger("b", said(day="friday", seats=1))
    assert await p.says() == "Nothing exact."
    assert steps_of(p) == ["parse", "find"]
    assert p.sold == []


async def test_the_nearest_is_offered_not_bought() -> None:
    p = Passenger("b", said(day="monday", seats=5), said("confirm"), "Bought.")
    assert (await p.says()).startswith("Nothing exact.")
    assert p.sold == []
    await p.says()
    assert p.sold == ["Heron 09:00"]


async def test_a_wish_picks_without_a_model_and_code_decided() -> None:
    p = Passenger("b", said(day="monday", seats=1, choice="Heron"), "Bought.")
    await p.says()
    assert p.sold == ["Heron 14:00"]
    assert ("choose Heron 14:00", "code") in p.decisions()


async def test_the_only_option_is_taken_without_a_model_and_code_decided() -> None:
    p = Passenger("b", said(day="tuesday", seats=1), "Bought.")
    await p.says()
    assert p.sold == ["Heron 09:00"]
    assert ("choose Heron 09:00", "code") in p.decisions()


async def test_a_wish_of_several_is_offered() -> None:
    p = Passenger("b", said(day="monday", seats=1, choice="Sea Gull"))
    assert "Heron" not in await p.says()
    assert p.sold == []


async def test_a_choice_by_the_model_that_was_not_on_offer_buys_nothing() -> None:
    p = Passenger("b", MONDAY, chosen("Titanic 12:00"))
    assert "1. Sea Gull 09:00" in await p.says()
    assert p.sold == []


async def test_only_looking_buys_nothing() -> None:
    p = Passenger("b", said("check", "Heron", day="monday", seats=1))
    assert "1. " in await p.says()
    assert p.sold == []


async def test_a_correction_start_over_and_never_mind() -> None:
    p = Passenger("b", said("check", day="monday", seats=1), said(day="tuesday"), said("restart"))
    await p.says()
    assert "Heron 09:00" in await p.says()
    assert await p.says() == "Let us start over. Which day?"
    assert p.sold == []


async def test_a_sailing_taken_between_offer_and_choice_is_said() -> None:
    p = Passenger("b", said("check", day="monday", seats=1), said("choose", "Heron"))
    await p.says()
    p.harbour.free["monday"].remove("Heron 14:00")
    answer = await p.says()
    assert answer.startswith("Heron 14:00 is full.")
    assert "Sea Gull 09:00" in answer
    assert p.sold == []


@pytest.mark.parametrize("error", [ModelError("m", "down"), ModelRefused("m")], ids=repr)
async def test_a_confirmation_that_cannot_be_worded_does_not_hide_the_purchase(
    error: ModelError,
) -> None:
    p = Passenger("b", said(day="tuesday", seats=1), error)
    assert await p.says() == "Ticket T1 for Heron 09:00."
    assert p.sold == ["Heron 09:00"]


async def test_a_purchase_beyond_the_budget_of_words_is_still_told() -> None:
    from batuta.core.budget import Budget

    p = Passenger("b", said(day="tuesday", seats=1), budget=Budget(model_calls=1))
    assert await p.says() == "Ticket T1 for Heron 09:00."


async def test_an_empty_confirmation_falls_back_to_the_forms_own() -> None:
    p = Passenger("b", said(day="tuesday", seats=1), "  ")
    assert await p.says() == "Ticket T1 for Heron 09:00."


async def test_after_nonsense_from_the_model_the_person_is_asked_and_nothing_bought() -> None:
    p = Passenger("b", "nonsense", "nonsense", MONDAY)
    assert await p.says() == "I did not understand that. I sell ferry tickets."
    assert steps_of(p) == ["parse"]
    assert "3. Heron 14:00" in await p.says()
    assert p.sold == []


async def test_a_value_that_the_tool_refuses_is_asked_for_again() -> None:
    p = Passenger("b", said(day="someday", seats=1))
    assert await p.says() == "There is no ferry on someday. Which day?"


async def test_a_broken_tool_is_an_error() -> None:
    p = Passenger("b", MONDAY, harbour=Harbour(broken=OSError("no database")))
    assert await p.says() == "error: tool_failed"


async def test_each_step_may_have_a_model_of_its_own() -> None:
    parser, chooser = ScriptedModel([MONDAY]), ScriptedModel([chosen("Heron 14:00")])
    p = Passenger("b", "Bought.", models={"parse": parser, "choose": chooser})
    await p.says()
    assert [len(m.requests) for m in (parser, chooser, p.model)] == [1, 1, 1]


async def test_steps_pass_on_text_and_data_and_one_can_end_the_workflow() -> None:
    async def first(message: Message, run: Run) -> Message:
        return Message.assistant("one", {"n": 1})

    async def second(message: Message, run: Run) -> Message:
        assert message.data is not None
        return Message.assistant(f"{message.text} two", {"exit": f"n is {message.data['n']}"})

    from batuta.core.agent import FunctionAgent

    steps = [
        FunctionAgent(name="first", answer=first),
        FunctionAgent(name="second", answer=second),
        does("third", lambda run: run.ask([])),
    ]
    record = await hosted(*steps).run(Workflow(steps=["first", "second", "third"]), HELLO)
    assert (record.text, record.model_calls) == ("one two", 0)


async def test_a_step_is_tried_again_as_it_was_told() -> None:
    tries: list[int] = []

    async def flaky(run: Run) -> str:
        tries.append(1)
        if len(tries) < 3:
            raise AgentUnreachable("flaky", "no answer")
        return "up"

    step = does("flaky", flaky)
    patient = Workflow(steps=[step], retry={"flaky": Retry(attempts=3)})
    assert (await hosted(clock=SleepyClock()).run(patient, HELLO)).text == "up"
    tries.clear()
    assert (await hosted().run(Workflow(steps=[step]), HELLO)).stop_reason == "error"
    assert len(tries) == 1


async def test_a_step_that_fails_is_named() -> None:
    async def fails(run: Run) -> None:
        raise ZeroDivisionError

    record = await hosted().run(Workflow(steps=[does("pay", fails)]), HELLO)
    assert record.error is not None
    assert "Agent pay" in record.error["message"]


async def test_a_purchase_that_fails_after_the_search_says_why() -> None:
    p = Passenger("b", said("check", day="tuesday", seats=1), said("confirm"))
    await p.says()
    p.harbour.broken = ToolFailed("buy", "The till is closed.")
    assert (await p.says()).startswith("The till is closed.")
    assert p.sold == []


def test_a_workflow_without_steps_is_refused() -> None:
    with pytest.raises(ValueError, match="one step"):
        Workflow(steps=[])
