"""What could be read of a reply is taken; the rest is asked for in the form's own words."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import AwareDatetime, BaseModel, Field

from batuta import Message, local_runtime
from batuta.control.ai_service import AIService
from batuta.control.workflow import Workflow
from batuta.core.agent import Agent
from batuta.core.model import ModelReply
from batuta.core.record import RunRecord
from batuta.core.tool import Tool
from batuta.intake.extraction import extraction_shape
from batuta.intake.form import Found, Intake, Option
from batuta.intake.steps import standard_steps
from batuta.testing.scripted import ScriptedModel


class Visit(BaseModel):
    date: dt.date = Field(description="The day.")
    time: dt.time = Field(description="The time.")
    room: str = Field(description="The room.")


async def find_rooms(date: dt.date, time: dt.time | None = None) -> list[str]:
    """Find rooms."""
    return [f"{date}T{time:%H:%M}/1"] if time else []


async def take_room(room_id: str) -> dict[str, str]:
    """Take a room."""
    return {"room": room_id}


INTAKE = Intake(
    fields=Visit,
    questions={"date": "Which day?", "time": "What time?"},
    find=Tool(find_rooms),
    options=lambda found: Found(tuple(Option(each, each) for each in found)),
    act=Tool(take_room, effect="write"),
    argument="room_id",
    done="Taken: {room}.",
)
WORKFLOW = Workflow(steps=standard_steps(INTAKE, "", {}))
STYLES = {"A": AIService(intake=INTAKE), "B": WORKFLOW}


def read(**said: Any) -> ModelReply:
    return ModelReply(output={"action": "request", **said}, model="scripted:lines", stand_in=True)


async def answer(agent: Agent, *replies: ModelReply) -> RunRecord:
    runtime = local_runtime(model=ScriptedModel(list(replies)))
    return await runtime.run(agent, Message.user("Tomorrow at 3pm"))


@pytest.mark.parametrize("style", STYLES)
async def test_what_was_misread_is_asked_for_in_the_products_own_words(style: str) -> None:
    odd = read(date="2026-03-02", time="half past nonsense", room=None)
    said = (await answer(STYLES[style], odd, odd)).raised().text
    assert said == ("Nothing has been booked or done. I did not understand the time. What time?")


@pytest.mark.parametrize("style", STYLES)
async def test_an_hour_as_a_number_is_asked_for_and_no_seconds(style: str) -> None:
    odd = read(date="2026-03-02", time=15)
    record = await answer(STYLES[style], odd, odd)
    assert record.tool_calls == 0
    assert record.raised().text.endswith("I did not understand the time. What time?")


@pytest.mark.parametrize("style", STYLES)
async def test_two_misread_fields_are_named_and_the_first_is_asked_for(style: str) -> None:
    odd = read(date="someday", time="99:99")
    said = (await answer(STYLES[style], odd, odd)).raised().text
    assert said.endswith("I did not understand the date and the time. Which day?")


@pytest.mark.parametrize("style", STYLES)
async def test_a_field_that_nobody_must_give_is_asked_for_too_before_anything_is_done(
    style: str,
) -> None:
    odd = read(date="2026-03-02", time="15:00", room=["the", "big", "one"])
    record = await answer(STYLES[style], odd, odd)
    assert record.tool_calls == 0
    assert record.raised().text.endswith("the room. Please say it another way.")


@pytest.mark.parametrize("style", STYLES)
async def test_a_zone_that_the_model_made_up_shifts_nothing(style: str) -> None:
    zoned = read(date="2026-03-02", time="15:00:00.512000-03:00")
    record = await answer(STYLES[style], zoned, read(option_id="2026-03-02T15:00/1"))
    uses = [e for e in record.events if e.kind == "tool" and e.phase == "start"]
    assert uses[0].data is not None
    assert str(uses[0].data["arguments"]["time"])[:5] == "15:00"


def test_a_misread_detail_forgets_what_was_known_of_it_and_keeps_the_rest() -> None:
    from batuta.intake.form import Progress, Say

    progress = Progress({"date": "2026-03-02", "time": "15:00:00"})
    said = INTAKE.extraction.model_validate({"action": "request", "room": "2"})
    following = INTAKE.advance(progress, said, ("time",))
    assert isinstance(following, Say)
    assert following.why == "misread"
    assert progress.values == {"date": "2026-03-02", "room": "2"}


def test_a_moment_that_wants_a_zone_keeps_it() -> None:
    class Call(BaseModel):
        naive: dt.datetime
        aware: AwareDatetime

    shape = extraction_shape(Call, "A call.")
    moment = "2026-03-02T15:00:00+01:00"
    made = shape.model_validate({"naive": moment, "aware": moment}).model_dump()
    assert made["naive"] == dt.datetime(2026, 3, 2, 15)  # noqa: DTZ001 - what the person said
    assert made["aware"].utcoffset() == dt.timedelta(hours=1)
