"""Choosing an option, wording a confirmation, and what every reply carries."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.model import Model, ModelRequest, OutputSchema
from batuta.offline import OfflineModel
from batuta.offline.prose import write_prose
from tests.unit.offline.talks import CHECK, TEXT, ask, system

CHOICE: dict[str, Any] = {"type": "object", "properties": {"option_id": TEXT, "reason": TEXT}}
SLOTS = [
    {"id": "s1", "label": "Court A, 14:00 to 15:00", "surface": "clay"},
    {"id": "s2", "label": "Court B, 16:00 to 17:00", "surface": "grass"},
    {"id": "s3", "label": "Court C, 18:00 to 19:00", "surface": "clay", "indoor": True},
]
SLOTS = [{**s, "start": str(s["label"])[9:14]} for s in SLOTS]


async def chosen(wish: str) -> str:
    text = f"Request: {wish}\nOptions: {json.dumps(SLOTS)}"
    request = ModelRequest([system(), Message.user(text)], output=OutputSchema("choice", CHOICE))
    reply = await ask(request)
    assert reply.output is not None
    assert reply.output["reason"]
    return str(reply.output["option_id"])


@pytest.mark.parametrize(
    ("wish", "slot"),
    {
        "a court tomorrow": "s1",
        "court B please": "s2",
        "not court A": "s2",
        "the latest you have": "s3",
        "as early as possible": "s1",
        "grass if you can": "s2",
        "indoor": "s3",
        "around 5:30 pm": "s3",
        "near 4pm": "s2",
    }.items(),
)
async def test_the_option_that_fits_the_wishes_best_is_chosen(wish: str, slot: str) -> None:
    assert await chosen(wish) == slot


async def test_without_options_the_choice_is_still_valid() -> None:
    request = ModelRequest([Message.user("any")], output=OutputSchema("choice", CHOICE))
    reply = await ask(request)
    assert reply.output == {"option_id": "", "reason": ""}


async def test_a_confirmation_holds_the_facts() -> None:
    done = {"booking_id": "bk-3", "court": "B", "date": "2024-05-16", "start": "15:00"}
    request = ModelRequest(
        [system("Confirm what was done."), Message.user(f"Done: {json.dumps(done)}")]
    )
    text = (await ask(request)).text
    assert text == "Done: Court B on Thursday 16 May 2024 at 15:00. Your booking id is bk-3."


@pytest.mark.parametrize(
    ("said", "part"),
    {
        '{"error": "No such slot."}': "No such slot.",
        '[{"title": "Dune", "shelf": "A3"}]': "1. Dune, Shelf A3",
        "One fact. Another fact. A third. A fourth.": "One fact.",
        "": "nothing to report",
    }.items(),
)
def test_json_and_text_are_put_into_a_few_words(said: str, part: str) -> None:
    assert part in write_prose("Summarise.", [said])


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists))
def test_any_json_can_be_worded(value: object) -> None:
    assert write_prose("Summarise.", [json.dumps({"a": value, "b": [value]})])


def test_it_is_a_model_by_its_name() -> None:
    assert isinstance(OfflineModel(), Model)
    assert OfflineModel().name == "offline:rules"


async def test_text_is_streamed_and_the_same_request_gets_the_same_reply() -> None:
    request = ModelRequest([system(), Message.user("hello")], (CHECK,))
    pieces: list[str] = []
    first = await OfflineModel().reply(request, pieces.append)
    assert "".join(pieces) == first.text
    assert len(pieces) > 3
    assert first == await ask(request)
    assert first.stand_in
    assert first.usage.input_tokens > 20
    assert first.usage.output_tokens == -(-len(first.text) // 4)


async def test_without_the_present_time_it_still_answers() -> None:
    reply = await ask(ModelRequest([Message.user("is a court free tomorrow at 3?")], (CHECK,)))
    assert reply.tool_calls or reply.text
