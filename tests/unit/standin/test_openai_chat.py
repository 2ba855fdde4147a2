"""OpenAI's Chat Completions, to our words and back."""

from __future__ import annotations

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from batuta.core.message import Message
from batuta.core.model import ModelReply
from batuta.standin.failures import Rejected
from batuta.standin.openai_chat import FORMAT
from tests.contract.vendor_wire import check_openai_schema, check_type
from tests.unit.standin.wires import (
    BROKEN,
    CALLS,
    DAY,
    FORM,
    REFUSED,
    REPLIES,
    STRICT_DAY,
    TEXT,
    WISHES,
    asked,
    chat,
    told,
    whole,
)


def tool(name: str = "find_slots", **more: Any) -> dict[str, Any]:
    held = {"name": name, "description": "Find.", "parameters": DAY, **more}
    return {"type": "function", "function": held}


COUNTED = {"stream": True, "stream_options": {"include_usage": True}}
TALK = [
    {"role": "developer", "content": "Be kind."},
    {"role": "user", "content": [{"type": "text", "text": "Book"}, {"type": "text", "text": "it"}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_1", "type": "function",
             "function": {"name": "find_slots", "arguments": '{"date": "2025-11-21"}'}},
            {"id": "call_2", "type": "function",
             "function": {"name": "book_slot", "arguments": "{nonsense"}},
        ],
    },
    {"role": "tool", "tool_call_id": "call_2", "content": "no"},
    {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "A-15"}]},
    {"role": "assistant", "content": "A-15 is free."},
]  # fmt: skip


def test_conversation_is_read_in_our_words() -> None:
    system, user, wish, second, first, answer = asked(FORMAT, chat(messages=TALK)).request.messages

    assert (system.role, system.text) == ("system", "Be kind.")
    assert user.text == "Book\nit"
    assert [(c.id, c.name, c.arguments, c.invalid) for c in wish.tool_calls] == [
        ("call_1", "find_slots", {"date": "2025-11-21"}, None),
        ("call_2", "book_slot", {}, "{nonsense"),
    ]
    assert (second.call_id, second.name, second.text) == ("call_2", "book_slot", "no")
    assert (first.call_id, first.name, first.text) == ("call_1", "find_slots", "A-15")
    assert answer == Message.assistant("A-15 is free.")


def test_options_are_read() -> None:
    body = chat(tools=[tool()], max_completion_tokens=50, temperature=0.5, stream=True, seed=1)
    found = asked(FORMAT, body)

    assert found.model == "gpt-5-mini"
    assert found.streamed
    assert (found.request.max_output_tokens, found.request.settings.temperature) == (50, 0.5)
    assert [(t.name, t.description, t.parameters) for t in found.request.tools] == [
        ("find_slots", "Find.", DAY)
    ]


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("auto", ["a", "b"]),
        ("required", ["a", "b"]),
        ("none", []),
        ({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [tool("b")]}}, ["b"]),
    ],
)
def test_tool_choice_decides_which_tools_are_left(choice: Any, left: list[str]) -> None:
    found = asked(FORMAT, chat(tools=[tool("a"), tool("b")], tool_choice=choice))

    assert [t.name for t in found.request.tools] == left
    assert found.form is None


@pytest.mark.parametrize(
    "choice", [{"type": "function", "function": {"name": "find_slots"}}, "required"]
)
def test_one_tool_that_must_be_called_is_asked_as_a_form_and_goes_out_as_a_call(
    choice: Any,
) -> None:
    body = chat(tools=[tool()], tool_choice=choice)
    found = asked(FORMAT, body)

    assert found.request.tools == ()
    assert found.request.output is not None
    assert found.request.output.schema == DAY
    message = whole(FORMAT, body, FORM)["choices"][0]["message"]
    assert message["content"] is None
    assert message["tool_calls"][0]["function"] == {
        "name": "find_slots",
        "arguments": '{"date": "2025-11-21"}',
    }


def test_structured_output_is_asked_and_goes_out_as_text() -> None:
    held = {"name": "day", "schema": STRICT_DAY, "strict": True}
    body = chat(response_format={"type": "json_schema", "json_schema": held})
    output = asked(FORMAT, body).request.output

    assert output is not None
    assert (output.name, output.schema) == ("day", STRICT_DAY)
    assert whole(FORMAT, body, FORM)["choices"][0]["message"]["content"] == '{"date": "2025-11-21"}'


def test_one_call_at_a_time_where_asked_for() -> None:
    body = chat(tools=[tool(), tool("book_slot")], parallel_tool_calls=False)

    assert len(whole(FORMAT, body, WISHES)["choices"][0]["message"]["tool_calls"]) == 1


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_reply_is_a_completion_by_the_published_schema_and_the_sdks_type(
    reply: ModelReply,
) -> None:
    made = whole(FORMAT, chat(), reply)

    check_type(ChatCompletion, made)
    check_openai_schema("CreateChatCompletionResponse", made)


@pytest.mark.parametrize("counted", [{}, COUNTED], ids=["bare", "with usage"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_stream_is_of_chunks_by_the_published_schema_and_the_sdks_type(
    reply: ModelReply, counted: dict[str, Any]
) -> None:
    for event in told(FORMAT, chat(**counted), reply):
        check_type(ChatCompletionChunk, event.payload)
        check_openai_schema("CreateChatCompletionStreamResponse", event.payload)


@pytest.mark.parametrize(
    ("reply", "finish"),
    [("text", "stop"), ("wishes", "tool_calls"), ("cut", "length"), ("refused", "stop")],
)
def test_reply_says_why_it_stopped(reply: str, finish: str) -> None:
    assert whole(FORMAT, chat(), REPLIES[reply])["choices"][0]["finish_reason"] == finish
    last = told(FORMAT, chat(), REPLIES[reply])[-1]
    assert last.payload["choices"][0]["finish_reason"] == finish


def test_refusal_has_a_field_of_its_own() -> None:
    message = whole(FORMAT, chat(), REFUSED)["choices"][0]["message"]
    assert (message["content"], message["refusal"]) == (None, "I may not say that.")

    deltas = [e.payload["choices"][0]["delta"] for e in told(FORMAT, chat(), REFUSED)]
    assert {"refusal": "I may not say that."} in deltas


def test_stream_tells_the_same_as_the_whole() -> None:
    deltas = [e.payload["choices"][0]["delta"] for e in told(FORMAT, chat(), WISHES)]
    pieces = [piece for delta in deltas for piece in delta.get("tool_calls", ())]

    assert "".join(d.get("content") or "" for d in deltas) == WISHES.text
    for place, wish in enumerate(
        whole(FORMAT, chat(), WISHES)["choices"][0]["message"]["tool_calls"]
    ):
        mine = [piece for piece in pieces if piece["index"] == place]
        assert mine[0]["id"] == wish["id"] == CALLS[place].id
        assert "".join(p["function"]["arguments"] for p in mine) == wish["function"]["arguments"]


def test_counts_hold_cached_and_reasoning_tokens() -> None:
    usage = whole(FORMAT, chat(), TEXT)["usage"]

    assert (usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]) == (
        120, 30, 150,
    )  # fmt: skip
    assert usage["prompt_tokens_details"]["cached_tokens"] == 100
    assert usage["prompt_tokens_details"]["cache_write_tokens"] == 8
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 12


def test_counts_close_a_stream_only_where_asked_for() -> None:
    assert "usage" not in told(FORMAT, chat(), TEXT)[-1].payload
    events = told(FORMAT, chat(**COUNTED), TEXT)
    assert [e.payload["usage"] for e in events[:-1]] == [None] * (len(events) - 1)
    assert events[-1].payload["choices"] == []
    assert events[-1].payload["usage"]["total_tokens"] == 150


def test_broken_arguments_go_out_as_they_are() -> None:
    wish = whole(FORMAT, chat(), BROKEN)["choices"][0]["message"]["tool_calls"][0]
    assert wish["function"]["arguments"] == '{"date": 2025-'


def test_stand_in_says_what_it_is() -> None:
    made = whole(FORMAT, chat(), TEXT)
    assert made["model"] == "gpt-5-mini-batuta-stand-in"
    assert made["system_fingerprint"] == "batuta-stand-in scripted:lines"


IMAGE = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"messages": []}, "Missing required parameter: 'model'"),
        (chat(messages=[]), "empty array"),
        (chat(messages="hi"), "Invalid type for 'messages': expected an array, got a string"),
        (chat(messages=[{"role": "user"}]), "Missing required parameter: 'messages[0].content'"),
        (chat(messages=[{"role": "king", "content": "x"}]), "'king'"),
        (chat(messages=[IMAGE]), "fetches nothing"),
        (chat(messages=TALK[:3]), "No tool result was found right after the tool calls"),
        (chat(messages=TALK[3:4]), "answers no tool call"),
        (chat(n=2), "one choice"),
        (chat(max_completion_tokens=0), "at least 1"),
        (chat(temperature="hot"), "expected a number, got a string"),
        (chat(stream="yes"), "expected a boolean"),
        (chat(tools=[tool("no spaces")]), "does not match"),
        (chat(tools=[tool(), tool()]), "unique"),
        (chat(tools=[tool(parameters={"type": "array"})]), "must be 'object'"),
        (chat(tools=[tool(strict=True)]), "'additionalProperties' is required"),
        (chat(tools=[{"type": "custom"}]), "takes 'function'"),
        (chat(tool_choice="required"), "needs that tool"),
        (chat(tool_choice="sometimes"), "'auto', 'none' or 'required'"),
        (chat(response_format={"type": "yaml"}), "'json_schema'"),
        ([], "expected an object, got an array"),
        (None, "must be a JSON object"),
    ],
)  # fmt: skip
def test_what_the_vendor_would_not_take_is_turned_away(body: Any, said: str) -> None:
    with pytest.raises(Rejected) as caught:
        asked(FORMAT, body)
    assert said in caught.value.failure.message
    answer = FORMAT.fail(caught.value.failure)
    assert answer.status == 400
    check_openai_schema("ErrorResponse", answer.body)
