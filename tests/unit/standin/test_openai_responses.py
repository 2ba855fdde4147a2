"""OpenAI's Responses, to our words and back."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.standin.failures import Rejected, WireFailure
from batuta.standin.formats import WireEvent
from batuta.standin.openai_responses import FORMAT
from tests.contract.vendor_wire import check_type
from tests.unit.standin.wires import (
    CALLS,
    DAY,
    FORM,
    REFUSED,
    REPLIES,
    STAMP,
    STRICT_DAY,
    TEXT,
    WISHES,
    asked,
    responses,
    told,
    whole,
)

TOOL = {"type": "function", "name": "find_slots", "description": "Find.", "parameters": DAY}
FULL = responses(
    instructions="Be kind.",
    tools=[TOOL],
    tool_choice="auto",
    text={"format": {"type": "json_schema", "name": "day", "schema": STRICT_DAY, "strict": True}},
    metadata={"mine": "1"},
    temperature=0.5,
    max_output_tokens=50,
    parallel_tool_calls=False,
)
TALK = [
    {"role": "user", "content": [{"type": "input_text", "text": "Book it"}]},
    {"type": "reasoning", "id": "rs_1", "summary": []},
    {"type": "message", "role": "assistant", "id": "msg_1", "status": "completed",
     "content": [{"type": "output_text", "text": "One moment.", "annotations": []}]},
    {"type": "function_call", "call_id": "call_1", "name": "find_slots", "arguments": "{}"},
    {"type": "function_call", "call_id": "call_2", "name": "book_slot", "arguments": "[1]"},
    {"type": "function_call_output", "call_id": "call_1", "output": "A-15"},
    {"type": "function_call_output", "call_id": "call_2",
     "output": [{"type": "input_text", "text": "no"}]},
]  # fmt: skip


def test_conversation_is_read_in_our_words() -> None:
    body = responses(input=TALK, instructions="Be kind.")
    system, user, wish, first, second = asked(FORMAT, body).request.messages

    assert (system, user) == (Message.system("Be kind."), Message.user("Book it"))
    assert wish.text == "One moment."
    assert [(c.id, c.name, c.arguments, c.invalid) for c in wish.tool_calls] == [
        ("call_1", "find_slots", {}, None),
        ("call_2", "book_slot", {}, "[1]"),
    ]
    assert (first.call_id, first.name, first.text) == ("call_1", "find_slots", "A-15")
    assert (second.call_id, second.name, second.text) == ("call_2", "book_slot", "no")


def test_options_are_read() -> None:
    found = asked(FORMAT, FULL)

    assert (found.request.max_output_tokens, found.request.settings.temperature) == (50, 0.5)
    assert [(t.name, t.parameters) for t in found.request.tools] == [("find_slots", DAY)]
    assert found.request.output is not None
    assert (found.request.output.name, found.request.output.schema) == ("day", STRICT_DAY)
    assert not found.several


def test_one_tool_that_must_be_called_goes_out_as_a_call() -> None:
    body = responses(tools=[TOOL], tool_choice={"type": "function", "name": "find_slots"})
    (item,) = whole(FORMAT, body, FORM)["output"]

    assert (item["type"], item["name"]) == ("function_call", "find_slots")
    assert item["arguments"] == '{"date": "2025-11-21"}'


@pytest.mark.parametrize("body", [responses(), FULL], ids=["bare", "full"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_reply_is_a_response_by_the_sdks_type(reply: ModelReply, body: dict[str, Any]) -> None:
    check_type(Response, whole(FORMAT, body, reply))


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream_is_of_events_by_the_sdks_types_in_order(reply: ModelReply) -> None:
    events = told(FORMAT, FULL, reply)

    for number, event in enumerate(events):
        check_type(ResponseStreamEvent, event.payload)
        assert event.name == event.payload["type"]
        assert event.payload["sequence_number"] == number
    assert [e.name for e in events[:2]] == ["response.created", "response.in_progress"]


def test_stream_of_text_and_calls_has_the_full_sequence() -> None:
    names = [e.name.removeprefix("response.") for e in told(FORMAT, responses(), WISHES)]
    before, delta = "output_item.added", "function_call_arguments.delta"
    after = ("function_call_arguments.done", "output_item.done")
    assert names == [
        *("created", "in_progress", "output_item.added", "content_part.added"),
        *("output_text.delta", "output_text.delta", "output_text.done"),
        *("content_part.done", "output_item.done"),
        *(before, delta, delta, *after),
        *(before, delta, *after),
        "completed",
    ]


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream_tells_the_same_as_the_whole(reply: ModelReply) -> None:
    plain = whole(FORMAT, responses(), reply)
    streamed = told(FORMAT, responses(), reply)[-1].payload["response"]

    assert _nameless(streamed) == _nameless(plain)


def _nameless(response: dict[str, Any]) -> dict[str, Any]:
    items = [{k: v for k, v in item.items() if k != "id"} for item in response["output"]]
    return {**response, "output": items}


def test_pieces_make_the_whole() -> None:
    events = told(FORMAT, responses(), WISHES)

    def joined(kind: str, place: int) -> str:
        wanted = (f"response.{kind}.delta", place)
        mine = [e.payload for e in events if (e.name, e.payload.get("output_index")) == wanted]
        return "".join(payload["delta"] for payload in mine)

    items = events[-1].payload["response"]["output"]
    assert joined("output_text", 0) == items[0]["content"][0]["text"] == WISHES.text
    assert [item["call_id"] for item in items[1:]] == [call.id for call in CALLS]
    assert joined("function_call_arguments", 1) == items[1]["arguments"]
    assert joined("function_call_arguments", 2) == items[2]["arguments"]


@pytest.mark.parametrize(
    ("reply", "status", "reason"),
    [
        ("text", "completed", None),
        ("wishes", "completed", None),
        ("refused", "completed", None),
        ("cut", "incomplete", "max_output_tokens"),
    ],
)
def test_reply_says_how_it_ended(reply: str, status: str, reason: str | None) -> None:
    made = whole(FORMAT, responses(), REPLIES[reply])

    assert made["status"] == status
    assert (made["incomplete_details"] or {}).get("reason") == reason
    assert told(FORMAT, responses(), REPLIES[reply])[-1].name == f"response.{status}"


def test_refusal_is_a_part_of_its_own() -> None:
    (item,) = whole(FORMAT, responses(), REFUSED)["output"]
    assert item["content"] == [{"type": "refusal", "refusal": "I may not say that."}]
    names = [e.name for e in told(FORMAT, responses(), REFUSED)]
    assert "response.refusal.delta" in names
    assert "response.refusal.done" in names
    assert "response.output_text.delta" not in names


def test_failure_in_a_stream_is_told_as_such() -> None:
    telling = FORMAT.telling(asked(FORMAT, responses()), STAMP)
    telling.begin()
    error, failed = telling.failed(WireFailure("rate_limited", "Slow down."))

    check_type(ResponseStreamEvent, error.payload)
    check_type(ResponseStreamEvent, failed.payload)
    assert error.payload["message"] == "Slow down."
    assert failed.payload["response"]["status"] == "failed"
    assert failed.payload["response"]["error"]["code"] == "rate_limit_exceeded"


def test_counts_hold_cached_and_reasoning_tokens() -> None:
    usage = whole(FORMAT, responses(), TEXT)["usage"]

    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (120, 30, 150)
    assert usage["input_tokens_details"] == {"cached_tokens": 100, "cache_write_tokens": 8}
    assert usage["output_tokens_details"]["reasoning_tokens"] == 12


def test_stand_in_says_what_it_is() -> None:
    made = whole(FORMAT, FULL, TEXT)
    assert made["model"] == "gpt-5-mini-batuta-stand-in"
    assert made["metadata"] == {"mine": "1", "batuta_stand_in": "scripted:lines"}


def test_refusal_after_text_left_is_incomplete() -> None:
    telling = FORMAT.telling(asked(FORMAT, responses()), STAMP)
    events: list[WireEvent] = [*telling.begin(), *telling.text("I may"), *telling.end(REFUSED)]

    assert events[-1].name == "response.incomplete"
    details = events[-1].payload["response"]["incomplete_details"]
    assert details == {"reason": "content_filter"}


IMAGE = {"role": "user", "content": [{"type": "input_image", "image_url": "http://x"}]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "m"}, "Missing required parameter: 'input'"),
        (responses(input=[]), "Missing required parameter: 'input'"),
        (responses(input=[IMAGE]), "fetches nothing"),
        (responses(input=[{"role": "king", "content": "x"}]), "'king'"),
        (responses(input=TALK[:4]), "No tool result was found"),
        (responses(input=TALK[5:6]), "answers no tool call"),
        (responses(input=[{"type": "item_reference", "id": "x"}]), "item_reference"),
        (responses(previous_response_id="resp_1"), "'resp_1' not found"),
        (responses(background=True), "leave 'background' out"),
        (responses(metadata="x"), "expected an object"),
        (responses(tools=[{"type": "web_search"}]), "functions only"),
        (responses(tools=[{**TOOL, "strict": True}]), "'additionalProperties' is required"),
        (responses(text={"format": {"type": "json_schema"}}), "'text.format.name'"),
    ],
)
def test_what_the_vendor_would_not_take_is_turned_away(body: Any, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        asked(FORMAT, body)
    assert said in caught.value.failure.message
