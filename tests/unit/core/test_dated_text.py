"""A number where a date or time belongs is never read as seconds: the model is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from batuta import FunctionAgent, Message, Run, ScriptedModel, local_runtime
from batuta.core.tool import tool
from batuta.errors import ToolRetry

MONDAY = dt.datetime.fromisoformat("2026-03-02")


@dataclass
class Stay:
    at: dt.datetime
    more: list[Stay] = field(default_factory=list["Stay"])


class Wish(BaseModel):
    day: Annotated[dt.date, Field(alias="on")]
    hours: dict[str, dt.time] = {}


def at_hour(start: dt.time) -> str:
    """Tell what was given."""
    return start.isoformat()


def at_moment(moment: dt.datetime | None = None) -> str:
    """Tell what was given."""
    return str(moment)


def for_long(how_long: dt.timedelta) -> str:
    """Tell what was given."""
    return str(how_long)


def stayed(stay: Stay) -> str:
    """Tell what was given."""
    return str(stay.more)


def wished(wishes: list[Wish]) -> str:
    """Tell what was given."""
    return str(wishes)


def between(span: tuple[dt.time, dt.time]) -> str:
    """Tell what was given."""
    return str(span)


def either(number_or_moment: int | dt.datetime, word_or_day: dt.date | str = "") -> str:
    """Tell what was given."""
    return f"{number_or_moment!r} {word_or_day!r}"


@pytest.mark.parametrize(
    ("function", "given", "named"),
    [
        (at_hour, {"start": 15}, "start: give text such as 15:00:00"),
        (at_hour, {"start": 1500.0}, "start: give text such as 15:00:00"),
        (at_moment, {"moment": 20260302}, "moment: give text such as 2019-03-02T15:00:00"),
        (at_moment, {"moment": "20260302"}, "moment: give text such as 2019-03-02T15:00:00"),
        (at_moment, {"moment": "1.5e9"}, "moment: give text such as 2019-03-02T15:00:00"),
        (for_long, {"how_long": 90}, "how_long: give text such as PT1H30M"),
        (
            stayed,
            {"stay": {"at": "2026-03-02", "more": [{"at": 5}]}},
            "stay.more.0.at: give text such as",
        ),
        (wished, {"wishes": [{"on": 0}]}, "wishes.0.on: give text such as 2019-03-02"),
        (
            wished,
            {"wishes": [{"on": "2026-03-02", "hours": {"from": 9}}]},
            "wishes.0.hours.from: give text such as 15:00:00",
        ),
        (between, {"span": ["09:00", 11]}, "span.1: give text such as 15:00:00"),
    ],
)
def test_a_number_is_not_taken_for_seconds(
    function: Any, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(ToolRetry, match=named):
        tool(function).validate(given)


@pytest.mark.parametrize(
    ("function", "given", "read"),
    [
        (at_hour, {"start": "15:00"}, dt.time(15)),
        (at_hour, {"start": dt.time(15)}, dt.time(15)),
        (at_moment, {}, None),
        (at_moment, {"moment": None}, None),
        (at_moment, {"moment": "2026-03-02"}, MONDAY),
        (for_long, {"how_long": "PT1H30M"}, dt.timedelta(minutes=90)),
        (between, {"span": ["09:00", "11:00"]}, (dt.time(9), dt.time(11))),
        (either, {"number_or_moment": 15}, 15),
        (either, {"number_or_moment": "2026-03-02"}, MONDAY),
        (either, {"number_or_moment": 1, "word_or_day": "20260302"}, 1),
    ],
)
def test_what_fits_is_read_as_before(function: Any, given: dict[str, Any], read: object) -> None:
    assert next(iter(tool(function).validate(given).values())) == read


def test_a_choice_of_two_dates_is_told_of_one_of_them() -> None:
    def book(at: dt.date | dt.time) -> str:
        """Book it."""
        return str(at)

    with pytest.raises(ToolRetry, match="at: give text such as"):
        tool(book).validate({"at": 15})


async def test_a_reply_in_words_is_read_as_strictly_as_one_of_data() -> None:
    async def ask(message: Message, run: Run) -> Message:
        return Message.assistant(str((await run.ask_as(Wish, [message], repairs=1)).day))

    model = ScriptedModel(['{"on": "86400"}', '{"on": "2026-03-02"}'])
    agent = FunctionAgent(name="asks", answer=ask)
    record = await local_runtime(model=model).run(agent, Message.user("When?"))
    assert record.raised().text == "2026-03-02"
    assert "give text such as 2019-03-02" in model.requests[1].messages[0].text
