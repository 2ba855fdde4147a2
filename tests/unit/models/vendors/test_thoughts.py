"""Thoughts that a server leaves in the text are no part of what is heard, over any border."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, ToolSchema
from batuta.errors import ModelReplyInvalid
from batuta.models.vendors.arguments import arguments_of
from batuta.models.vendors.reasoning import TaggedThoughts
from tests.unit.models.vendors import wires
from tests.unit.models.vendors.asking import completion, deltas, heard
from tests.unit.models.vendors.socket_server import Step, answer
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, COMPATIBLE, KEY, RESPONSES, Vendor

UNKNOWN = Vendor(**{**vars(COMPATIBLE), "model": "compatible:our-own-7b"})
R1 = Vendor(**{**vars(COMPATIBLE), "model": "compatible:deepseek-r1:7b"})
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
WORDS = {
    "<think>hm</think>hello": "hello",
    "hm</think>hello": "hello",
    "think>\nhm\n</think>\n\nhello": "hello",
    "<thoughts>hm</thoughts>hello": "hello",
    "[THINK]hm[/THINK]hello": "hello",
    "◁think▷hm◁/think▷hello": "hello",
    "<|START_THINKING|>hm<|END_THINKING|>hello": "hello",
    "<seed:think>hm</seed:think>hello": "hello",
    "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>hello":
        "hello",
    'He said "hi"</think>hello': "hello",
    "Close it with `</think>` here.": "Close it with `</think>` here.",
    'A "</think>" ends it.': 'A "</think>" ends it.',
    "[1] and <b>: a < b": "[1] and <b>: a < b",
    "hello <": "hello <",
}  # fmt: skip


def cut(text: str, size: int) -> list[dict[str, Any]]:
    return [{"content": text[at : at + size]} for at in range(0, len(text), size)]


@BOTH
@pytest.mark.parametrize(("text", "meant"), WORDS.items())
async def test_a_model_that_nobody_knows_is_heard_without_its_thoughts(
    text: str, meant: str, streamed: bool
) -> None:
    for size in (1, 4, len(text)) if streamed else (len(text),):
        steps = deltas(*cut(text, size)) if streamed else completion({"content": text})
        reply, pieces, _ = await heard(UNKNOWN, steps, streamed=streamed)
        assert reply.text == meant, size
        assert not streamed or "".join(pieces) == meant, size


async def test_what_opens_no_tag_is_streamed_from_the_second_reply_on() -> None:
    steps = deltas({"content": "Court A "}, {"content": "is free."})
    _, first, _ = await heard(UNKNOWN, steps, streamed=True)
    _, second, _ = await heard(UNKNOWN, steps, streamed=True, times=2)
    assert ("".join(first), second) == ("Court A is free.", ["Court A ", "is free."])


async def test_thoughts_in_their_own_field_let_the_text_be_heard_at_once() -> None:
    steps = deltas({"reasoning_content": "hm"}, {"content": "Court A "}, {"content": "is free."})
    reply, pieces, _ = await heard(UNKNOWN, steps, streamed=True)
    assert pieces == ["Court A ", "is free."]
    assert reply.text == "Court A is free."


@BOTH
async def test_thoughts_that_the_limit_cut_off_are_no_half_an_answer(streamed: bool) -> None:
    text = "The user wants a court, so I should look for one first and"
    for vendor, times in ((R1, 1), (UNKNOWN, 2)):
        first = completion({"content": "hm</think>hello"})
        steps = (
            deltas(*cut(text, 5), finish="length")
            if streamed
            else completion({"content": text}, "length")
        )
        with pytest.raises(ModelReplyInvalid, match="it only thought"):
            await heard(vendor, *[first] * (times - 1), steps, streamed=streamed, times=times)


async def test_half_an_answer_of_a_model_that_nobody_knows_is_kept() -> None:
    reply, _, _ = await heard(UNKNOWN, completion({"content": "Court A is"}, "length"))
    assert (reply.text, reply.stop_reason) == ("Court A is", "length")


def other_wires(text: str) -> list[tuple[Vendor, list[Step]]]:
    converse: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": "end_turn", "usage": wires._CONVERSE_USAGE, "metrics": {"latencyMs": 5},
    }  # fmt: skip
    return [
        (BEDROCK, answer(converse)),
        (ANTHROPIC, answer(wires._claude([{"type": "text", "text": text}]))),
        (RESPONSES, answer(wires._response([wires._message(text)]))),
    ]


@BOTH
async def test_tags_are_read_on_every_wire(streamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    text = "<thinking> I should look.</thinking>\nOne moment."
    pieces = tuple(text[at : at + 6] for at in range(0, len(text), 6))
    for vendor, steps in other_wires(text):
        given = vendor.text_stream(pieces) if streamed else steps
        reply, told, _ = await heard(vendor, given, streamed=streamed)
        assert reply.text == "One moment.", vendor.model
        assert not streamed or "".join(told) == "One moment."


_ALPHABET = ["<think>", "</think>", "<", "think>", "/", "`", "[/THINK]", " ", "a", "{}", "\n"]


@given(st.lists(st.sampled_from(_ALPHABET), max_size=12), st.booleans(), st.data())
def test_where_the_pieces_end_changes_nothing(parts: list[str], held: bool, data: Any) -> None:
    text = "".join(parts)
    whole = TaggedThoughts(held=True)
    meant = whole.take(text) + whole.end()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    thoughts = TaggedThoughts(held=held)
    said = ""
    for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        alone = thoughts.closed_alone
        piece = thoughts.take(text[start:end])
        said = piece if thoughts.closed_alone and not alone else said + piece
    assert said + thoughts.end() == meant


@pytest.mark.parametrize(
    "raw",
    [
        '<think>Monday?</think>{"day": "Mo"}',
        'hm</think>{"day": "Mo"}',
        '```json\n{"day": "Mo"}\n```',
        '\ufeff{"day": "Mo"}',
        '{}{"day": "Mo"}',
        '{"day": "Mo"}{"day": "Mo"}',
    ],
)
@BOTH
async def test_what_stands_around_arguments_is_left_out(raw: str, streamed: bool) -> None:
    call: dict[str, Any] = {"index": 0, "id": "c1", "function": {"name": "look", "arguments": raw}}
    message = {"content": None, "tool_calls": [call]}
    steps = deltas(message, finish="tool_calls") if streamed else completion(message, "tool_calls")
    reply, _, _ = await heard(UNKNOWN, steps, streamed=streamed)
    assert [(c.name, c.arguments, c.invalid) for c in reply.tool_calls] == [
        ("look", {"day": "Mo"}, None)
    ]


@pytest.mark.parametrize(
    "raw", ['{"day": "Mo"}{"day": "Tu"}', '{"day": "</think>', '["Mo"]', "Mo", '{"a": 1} or so']
)
def test_arguments_that_leave_a_doubt_are_none(raw: str) -> None:
    assert arguments_of(raw).invalid == raw


@BOTH
async def test_half_characters_go_nowhere_within_a_call(
    streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    call = ToolCall("c1", "look", {"caf\udce9": ["caf\udce9.txt", {"x": "\ud83d\ude00"}]})
    field = {"type": "string", "description": "caf\udce9"}
    tool = ToolSchema("look", "caf\udce9", {"type": "object", "properties": {"day": field}})
    talk = [Message.user("caf\udce9"), Message("assistant", tool_calls=(call,)),
            Message.tool(call, "caf\udce9")]  # fmt: skip
    request = ModelRequest(talk, (tool,))
    for vendor in (*wires.VENDORS,):
        said = vendor.text_stream(("hi",)) if streamed else vendor.text("hi")
        reply, _, asked = await heard(vendor, said, request=request, streamed=streamed)
        assert isinstance(reply, ModelReply)
        sent = json.dumps(asked[0].body, ensure_ascii=False)
        assert "caf\ufffd" in sent, vendor.model
        assert "\udce9" not in sent, vendor.model
