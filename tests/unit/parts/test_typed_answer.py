"""Answers in a shape: as they come, mended, or refused; under D and in compositions."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import BaseModel

from batuta import App, FunctionAgent, FunctionCalling, Message, Run, ScriptedModel
from batuta.core.agent import Agent
from batuta.core.model import ModelReply
from batuta.errors import ModelReplyInvalid
from batuta.settings import Settings
from batuta.wiring import run

FITS = '{"court": "A", "hour": 9}'


class Slot(BaseModel):
    """A free slot."""

    court: str
    hour: int


def desk(*lines: Any) -> tuple[FunctionCalling, ScriptedModel]:
    model = ScriptedModel(lines)
    return FunctionCalling(tools=[], model=model, output_type=Slot), model


async def test_an_answer_that_fits_costs_nothing_more() -> None:
    agent, model = desk(f"Here: {FITS}")
    record = await run(agent, "Which is free?")
    assert record.reply is not None
    assert record.reply.data == {"court": "A", "hour": 9}
    assert len(model.requests) == 1
    assert '"hour"' in model.requests[0].messages[0].text


async def test_another_is_asked_for_its_data_and_mended_once() -> None:
    agent, model = desk("Court A at nine.", '{"court": "A"}', FITS)
    record = await run(agent, "Which is free?")
    assert record.reply is not None
    assert (record.text, record.reply.data) == ("Court A at nine.", {"court": "A", "hour": 9})
    assert [request.output is not None for request in model.requests] == [False, True, True]


async def test_what_never_fits_is_an_error_and_no_data() -> None:
    agent, _ = desk("Court A at nine.", "{}", "{}")
    with pytest.raises(ModelReplyInvalid, match="does not fit"):
        await run(agent, "Which is free?")


class Visit(BaseModel):
    """A visit."""

    at: dt.datetime


async def test_a_number_is_no_moment_and_is_mended() -> None:
    moment = '{"at": "2026-03-02T09:00:00"}'
    for number in ('{"at": 20260302}', '{"at": "20260302"}'):
        model = ScriptedModel([number, moment])
        agent = FunctionCalling(tools=[], model=model, output_type=Visit)
        record = await run(agent, "When is it free?")
        assert record.reply is not None
        assert record.reply.data == {"at": "2026-03-02T09:00:00"}


async def test_half_an_answer_is_given_no_shape() -> None:
    agent, model = desk(ModelReply("Court A at", stop_reason="length", model="scripted:lines"))
    with pytest.raises(ModelReplyInvalid, match="has no Slot"):
        await run(agent, "Which is free?")
    assert len(model.requests) == 1


async def test_a_compositions_answer_has_the_apps_shape() -> None:
    async def answer(_: Message, __: Run) -> Message:
        return Message.assistant(FITS)

    agents: tuple[Agent, ...] = (FunctionAgent(name="finder", answer=answer),)
    app = App(
        name="club",
        instructions="",
        tools=[],
        compositions={"finding": agents},
        output_type=Slot,
    )
    async with app.assistant("finding", settings=Settings()) as assistant:
        record = await assistant.chat("Which is free?")
    assert record.reply is not None
    assert record.reply.data == {"court": "A", "hour": 9}
