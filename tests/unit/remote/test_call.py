"""A call written down is the same call when it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message, ToolCall
from batuta.core.price import Price
from batuta.core.principal import Principal
from batuta.core.retry import Retry
from batuta.remote.call import RemoteCall

RITA = Principal("rita", "Rita", frozenset({"read"}))
HELLO = Message.user("hello", {"n": [1, {"ö": None}]})
WISH = Message("assistant", "", tool_calls=(ToolCall("c1", "find", {"day": "monday"}),))
FULL = RemoteCall(
    agent="booking",
    message=HELLO,
    run_id="run_1",
    span="1.2",
    depth=2,
    shares_history=True,
    principal=RITA,
    limits=Budget(
        cost_usd=None,
        unknown_price="assume",
        assumed_price=Price(1.0, 2.0, "guess", above=((5, Price(3.0, 4.0, "dear")),)),
    ),
    whose="manager",
    seconds_left=1.5,
    seconds_elapsed=0.5,
    session_id="s1",
    state={"a": {"b": [1]}},
    history=(Message.user("before"), WISH),
    question=Message.user("first"),
    idempotency_prefix="p",
    time_zone="Europe/Madrid",
    history_limit=7,
    retry=Retry(attempts=2, jitter=0.1),
    listening=True,
    now=datetime(2026, 11, 21, 9, tzinfo=UTC),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
)
BARE = replace(FULL, seconds_left=None, question=None, retry=None, now=None, limits=Budget())


@pytest.mark.parametrize("call", [FULL, BARE], ids=["full", "bare"])
def test_an_call_survives_being_written_down(call: RemoteCall) -> None:
    assert RemoteCall.from_json(json.loads(json.dumps(call.to_json())), RITA) == call


def test_a_question_that_is_the_message_stays_the_message() -> None:
    written = replace(FULL, question=HELLO).to_json()
    assert written["question"] is None
    read = RemoteCall.from_json(written, RITA)
    assert read.question is read.message


def test_the_principal_travels_by_its_signature_alone() -> None:
    assert "rita" not in json.dumps(FULL.to_json())
