"""Anthropic's Messages, to our words and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import RawMessageStreamEvent
from anthropic.types.beta import BetaMessage

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.standin.anthropic_messages import FORMAT
from batuta.standin.failures import Rejected
from tests.contract.vendor_wire import check_type
from tests.unit.standin.wires import (
    BROKEN,
    DAY,
    FORM,
    REPLIES,
    STRICT_DAY,
    TEXT,
    WISHES,
    asked,
    messages,
    told,
    whole,
)

TOOL = {"name": "find_slots", "description": "Find.", "input_schema": DAY}
TALK = [
    {"role": "user", "content": [{"type": "text", "text": "Book it"}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "x"},
            {"type": "text", "text": "One moment."},
            {"type": "tool_use", "id": "toolu_1", "name": "find_slots", "input": {"date": "x"}},
            {"type": "tool_use", "id": "toolu_2", "name": "book_slot", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_1", "content": "A-15"},
            {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": True,
             "content": [{"type": "text", "text": "no"}]},
            {"type": "text", "text": "Well?"},
        ],
    },
]  # fmt: skip


def test_conversation_is_read_in_our_words() -> None:
    blocks = [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be brief."}]
    found = asked(FORMAT, messages(messages=TALK, system=blocks)).request.messages
    kind, brief, user, wish, first, second, more = found

    assert [kind, brief, user, more] == [
        Message.system("Be kind."), Message.system("Be brief."),
        Message.user("Book it"), Message.user("Well?"),
    ]  # fmt: skip
    assert wish.text == "One moment."
    assert [(c.id, c.name, c.arguments) for c in wish.tool_calls] == [
        ("toolu_1", "find_slots", {"date": "x"}),
        ("toolu_2", "book_slot", {}),
    ]
    assert (first.call_id, first.name, first.text) == ("toolu_1", "find_slots", "A-15")
    assert (second.call_id, second.name, second.text) == ("toolu_2", "book_slot", "no")


def test_options_are_read() -> None:
    body = messages(tools=[TOOL], temperature=0.5, stream=True, system="Be kind.", top_k=3)
    found = asked(FORMAT, body)

    assert found.streamed
    assert (found.request.max_output_tokens, found.request.settings.temperature) == (99, 0.5)
    assert [(t.name, t.parameters) for t in found.request.tools] == [("find_slots", DAY)]
    assert found.request.messages[0] == Message.system("Be kind.")


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "find_slots"}])
def test_one_tool_that_must_be_called_goes_out_as_a_call(choice: Any) -> None:
    body = messages(tools=[TOOL], tool_choice=choice)
    (block,) = whole(FORMAT, body, FORM)["content"]

    assert (block["type"], block["name"]) == ("tool_use", "find_slots")
    assert block["input"] == {"date": "2025-11-21"}


@pytest.mark.parametrize(
    "place",
    [
        {"output_config": {"format": {"type": "json_schema", "schema": STRICT_DAY}}},
        {"output_format": {"type": "json_schema", "schema": STRICT_DAY}},
    ],
    ids=["today's field", "beta field"],
)
def test_structured_output_is_asked_and_goes_out_as_text(place: dict[str, Any]) -> None:
    body = messages(**place)
    output = asked(FORMAT, body).request.output

    assert output is not None
    assert output.schema == STRICT_DAY
    assert whole(FORMAT, body, FORM)["content"][0]["text"] == '{"date": "2025-11-21"}'


def test_one_call_at_a_time_where_asked_for() -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    body = messages(tools=[TOOL], tool_choice=choice)

    blocks = whole(FORMAT, body, WISHES)["content"]
    assert [block["type"] for block in blocks] == ["text", "tool_use"]


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
@pytest.mark.parametrize("kind", [AnthropicMessage, BetaMessage])
def test_reply_is_a_message_by_the_sdks_type(kind: Any, reply: ModelReply) -> None:
    check_type(kind, whole(FORMAT, messages(), reply))


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream_is_of_events_by_the_sdks_types(reply: ModelReply) -> None:
    for event in told(FORMAT, messages(), reply):
        assert event.name == event.payload["type"]
        if event.name != "ping":
            check_type(RawMessageStreamEvent, event.payload)


def test_stream_of_text_and_calls_has_the_full_sequence() -> None:
    block = ["content_block_start", "content_block_delta"]
    names = [e.name for e in told(FORMAT, messages(), WISHES)]
    assert names == [
        *("message_start", "ping"),
        *(*block, "content_block_delta", "content_block_stop"),
        *(*block, *["content_block_delta"] * 2, "content_block_stop"),
        *(*block, "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]


def test_pieces_make_the_whole() -> None:
    events = [e.payload for e in told(FORMAT, messages(), WISHES)]
    blocks = whole(FORMAT, messages(), WISHES)["content"]

    for place, block in enumerate(blocks):
        mine = [e for e in events if e.get("index") == place]
        pieces = [e["delta"] for e in mine if "delta" in e]
        if block["type"] == "text":
            assert "".join(p["text"] for p in pieces) == block["text"]
        else:
            assert mine[0]["content_block"] == {**block, "input": {}}
            assert json.loads("".join(p["partial_json"] for p in pieces)) == block["input"]


@pytest.mark.parametrize(
    ("reply", "stop"),
    [
        ("text", "end_turn"),
        ("wishes", "tool_use"),
        ("cut", "max_tokens"),
        ("refused", "refusal"),
    ],
)
def test_reply_says_why_it_stopped(reply: str, stop: str) -> None:
    assert whole(FORMAT, messages(), REPLIES[reply])["stop_reason"] == stop
    last = told(FORMAT, messages(), REPLIES[reply])[-2]
    assert last.payload["delta"]["stop_reason"] == stop


def test_cached_tokens_do_not_count_as_input() -> None:
    usage = whole(FORMAT, messages(), TEXT)["usage"]

    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (12, 100)
    assert usage["cache_creation_input_tokens"] == 8
    assert (usage["output_tokens"], usage["output_tokens_details"]) == (
        30, {"thinking_tokens": 12},
    )  # fmt: skip
    assert told(FORMAT, messages(), TEXT)[-2].payload["usage"]["cache_read_input_tokens"] == 100


def test_ids_are_in_the_vendors_manner() -> None:
    wish = whole(FORMAT, messages(), WISHES)["content"][1]
    assert wish["id"] == "toolu_1"


def test_broken_arguments_go_out_as_they_are() -> None:
    assert whole(FORMAT, messages(), BROKEN)["content"][0]["input"] == '{"date": 2025-'


def test_stand_in_says_what_it_is() -> None:
    assert whole(FORMAT, messages(), TEXT)["model"] == "claude-haiku-4-5-batuta-stand-in"


IMAGE = {"type": "image", "source": {"type": "url", "url": "http://x"}}


def _user(*content: Any) -> dict[str, Any]:
    return messages(messages=[{"role": "user", "content": list(content)}])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"model": "m", "messages": []}, "max_tokens: Field required"),
        (messages(messages=[]), "at least one"),
        (messages(messages=[{"role": "assistant", "content": "x"}]), "must use the user role"),
        (messages(messages=[{"role": "king", "content": "x"}]), "'user' or 'assistant'"),
        (messages(messages=[{"role": "user", "content": ""}]), "non-whitespace"),
        (_user({"type": "text", "text": " "}), "non-whitespace"),
        (_user(), "Missing required parameter"),
        (_user(IMAGE), "fetches nothing"),
        (messages(messages=TALK[:2]), "No tool result was found"),
        (_user(TALK[2]["content"][0]), "answers no tool call"),
        (messages(tools=[{"type": "web_search_20250305", "name": "web_search"}]), "custom tools"),
        (messages(tools=[TOOL, TOOL]), "unique"),
        (messages(tool_choice={"type": "maybe"}), "'auto', 'any', 'tool' or 'none'"),
        (messages(max_tokens=0), "at least 1"),
    ],
)
def test_what_the_vendor_would_not_take_is_turned_away(body: Any, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        asked(FORMAT, body)
    assert said in caught.value.failure.message
