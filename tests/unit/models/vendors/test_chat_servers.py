"""What servers that call themselves compatible really send is read for what it means."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.model import ModelRequest, OutputSchema, Usage
from batuta.errors import (
    ModelCut,
    ModelError,
    ModelRateLimited,
    ModelUnavailable,
)
from tests.unit.models.vendors.asking import (
    DAY,
    TALK,
    calls_of,
    completion,
    deltas,
    heard,
    raw,
)
from tests.unit.models.vendors.socket_server import Step, answer, chunked, sse
from tests.unit.models.vendors.wires import CHAT, COMPATIBLE

BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
FORM = ModelRequest(TALK, output=OutputSchema("Form", DAY))


def text_in(text: str, finish: Any, *, streamed: bool) -> list[Step]:
    said = {"content": text}
    return deltas(said, finish=finish) if streamed else completion(said, finish)


def call(arguments: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "type": "function",
        "function": {"name": "look", "arguments": arguments},
    } | more


def wish(*calls: dict[str, Any], streamed: bool, finish: Any = "tool_calls") -> list[Step]:
    if streamed:
        return deltas(*({"tool_calls": [one]} for one in calls), finish=finish)
    return completion({"content": None, "tool_calls": list(calls)}, finish)


@BOTH
@pytest.mark.parametrize("finish", ["", None, "eos_token", "COMPLETE", "something_new"])
async def test_a_finish_reason_that_is_missing_empty_or_new_ends_an_answer(
    finish: Any, streamed: bool
) -> None:
    reply, _, _ = await heard(
        COMPATIBLE, text_in("Court A.", finish, streamed=streamed), streamed=streamed
    )
    assert (reply.text, reply.stop_reason) == ("Court A.", "end")


async def test_a_stream_is_over_where_done_came_and_cut_where_nothing_did() -> None:
    said = [{"content": "Court "}, {"content": "A."}]
    reply, pieces, _ = await heard(COMPATIBLE, deltas(*said, finish=None), streamed=True)
    assert (reply.text, pieces) == ("Court A.", ["Court ", "A."])
    with pytest.raises(ModelCut):
        await heard(COMPATIBLE, deltas(*said, finish=None, done=False), streamed=True)


async def test_a_stream_that_ends_in_the_middle_of_a_frame_is_cut() -> None:
    whole = b'data: {"choices": [{"delta": {"content": "125000"}, "finish_reason": "stop"}]}'
    for length in range(1, len(whole) - 1):
        with pytest.raises(ModelCut):
            await heard(COMPATIBLE, raw(whole[:length]), streamed=True)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (None, {}),
        ("", {}),
        ("null", {}),
        ({"day": "Mo"}, {"day": "Mo"}),
        ('{"day": "Mo"}', {"day": "Mo"}),
        ('"{\\"day\\": \\"Mo\\"}"', {"day": "Mo"}),
    ],
)
async def test_arguments_come_as_null_text_data_or_text_in_text(
    arguments: Any, meant: dict[str, Any], streamed: bool
) -> None:
    reply, _, _ = await heard(
        COMPATIBLE, wish(call(arguments), streamed=streamed), streamed=streamed
    )
    assert calls_of(reply) == [("look", meant)]
    assert reply.stop_reason == "tool_calls"


@BOTH
async def test_a_call_without_id_and_type_gets_an_id(streamed: bool) -> None:
    bare = {"function": {"name": "look", "arguments": '{"day": "Mo"}'}}
    reply, _, _ = await heard(COMPATIBLE, wish(bare, streamed=streamed), streamed=streamed)
    assert calls_of(reply) == [("look", {"day": "Mo"})]
    assert reply.tool_calls[0].id


MO, TU = '{"day": "Mo"}', '{"day": "Tu"}'


@pytest.mark.parametrize(
    "chunks",
    [
        [call(MO, index=0, id="a"), call(TU, index=0, id="b")],
        [call(MO, index=0, id="1"), call(TU, index=1, id="1")],
        [call(MO, id="a"), call(TU, id="b")],
        [call(MO, index=0, id=None), call(TU, index=0, id=None)],
        [call(MO, index=0, id=""), call(TU, index=1, id="")],
        [call('{"day": ', index=0), call('"Mo"}', index=0), call(TU, index=1, id="b")],
        [
            call("", index=0, id="a"), call("", index=1, id="b"),
            {"index": 1, "function": {"arguments": TU}},
            {"index": 0, "function": {"arguments": MO}},
        ],
    ],
    ids=["one index", "one id", "no index", "neither", "no id", "name repeated", "interleaved"],
)  # fmt: skip
async def test_two_calls_in_pieces_stay_two(chunks: list[dict[str, Any]]) -> None:
    reply, _, _ = await heard(COMPATIBLE, wish(*chunks, streamed=True), streamed=True)
    assert calls_of(reply) == [("look", {"day": "Mo"}), ("look", {"day": "Tu"})]
    assert len({one.id for one in reply.tool_calls}) == 2


async def test_a_second_call_that_nothing_but_its_arguments_tells_is_one_of_its_own() -> None:
    first = {"index": 0, "id": "a", "function": {"name": "look", "arguments": ""}}
    pieces = ['{"day": "Mo"}', '{"day": "Tu"}', '{"day": "Tu"}', '{"day": {"of": ', "{}}}"]
    steps = deltas(
        {"tool_calls": [first]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": p}}]} for p in pieces[:2]),
        finish="tool_calls",
    )
    reply, _, _ = await heard(COMPATIBLE, steps, streamed=True)
    assert calls_of(reply) == [("look", {"day": "Mo"}), ("look", {"day": "Tu"})]
    assert len({call.id for call in reply.tool_calls}) == 2
    steps = deltas(
        {"tool_calls": [first]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": p}}]} for p in pieces[2:3] * 2),
        finish="tool_calls",
    )
    reply, _, _ = await heard(COMPATIBLE, steps, streamed=True)
    assert calls_of(reply) == [("look", {"day": "Tu"})]
    steps = deltas(
        {"tool_calls": [first]},
        *({"tool_calls": [{"index": 0, "function": {"arguments": p}}]} for p in pieces[3:]),
        finish="tool_calls",
    )
    reply, _, _ = await heard(COMPATIBLE, steps, streamed=True)
    assert calls_of(reply) == [("look", {"day": {"of": {}}})]


async def test_one_call_in_pieces_with_its_name_in_each_is_one() -> None:
    pieces = [call(part, index=0, id=None) for part in ('{"d', 'ay": ', '"Mo"}')]
    reply, _, _ = await heard(COMPATIBLE, wish(*pieces, streamed=True), streamed=True)
    assert calls_of(reply) == [("look", {"day": "Mo"})]


def usages(*told: Any) -> list[Step]:
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": "x"}}], "usage": usage} for usage in told
    ]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    return chunked(*sse(*chunks, end, "[DONE]", named=False))


def told(given: Any, output: Any, **more: Any) -> dict[str, Any]:
    return {"prompt_tokens": given, "completion_tokens": output, **more}


async def test_totals_so_far_are_not_added_up() -> None:
    steps = usages(told(1000, 1), told(1000, 2), told(1000, 2), None)
    reply, _, _ = await heard(CHAT, steps, streamed=True)
    assert (reply.usage, reply.usage_told) == (Usage(1000, 2), True)


@BOTH
@pytest.mark.parametrize("usage", [None, told(None, None, total_tokens=None), {}, told(5, None)])
async def test_usage_that_is_null_or_absent_is_unknown_and_not_zero(
    usage: Any, streamed: bool
) -> None:
    steps = usages(usage) if streamed else completion({"content": "x"}, usage=usage)
    reply, _, _ = await heard(CHAT, steps, streamed=streamed)
    assert (reply.text, reply.usage_told) == ("x", False)


@pytest.mark.parametrize(
    ("usage", "meant"),
    [
        (told(10, 5, prompt_cache_hit_tokens=4), Usage(10, 5, 4)),
        (told(10, 5, prompt_tokens_details={"cached_tokens": 3, "cache_write_tokens": 2}),
         Usage(10, 5, 3, 0, 2)),
        # Gemini and Grok leave the thoughts out of the output: 10 + 5 + 7 = 22.
        (told(10, 5, total_tokens=22, completion_tokens_details={"reasoning_tokens": 7}),
         Usage(10, 12, 0, 7)),
        (told(10, 12, total_tokens=22, completion_tokens_details={"reasoning_tokens": 7}),
         Usage(10, 12, 0, 7)),
    ],
)  # fmt: skip
async def test_cached_written_and_reasoning_tokens_count_once(usage: Any, meant: Usage) -> None:
    reply, _, _ = await heard(COMPATIBLE, completion({"content": "x"}, usage=usage))
    assert (reply.usage, reply.usage_told) == (meant, True)


@BOTH
@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": 429, "message": "Rate limit exceeded"}, ModelRateLimited),
        ({"code": 502, "message": "Provider returned error"}, ModelUnavailable),
        ({"message": "boom"}, ModelUnavailable),
        ("the upstream failed", ModelUnavailable),
    ],
)
async def test_an_error_inside_a_good_answer_is_one_in_the_vendors_words(
    error: Any, kind: type[ModelError], streamed: bool
) -> None:
    body = {"error": error}
    steps = chunked(*sse(body, named=False)) if streamed else answer(body)
    with pytest.raises(kind) as caught:
        await heard(COMPATIBLE, steps, streamed=streamed)
    assert caught.value.retryable
    words = error if isinstance(error, str) else error["message"]
    assert words in str(caught.value)


async def test_an_error_in_a_choice_or_outside_of_any_event_is_one() -> None:
    gone = {"code": 502, "message": "gone"}
    choice = {"index": 0, "delta": {}, "finish_reason": "error", "error": gone}
    for steps in (
        chunked(*sse({"choices": [choice]}, named=False)),
        raw(b'{"error": {"code": 503, "message": "gone"}}\n\n'),
        raw(b'event: error\ndata: {"message": "gone"}\n\n'),
        answer({"error": {"code": 503, "message": "gone"}}),
    ):
        with pytest.raises(ModelUnavailable, match="gone"):
            await heard(COMPATIBLE, steps, streamed=True)


async def test_a_server_that_does_not_stream_is_read_whole() -> None:
    reply, pieces, _ = await heard(COMPATIBLE, completion({"content": "Court A."}), streamed=True)
    assert (reply.text, pieces) == ("Court A.", ["Court A."])


async def test_lines_may_end_in_any_way_and_comments_keep_a_stream_alive() -> None:
    body = (
        b'\xef\xbb\xbf: hello\r\n\r\ndata: {"choices": [{"index": 0,\r\n'
        b'data: "delta": {"content": "A"}}]}\r\n\r\n: ping\r\n\r\n'
        b'data:{"choices": [{"index": 0, "delta": {"content": "B"}, '
        b'"finish_reason": "stop"}]}\r\n\r\ndata: [DONE]\r\n\r\n'
    )
    for size in (1, 2, 7, len(body)):
        steps = raw(*(body[at : at + size] for at in range(0, len(body), size)))
        reply, pieces, _ = await heard(COMPATIBLE, steps, streamed=True)
        assert (reply.text, pieces) == ("AB", ["A", "B"]), size


@BOTH
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<think>hm</think>hello", "hello"),
        ("hm</think>hello", "hello"),
        ("\n<think>\nhm\n</think>\n\n<think>more</think>\nhello", "hello"),
        ("<thinking>a < b</thinking> hello", "hello"),
        ("1 < 2 and <b>bold</b>", "1 < 2 and <b>bold</b>"),
        ("<th", "<th"),
        ("hello", "hello"),
    ],
)
async def test_thoughts_in_tags_are_no_part_of_the_answer(
    text: str, meant: str, streamed: bool
) -> None:
    for size in (1, 3, len(text)) if streamed else (len(text),):
        parts = [{"content": text[at : at + size]} for at in range(0, len(text), size)]
        steps = deltas(*parts) if streamed else completion({"content": text})
        reply, _, _ = await heard(COMPATIBLE, steps, streamed=streamed)
        assert reply.text == meant, size


async def test_a_model_that_was_seen_to_close_a_tag_alone_is_heard_from_there_on() -> None:
    steps = deltas(*({"content": part} for part in ("hm", "</thi", "nk>", "hel", "lo")))
    _, pieces, _ = await heard(COMPATIBLE, steps, streamed=True, times=2)
    assert pieces == ["hel", "lo"]


async def test_data_comes_after_thoughts_in_prose_and_in_fences() -> None:
    for text in (
        'Here is the JSON:\n```json\n{"day": "Mo"}\n```',
        '{"day": "Mo"}\nShall I go on?',
        '{"day": "Tu"}? No.</think>{"day": "Mo"}',
        '\ufeff{"day": "Mo"}',
        'Well, {this} is it: {"day": "Mo"}.',
        '"{\\"day\\": \\"Mo\\"}"',
    ):
        reply, _, _ = await heard(COMPATIBLE, completion({"content": text}), request=FORM)
        assert reply.output == {"day": "Mo"}, text


async def test_content_in_blocks_and_the_old_protocols_call_are_read() -> None:
    blocks = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Court A."}]
    reply, _, _ = await heard(COMPATIBLE, completion({"content": blocks}))
    assert reply.text == "Court A."
    old = {"content": None, "function_call": {"name": "look", "arguments": MO}}
    reply, _, _ = await heard(COMPATIBLE, completion(old, "function_call"))
    assert calls_of(reply) == [("look", {"day": "Mo"})]


async def test_a_file_of_a_model_is_not_its_name() -> None:
    steps = answer({"model": "/srv/models/smol.gguf", "choices": [
        {"finish_reason": "stop", "message": {"content": "hi"}}]})  # fmt: skip
    reply, _, _ = await heard(COMPATIBLE, steps)
    assert reply.model == COMPATIBLE.model


@pytest.mark.parametrize(
    "word", ["insufficient_system_resource", "function_call_filter: MALFORMED_FUNCTION_CALL"]
)
async def test_a_reply_that_the_vendor_broke_off_may_be_asked_for_again(word: str) -> None:
    with pytest.raises(ModelCut) as caught:
        await heard(COMPATIBLE, completion({"content": ""}, word))
    assert caught.value.retryable
    assert word in str(caught.value)
