"""Filling a form from one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message
from batuta.core.model import ModelRequest, OutputSchema
from batuta.offline.extract import extract
from batuta.offline.schema import fields_of, fits
from tests.unit.offline.talks import ask, nullable, system

ACTIONS = ["request", "check", "choose", "confirm", "reject", "restart", "cancel", "other"]
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "date": nullable(format="date", description="Day to play."),
        "time": nullable(format="time", description="Start time."),
        "people": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
        "court": nullable(description="Court named, as A or B."),
        "preferences": nullable(description="Any other wish."),
        "surface": {"anyOf": [{"enum": ["clay", "grass"]}, {"type": "null"}]},
        "indoor": {"type": ["boolean", "null"]},
        "action": {"type": "string", "enum": ACTIONS},
        "choice": nullable(description="The option picked."),
    },
    "required": ["action"],
}
OFFER = "These are open:\n1. Court A, 14:00 to 15:00\n2. Court B, 14:00 to 15:00\nShall I book?"


def fill(text: str, asked: str = "") -> Mapping[str, Any]:
    before = [Message.user("I want to play"), Message.assistant(asked)] if asked else []
    request = ModelRequest(
        [system(), *before, Message.user(text)], output=OutputSchema("form", FORM)
    )
    return extract(request, FORM)


FIRST = {
    "I need a court tomorrow at 4": "request",
    "could you hold a court for me on friday at 6pm": "request",
    "put me down for thursday 7pm": "request",
    "friday 5pm": "request",
    "My preference is next Monday at four in the afternoon.": "request",
    "any chance you could squeeze me in on friday at 5?": "request",
    "what about next Monday at 5?": "request",
    "I can do the 24th at 16:30": "request",
    "just us two, tomorrow at 9": "request",
    "is anything free on sunday morning?": "check",
    "which courts are open at noon": "check",
    "check whether there is a court for 8 am": "check",
    "when can I play tomorrow": "check",
    "I was wondering if you had any courts open at 4:30 pm": "check",
    "does the club have any courts available at 7 pm": "check",
    "please cancel my booking for saturday": "cancel",
    "we won't be able to come tomorrow": "cancel",
    "delete my court booking on the 18th": "cancel",
    "never mind": "cancel",
    "let's start over": "restart",
    "hello": "other",
    "what's the weather like tomorrow": "other",
    "book a flight to rome for tomorrow": "other",
    "order a pizza for 7 pm": "other",
    "remind me to buy milk tomorrow": "other",
    "I need to move my booking to friday": "other",
    "is my reservation confirmed": "other",
    "where can I park": "other",
    "is there a dress code": "other",
    "what time do you open tomorrow": "other",
    "what's your cancellation policy": "other",
    "I left my bag at the club last night": "other",
    "we'll be 20 minutes late to our booking": "other",
    "can you translate hello to french": "other",
    "": "other",
    "你好": "other",
}
THEN = {
    "yes please": "confirm",
    "that works for me": "confirm",
    "go ahead": "confirm",
    "that should be fine": "confirm",
    "I'm happy with that": "confirm",
    "great, book it": "confirm",
    "no": "reject",
    "that's not correct": "reject",
    "not really": "reject",
    "no, make it 5pm": "request",
    "actually friday would be better": "request",
    "yes but at 5pm": "request",
    "not that day, the 6th of june": "request",
    "the second one": "choose",
    "the latter": "choose",
    "court b": "choose",
    "2": "choose",
    "whichever": "choose",
    "is there anything at 6?": "check",
    "forget it": "cancel",
    "start again": "restart",
    "thank you": "other",
}


@pytest.mark.parametrize(("text", "action"), FIRST.items())
def test_a_first_message_is_understood(text: str, action: str) -> None:
    assert fill(text)["action"] == action


@pytest.mark.parametrize(("text", "action"), THEN.items())
def test_an_answer_is_understood_in_the_light_of_the_offer(text: str, action: str) -> None:
    assert fill(text, OFFER)["action"] == action


@pytest.mark.parametrize(
    ("text", "choice"),
    {"the second one": "2", "the last one": "last", "Court B": "B", "any of them": "any"}.items(),
)
def test_a_choice_is_read(text: str, choice: str) -> None:
    assert fill(text, OFFER)["choice"] == choice


def test_only_what_the_message_says_is_filled() -> None:
    said = {k: v for k, v in fill("a court for 3 people tomorrow at 6pm").items() if v is not None}
    assert said == {"date": "2024-05-16", "time": "18:00", "people": 3, "action": "request"}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("book court c on friday", "court", "C"),
        ("a clay court on friday", "surface", "clay"),
        ("an indoor court on friday", "indoor", True),
        ("a court tomorrow, preferably near the clubhouse", "preferences", None),
        ("just me, tomorrow at 9", "people", 1),
    ],
)
def test_fields_of_any_kind_are_filled(text: str, name: str, value: object) -> None:
    found = fill(text)[name]
    assert found == value if value is not None else "clubhouse" in found


@pytest.mark.parametrize(
    ("asked", "text", "name", "value"),
    [
        ("What time would you like?", "3", "time", "15:00"),
        ("Which day would you like to play?", "the 21st", "date", "2024-05-21"),
        ("Which day would you like to play?", "21", "date", "2024-05-21"),
    ],
)
def test_a_bare_answer_fills_what_was_asked_for(
    asked: str, text: str, name: str, value: str
) -> None:
    assert fill(text, asked)[name] == value


@pytest.mark.parametrize("text", ["the 30th of february at 5", "every monday at 5"])
def test_a_date_that_cannot_be_is_not_filled(text: str) -> None:
    assert fill(text)["date"] is None


def test_a_past_day_is_filled_as_said_for_others_to_refuse() -> None:
    assert fill("book a court yesterday at 3pm")["date"] == "2024-05-14"


def test_a_title_is_taken_from_capitals_or_quotes() -> None:
    form: dict[str, Any] = {"properties": {"title": nullable(), "author": nullable()}}
    request = ModelRequest(
        [system("You lend books."), Message.user('Have you "Emma" by Jane Austen?')]
    )
    assert extract(request, form) == {"title": "Emma", "author": "Jane Austen"}


async def test_the_reply_is_a_stand_in_with_the_output_as_text() -> None:
    request = ModelRequest(
        [system(), Message.user("a court at 6pm")], output=OutputSchema("form", FORM)
    )
    reply = await ask(request)
    assert reply.stand_in
    assert reply.output is not None
    assert reply.output["time"] == "18:00"
    assert '"time": "18:00"' in reply.text


@given(st.text(max_size=50), st.sampled_from(["", OFFER, "What time?"]))
def test_the_output_is_always_valid(text: str, asked: str) -> None:
    found = fill(text, asked)
    assert all(fits(f, found[f.name]) for f in fields_of(FORM) if f.name in found)
    assert "action" in found


def test_required_fields_without_null_get_a_valid_value() -> None:
    strict: dict[str, Any] = {
        "properties": {
            "count": {"type": "integer", "minimum": 1},
            "kind": {"enum": ["a", "b"]},
            "tags": {"type": "array"},
            "inner": {"$ref": "#/$defs/Inner"},
        },
        "required": ["count", "kind", "tags", "inner"],
        "$defs": {"Inner": {"type": "object", "properties": {"ok": {"type": "boolean"}}}},
    }
    found = extract(ModelRequest([Message.user("hm")]), strict)
    assert found == {"count": 1, "kind": "a", "tags": [], "inner": {}}
