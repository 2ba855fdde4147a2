"""Bedrock's Converse, to our words and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.standin.bedrock_converse import FORMAT
from batuta.standin.failures import Rejected, WireFailure
from tests.contract.vendor_wire import check_bedrock, check_bedrock_event
from tests.unit.standin.wires import (
    BROKEN,
    DAY,
    FORM,
    REPLIES,
    STAMP,
    STRICT_DAY,
    TEXT,
    WISHES,
    asked,
    converse,
    told,
    whole,
)

SPEC = {"toolSpec": {"name": "find_slots", "description": "F.", "inputSchema": {"json": DAY}}}
CONFIG = {"tools": [SPEC]}
TALK = [
    {"role": "user", "content": [{"text": "Book it"}, {"cachePoint": {"type": "default"}}]},
    {
        "role": "assistant",
        "content": [
            {"text": "One moment."},
            {"toolUse": {"toolUseId": "t1", "name": "find_slots", "input": {"date": "x"}}},
            {"toolUse": {"toolUseId": "t2", "name": "book_slot", "input": "{nonsense"}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"toolResult": {"toolUseId": "t1", "content": [{"json": {"free": ["A-15"]}}]}},
            {"toolResult": {"toolUseId": "t2", "content": [{"text": "no"}], "status": "error"}},
        ],
    },
]


def test_conversation_is_read_in_our_words() -> None:
    body = converse(messages=TALK, system=[{"text": "Be kind."}], toolConfig=CONFIG)
    system, user, wish, first, second = asked(FORMAT, body).request.messages

    assert (system, user) == (Message.system("Be kind."), Message.user("Book it"))
    assert [(c.id, c.name, c.arguments, c.invalid) for c in wish.tool_calls] == [
        ("t1", "find_slots", {"date": "x"}, None),
        ("t2", "book_slot", {}, "{nonsense"),
    ]
    assert (first.call_id, first.name, first.text) == ("t1", "find_slots", '{"free":["A-15"]}')
    assert (second.call_id, second.name, second.text) == ("t2", "book_slot", "no")


def test_options_are_read_and_the_path_says_model_and_stream() -> None:
    limits = {"maxTokens": 50, "temperature": 0.5}
    body = converse(toolConfig=CONFIG, inferenceConfig=limits)
    found = asked(FORMAT, body, "converse-stream")

    assert (found.model, found.streamed) == ("claude-haiku-4-5", True)
    assert not asked(FORMAT, body).streamed
    assert (found.request.max_output_tokens, found.request.settings.temperature) == (50, 0.5)
    assert [(t.name, t.parameters) for t in found.request.tools] == [("find_slots", DAY)]


@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "find_slots"}}])
def test_one_tool_that_must_be_called_goes_out_as_a_call(choice: Any) -> None:
    body = converse(toolConfig={**CONFIG, "toolChoice": choice})
    (block,) = whole(FORMAT, body, FORM)["output"]["message"]["content"]

    assert block["toolUse"]["name"] == "find_slots"
    assert block["toolUse"]["input"] == {"date": "2025-11-21"}


def test_structured_output_is_asked_and_goes_out_as_text() -> None:
    held = {"name": "day", "schema": json.dumps(STRICT_DAY)}
    text_format = {"type": "json_schema", "structure": {"jsonSchema": held}}
    body = converse(outputConfig={"textFormat": text_format})
    output = asked(FORMAT, body).request.output

    assert output is not None
    assert (output.name, output.schema) == ("day", STRICT_DAY)
    content = whole(FORMAT, body, FORM)["output"]["message"]["content"]
    assert content == [{"text": '{"date": "2025-11-21"}'}]


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_reply_is_as_botocore_knows_it(reply: ModelReply) -> None:
    check_bedrock("Converse", whole(FORMAT, converse(), reply))


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream_is_of_events_as_botocore_knows_them(reply: ModelReply) -> None:
    events = told(FORMAT, converse(), reply)

    for event in events:
        check_bedrock_event(event.name, event.payload)
    assert events[0].name == "messageStart"
    assert [e.name for e in events[-2:]] == ["messageStop", "metadata"]


def test_pieces_make_the_whole() -> None:
    events = [e.payload for e in told(FORMAT, converse(), WISHES)]
    blocks = whole(FORMAT, converse(), WISHES)["output"]["message"]["content"]

    def pieces(place: int) -> list[Any]:
        return [e["delta"] for e in events if e.get("contentBlockIndex") == place and "delta" in e]

    assert "".join(p["text"] for p in pieces(0)) == blocks[0]["text"]
    for place in (1, 2):
        written = "".join(p["toolUse"]["input"] for p in pieces(place))
        assert json.loads(written) == blocks[place]["toolUse"]["input"]


@pytest.mark.parametrize(
    ("reply", "stop"),
    [
        ("text", "end_turn"),
        ("wishes", "tool_use"),
        ("cut", "max_tokens"),
        ("refused", "content_filtered"),
    ],
)
def test_reply_says_why_it_stopped(reply: str, stop: str) -> None:
    assert whole(FORMAT, converse(), REPLIES[reply])["stopReason"] == stop
    assert told(FORMAT, converse(), REPLIES[reply])[-2].payload["stopReason"] == stop


def test_counts_hold_cached_tokens_and_the_time_it_took() -> None:
    made = whole(FORMAT, converse(), TEXT)

    assert made["usage"] == {
        "inputTokens": 12,
        "outputTokens": 30,
        "totalTokens": 150,
        "cacheReadInputTokens": 100,
        "cacheWriteInputTokens": 8,
    }
    assert made["metrics"] == {"latencyMs": STAMP.elapsed_ms()}
    assert told(FORMAT, converse(), TEXT)[-1].payload["usage"] == made["usage"]


def test_broken_arguments_go_out_as_they_are() -> None:
    (block,) = whole(FORMAT, converse(), BROKEN)["output"]["message"]["content"]
    assert block["toolUse"]["input"] == '{"date": 2025-'


def test_stand_in_says_what_it_is() -> None:
    label = whole(FORMAT, converse(), TEXT)["additionalModelResponseFields"]["batutaStandIn"]
    assert label == {"model": "claude-haiku-4-5-batuta-stand-in", "served": "scripted:lines"}


def test_failure_in_a_stream_is_an_exception_event() -> None:
    telling = FORMAT.telling(asked(FORMAT, converse()), STAMP)
    (event,) = telling.failed(WireFailure("rate_limited", "Slow down."))

    check_bedrock_event(event.name.removeprefix("!"), event.payload)
    assert b":exception-type" in FORMAT.framed(event)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "must start with a user message"),
        (converse(messages=TALK[1:]), "must start with a user message"),
        (converse(messages=TALK[:1] * 2), "must alternate"),
        (converse(messages=TALK), "toolConfig field must be defined"),
        (converse(messages=TALK[:2], toolConfig=CONFIG), "No tool result was found"),
        (converse(messages=[{"role": "user", "content": [{"text": " "}]}]), "is blank"),
        (converse(messages=[{"role": "user", "content": [{"video": {}}]}]), "reads text, images"),
        (converse(messages=[{"role": "king", "content": [{"text": "x"}]}]), "Invalid role 'king'"),
        (converse(toolConfig={"tools": [SPEC, SPEC]}), "unique"),
        (converse(inferenceConfig={"maxTokens": "x"}), "expected a number"),
    ],
)
def test_what_the_vendor_would_not_take_is_turned_away(body: Any, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        asked(FORMAT, body)
    assert said in caught.value.failure.message


def test_other_operations_are_not_there() -> None:
    with pytest.raises(Rejected) as caught:
        asked(FORMAT, converse(), "invoke")
    assert caught.value.failure.kind == "not_found"
