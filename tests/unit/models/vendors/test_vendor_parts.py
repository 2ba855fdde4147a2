"""What a vendor gives with a reply and wants back goes back to its family alone, as it came."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from batuta.core.message import Message, ToolCall, VendorPart
from batuta.core.model import ModelRequest
from batuta.models.vendors.families import family_of
from batuta.remote.grpc.wire import message_from, message_of
from tests.unit.models.vendors import wires
from tests.unit.models.vendors.asking import LOOK, TALK, completion, deltas, heard
from tests.unit.models.vendors.socket_server import Step, answer, chunked, frame, sse
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, COMPATIBLE, KEY, RESPONSES, Vendor

GEMINI = replace(COMPATIBLE, model="compatible:gemini-3-pro")
DEEPSEEK = replace(COMPATIBLE, model="compatible:deepseek-v3.2")
ROUTER = replace(COMPATIBLE, model="compatible:openrouter/kimi-k2")
SIGNED = {"google": {"thought_signature": "AbC+/=="}}
WISH = {
    "id": "a", "type": "function", "function": {"name": "look", "arguments": '{"day": "Mo"}'},
}  # fmt: skip
DETAILS = [{"type": "reasoning.encrypted", "data": "xyz", "index": 0, "format": "f"}]
THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln"}
HIDDEN = {"type": "redacted_thinking", "data": "ZGF0YQ=="}
REASONING = {
    "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA", "status": None,
}  # fmt: skip
FUNCTION = {
    "type": "function_call", "id": "fc_1", "call_id": "a", "name": "look", "status": "completed",
    "arguments": '{"day": "Mo"}',
}  # fmt: skip
SEEN = {"reasoningText": {"text": "Let me see.", "signature": "c2ln"}}


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


def claude_stream() -> list[Step]:
    use = ({"type": "tool_use", "id": "a", "name": "look", "input": {}},
           [{"type": "input_json_delta", "partial_json": '{"day": "Mo"}'}])  # fmt: skip
    thinking = ({"type": "thinking", "thinking": "", "signature": ""}, [
        {"type": "thinking_delta", "thinking": "Let me "},
        {"type": "thinking_delta", "thinking": "see."},
        {"type": "signature_delta", "signature": "c2ln"}])  # fmt: skip
    events = wires._claude_events([thinking, (HIDDEN, []), use])
    return chunked(*events, *wires._claude_end("tool_use"))


def responses_stream() -> list[Step]:
    added = {"type": "response.output_item.added"}
    done = {"type": "response.output_item.done"}
    return chunked(*sse(
        {**added, "output_index": 0, "item": {**REASONING, "encrypted_content": None}},
        {**done, "output_index": 0, "item": REASONING},
        {**added, "output_index": 1, "item": {**FUNCTION, "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"day":'},
        {**done, "output_index": 1, "item": FUNCTION},
        {"type": "response.completed", "response": wires._response([REASONING, FUNCTION])},
    ))  # fmt: skip


def converse_stream() -> list[Step]:
    def delta(index: int, held: dict[str, Any]) -> bytes:
        return frame("contentBlockDelta", {"contentBlockIndex": index, "delta": held})

    use = {"toolUseId": "a", "name": "look"}
    return wires._converse_stream([
        frame("messageStart", {"role": "assistant"}),
        delta(0, {"reasoningContent": {"text": "Let me "}}),
        delta(0, {"reasoningContent": {"text": "see."}}),
        delta(0, {"reasoningContent": {"signature": "c2ln"}}),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": use}}),
        delta(1, {"toolUse": {"input": '{"day": "Mo"}'}}),
    ], "tool_use")  # fmt: skip


CASES: dict[str, tuple[Vendor, list[Step], list[Step]]] = {
    "signature": (
        GEMINI,
        completion({"tool_calls": [{**WISH, "extra_content": SIGNED}]}, "tool_calls"),
        deltas({"tool_calls": [{**WISH, "index": 0, "extra_content": SIGNED}]}, finish="stop"),
    ),
    "reasoning_content": (
        DEEPSEEK,
        completion({"reasoning_content": "Let me see.", "tool_calls": [WISH]}, "tool_calls"),
        deltas(
            {"reasoning_content": "Let me "}, {"reasoning_content": "see."},
            {"tool_calls": [{**WISH, "index": 0}]}, finish="tool_calls",
        ),
    ),
    "reasoning_details": (
        ROUTER,
        completion({"reasoning_details": DETAILS, "tool_calls": [WISH]}, "tool_calls"),
        deltas({"reasoning_details": DETAILS}, {"tool_calls": [{**WISH, "index": 0}]},
               finish="tool_calls"),
    ),
    "thinking": (
        ANTHROPIC,
        answer(wires._claude([THOUGHT, HIDDEN, wires._tool_use("a", "look", {"day": "Mo"})],
                             "tool_use")),
        claude_stream(),
    ),
    "reasoning item": (
        RESPONSES, answer(wires._response([REASONING, FUNCTION])), responses_stream(),
    ),
    "reasoningContent": (
        BEDROCK,
        wires._converse([{"reasoningContent": SEEN}, wires._use("a", "look", {"day": "Mo"})],
                        "tool_use"),
        converse_stream(),
    ),
}  # fmt: skip
GIVEN_BACK: dict[str, Any] = {
    "signature": lambda body: body["messages"][2]["tool_calls"][0]["extra_content"] == SIGNED,
    "reasoning_content": lambda body: body["messages"][2]["reasoning_content"] == "Let me see.",
    "reasoning_details": lambda body: body["messages"][2]["reasoning_details"] == DETAILS,
    "thinking": lambda body: body["messages"][1]["content"][:2] == [THOUGHT, HIDDEN],
    "reasoning item": lambda body: body["input"][2:4] == [
        {k: v for k, v in REASONING.items() if v is not None},
        {k: v for k, v in FUNCTION.items() if k != "status"},
    ],
    "reasoningContent": lambda body: (
        body["messages"][1]["content"][0] == {"reasoningContent": SEEN}
    ),
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", CASES)
async def test_a_second_turn_gives_back_what_the_first_gave(case: str, streamed: bool) -> None:
    vendor, plain, stream = CASES[case]
    reply, _, _ = await heard(vendor, stream if streamed else plain, streamed=streamed)
    (call,) = reply.tool_calls
    assert (call.name, call.arguments) == ("look", {"day": "Mo"})
    assert {part.family for part in reply.parts} == {family_of(vendor.model)}
    talk = [*TALK, reply.message(), Message.tool(call, "free")]
    kept = [Message.from_json(json.loads(json.dumps(one.to_json()))) for one in talk]
    sent_on = [message_from(message_of(one)) for one in kept]
    assert [one.parts for one in sent_on] == [one.parts for one in talk]
    _, _, asked = await heard(vendor, vendor.text("ok"), request=ModelRequest(sent_on, (LOOK,)))
    assert GIVEN_BACK[case](asked[0].body), asked[0].body


@pytest.mark.parametrize("case", CASES)
async def test_nobody_else_is_given_it(case: str) -> None:
    vendor, plain, _ = CASES[case]
    reply, _, _ = await heard(vendor, plain)
    talk = [*TALK, reply.message(), Message.tool(reply.tool_calls[0], "free")]
    for other in (*(v for v, _, _ in CASES.values()), COMPATIBLE):
        if family_of(other.model) == family_of(vendor.model):
            continue
        _, _, asked = await heard(other, other.text("ok"), request=ModelRequest(talk, (LOOK,)))
        told = json.dumps(asked[0].body)
        for secret in ("Let me see.", "AbC+", "c2ln", "gAAA", "xyz", "ZGF0YQ", "rs_1", "fc_1"):
            assert secret not in told, (other.model, secret)


async def test_thoughts_go_back_within_a_turn_of_tools_and_not_into_the_next() -> None:
    part = VendorPart(
        family_of(DEEPSEEK.model), {"on": "message", "fields": {"reasoning_content": "hm"}}
    )
    call = ToolCall("a", "look", {"day": "Mo"})
    turn = Message("assistant", tool_calls=(call,), parts=(part,))
    talk = [*TALK, turn, Message.tool(call, "free")]
    _, _, asked = await heard(DEEPSEEK, DEEPSEEK.text("ok"), request=ModelRequest(talk, (LOOK,)))
    assert asked[0].body["messages"][2]["reasoning_content"] == "hm"
    later = [*talk, Message.assistant("Free."), Message.user("And Tuesday?")]
    _, _, asked = await heard(DEEPSEEK, DEEPSEEK.text("ok"), request=ModelRequest(later, (LOOK,)))
    assert "hm" not in json.dumps(asked[0].body)


async def test_a_model_that_wants_all_its_thoughts_gets_those_of_its_calls_in_every_turn() -> None:
    newest = replace(COMPATIBLE, model="compatible:deepseek-v4-pro")
    family = family_of(newest.model)
    part = VendorPart(family, {"on": "message", "fields": {"reasoning_content": "hm"}})
    idle = VendorPart(family, {"on": "message", "fields": {"reasoning_content": "idle"}})
    call = ToolCall("a", "look", {"day": "Mo"})
    turn = Message("assistant", tool_calls=(call,), parts=(part,))
    said = Message("assistant", "Free.", parts=(idle,))
    talk = [*TALK, turn, Message.tool(call, "free"), said, Message.user("And Tuesday?")]
    _, _, asked = await heard(newest, newest.text("ok"), request=ModelRequest(talk, (LOOK,)))
    assert asked[0].body["messages"][2]["reasoning_content"] == "hm"
    assert "idle" not in json.dumps(asked[0].body)


async def test_parts_between_text_and_calls_keep_their_places() -> None:
    content = [
        THOUGHT, {"type": "text", "text": "I look."}, {**THOUGHT, "signature": "b3Ro"},
        wires._tool_use("a", "look", {"day": "Mo"}), HIDDEN,
        wires._tool_use("b", "look", {"day": "Tu"}),
    ]  # fmt: skip
    reply, _, _ = await heard(ANTHROPIC, answer(wires._claude(content, "tool_use")))
    results = [Message.tool(call, "free") for call in reply.tool_calls]
    request = ModelRequest([*TALK, reply.message(), *results], (LOOK,))
    _, _, asked = await heard(ANTHROPIC, ANTHROPIC.text("ok"), request=request)
    assert asked[0].body["messages"][1]["content"] == content


PART = {
    "compatible": {
        "type": "object", "required": ["on", "fields"], "additionalProperties": False,
        "properties": {"on": {"enum": ["message", "call"]}, "fields": {"type": "object"}},
    },
    "anthropic": {
        "type": "object", "required": ["type"],
        "properties": {"type": {"enum": ["thinking", "redacted_thinking"]}},
    },
    "openai": {
        "oneOf": [
            {"type": "object", "required": ["on", "item"], "additionalProperties": False,
             "properties": {"on": {"const": "item"}, "item": {"type": "object"}}},
            {"type": "object", "required": ["on", "id"], "additionalProperties": False,
             "properties": {"on": {"enum": ["call", "message"]}, "id": {"type": "string"}}},
        ],
    },
    "bedrock": {
        "type": "object", "additionalProperties": False,
        "properties": {
            "index": {"type": "integer"}, "redactedContent": {"type": "string"},
            "reasoningText": {"type": "object", "required": ["text"]},
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("case", CASES)
async def test_a_part_is_of_its_wires_form(case: str, streamed: bool) -> None:
    vendor, plain, stream = CASES[case]
    reply, _, _ = await heard(vendor, stream if streamed else plain, streamed=streamed)
    assert reply.parts
    for part in reply.parts:
        schema = PART[part.family.partition("/")[0]]
        jsonschema.validate(json.loads(json.dumps(part.data)), schema)
