"""Answers that are in no reference and that servers give: what they mean is read, or said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batuta.errors import (
    ModelAuthFailed,
    ModelCut,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelUnavailable,
)
from tests.unit.models.vendors import wires
from tests.unit.models.vendors.asking import calls_of, heard
from tests.unit.models.vendors.socket_server import Step, answer, chunked, sse
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, COMPATIBLE, KEY, RESPONSES, Vendor


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def chunk(delta: Any, finish: str | None = None) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


HI, STOP = chunk({"content": "hi"}), chunk({}, "stop")
STREAMS = {
    "no blank lines": f"data: {HI}\ndata: {STOP}\ndata: [DONE]\n",
    "lines of JSON": f"{HI}\n{STOP}\n",
    "blanks around the end": f"data: {HI}\n\ndata:  [DONE] \n\n",
    "nothing in a chunk": f'data: {{"choices": [null]}}\n\ndata: {HI}\n\ndata: [DONE]\n\n',
    "no choices": f'data: {{"choices": null}}\n\ndata: {HI}\n\ndata: [DONE]\n\n',
    "no delta": f"data: {chunk(None)}\n\ndata: {HI}\n\ndata: [DONE]\n\n",
    "text of old": 'data: {"choices": [{"text": "hi", "finish_reason": "stop"}]}\n\n',
}


@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS)
async def test_a_stream_of_another_form_is_read(body: str) -> None:
    raw = body.encode()
    for size in (len(raw), 11):
        steps = chunked(*(raw[at : at + size] for at in range(0, len(raw), size)))
        reply, pieces, _ = await heard(COMPATIBLE, steps, streamed=True)
        assert (reply.text, "".join(pieces)) == ("hi", "hi"), size


@pytest.mark.parametrize(
    "choices",
    [
        [{"text": "hi", "finish_reason": "stop"}],
        [{"message": "hi", "finish_reason": "stop"}],
        [{"index": 1, "message": {"content": "two"}}, {"index": 0, "message": {"content": "hi"}}],
        [{"message": {"content": "hi", "tool_calls": [{"id": "a", "function": None}, None]}}],
    ],
)
async def test_a_choice_of_another_form_is_read(choices: list[Any]) -> None:
    reply, _, _ = await heard(COMPATIBLE, answer({"choices": choices}))
    assert (reply.text, reply.tool_calls, reply.stop_reason) == ("hi", (), "end")


async def test_a_call_whose_name_stands_beside_its_id_is_read() -> None:
    call = {"id": "a", "name": "look", "arguments": {"day": "Mo"}}
    steps = answer({"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    reply, _, _ = await heard(COMPATIBLE, steps)
    assert calls_of(reply) == [("look", {"day": "Mo"})]


SAID: list[tuple[dict[str, Any], type[ModelError]]] = [
    ({"success": False, "message": "rate limit exceeded"}, ModelRateLimited),
    ({"code": 429, "msg": "too many requests"}, ModelRateLimited),
    ({"status": "error", "message": "model overloaded"}, ModelUnavailable),
    ({"message": "Invalid API key", "code": "invalid_api_key"}, ModelAuthFailed),
    ({"errors": [{"message": "model x not found"}]}, ModelNotFound),
    ({"detail": "Not authenticated"}, ModelAuthFailed),
    ({"error": True, "message": "Overloaded"}, ModelUnavailable),
    ({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, ModelUnavailable),
    ({"error_code": 17, "error_msg": "daily request limit reached"}, ModelUnavailable),
]


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize(("body", "kind"), SAID)
async def test_a_failure_within_a_good_answer_is_one_in_any_form(
    body: dict[str, Any], kind: type[ModelError], streamed: bool
) -> None:
    steps = chunked(f"data: {json.dumps(body)}\n\n".encode()) if streamed else answer(body)
    with pytest.raises(ModelError) as caught:
        await heard(COMPATIBLE, steps, streamed=streamed)
    assert type(caught.value) is kind
    words = ("exceeded", "many", "overloaded", "Invalid", "found", "Not", "Overl", "bal", "daily")
    assert any(word in str(caught.value) for word in words)


@pytest.mark.parametrize("vendor", [RESPONSES, ANTHROPIC, BEDROCK], ids=lambda v: v.model)
async def test_so_it_is_on_the_other_wires(vendor: Vendor) -> None:
    with pytest.raises(ModelError) as caught:
        await heard(vendor, answer({"message": "Too many requests, please wait"}))
    assert type(caught.value) is not ModelCut
    if vendor is not BEDROCK:  # whose SDK keeps no field that it does not know
        assert type(caught.value) is ModelRateLimited


async def test_an_error_event_of_words_keeps_them() -> None:
    with pytest.raises(ModelUnavailable, match="GPU gone"):
        await heard(COMPATIBLE, chunked(b"event: error\ndata: GPU gone\n\n"), streamed=True)


WISH = wires._function_call("a", "look", {"day": "Mo"})
BARE = {**WISH, "arguments": ""}
ADDED = {"type": "response.output_item.added", "output_index": 0}
DELTAS = {
    "in the item": [{**ADDED, "item": WISH}],
    "when they are done": [
        {**ADDED, "item": BARE},
        {"type": "response.function_call_arguments.done", "output_index": 0,
         "arguments": WISH["arguments"]},
    ],
    "in the whole response alone": [{**ADDED, "item": BARE}],
    "nowhere but there": [],
}  # fmt: skip


@pytest.mark.parametrize("events", DELTAS.values(), ids=DELTAS)
async def test_arguments_of_responses_are_read_wherever_they_stand(
    events: list[dict[str, Any]],
) -> None:
    done = {"type": "response.completed", "response": wires._response([WISH])}
    reply, _, _ = await heard(RESPONSES, chunked(*sse(*events, done)), streamed=True)
    assert calls_of(reply) == [("look", {"day": "Mo"})]


@pytest.mark.parametrize(
    "output",
    [
        [{"type": "message", "role": "assistant", "content": "hi"}],
        [None, {"type": "message", "content": None}, wires._message("hi")],
        [{"type": "custom_tool_call", "name": "x", "input": "y"}, wires._message("hi")],
    ],
)
async def test_items_of_another_form_are_read(output: list[Any]) -> None:
    reply, _, _ = await heard(RESPONSES, answer(wires._response(output)))
    assert reply.text == "hi"


async def test_a_text_of_responses_that_comes_at_its_end_is_heard() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "g"}
    ends: list[list[Step]] = []
    for event in (
        {"type": "response.output_text.done", "output_index": 1, "text": "hi"},
        {"type": "response.in_progress"},
    ):
        done = {"type": "response.output_item.done", "output_index": 0, "item": thought}
        whole = wires._response([thought, wires._message("hi")])
        last = {"type": "response.completed", "response": whole}
        ends.append(chunked(*sse(done, event, last)))
    for steps in ends:
        reply, pieces, _ = await heard(RESPONSES, steps, streamed=True)
        assert (reply.text, pieces) == ("hi", ["hi"])
        assert len([part for part in reply.parts if part.data["on"] == "item"]) == 1


async def test_a_response_that_is_not_over_is_no_reply() -> None:
    with pytest.raises(ModelCut, match="queued"):
        await heard(RESPONSES, answer(wires._response([], status="queued")))
