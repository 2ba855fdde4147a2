"""Images and files in each wire's own form: what is sent is what a server of that wire reads."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from batuta.core.attachment import Attachment
from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest
from batuta.errors import InvalidInput
from batuta.models.vendors.anthropic import MessagesFormat
from batuta.models.vendors.attachment_rules import check_attachments, table
from batuta.models.vendors.bedrock import ConverseWire
from batuta.models.vendors.openai_chat import ChatFormat
from batuta.models.vendors.openai_responses import ResponsesFormat
from batuta.standin import anthropic_messages, bedrock_converse, openai_chat, openai_responses
from batuta.standin.formats import WireFormat
from batuta.standin.json_node import JsonNode
from tests.pictures import PDF, PNG, png

IMAGE = Attachment.of(PNG, name="court a.png")
RULES = Attachment.of(PDF, name="rules_2026.pdf")
NOTE = Attachment.of(b"Court A is wet.", name="note.txt")
SHOWN = Message.user("What is this?").attaching(IMAGE, RULES)
LOOKED = (
    Message("assistant", "", tool_calls=(ToolCall("c1", "look", {}), ToolCall("c2", "ask", {}))),
    Message("tool", "Court B", call_id="c1", name="look", parts=(Attachment.of(png(90)),)),
    Message("tool", "dry", call_id="c2", name="ask"),
)
Written = Callable[[ModelRequest], dict[str, Any]]


def _converse(request: ModelRequest) -> dict[str, Any]:
    wire = ConverseWire("bedrock:anthropic.claude-haiku-4-5-v1:0", None, 1)
    return cast("dict[str, Any]", _with_base64(wire.body(request)))


def _with_base64(value: Any) -> Any:
    """Write bytes as botocore does."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return {name: _with_base64(each) for name, each in held.items()}
    return [_with_base64(e) for e in cast("list[Any]", value)] if isinstance(value, list) else value


WIRES: dict[str, tuple[Written, WireFormat]] = {
    "openai": (
        lambda asked: ResponsesFormat("openai:gpt-5-mini").body(asked, streamed=False),
        openai_responses.FORMAT,
    ),
    "openai-chat": (
        lambda asked: ChatFormat("openai-chat:gpt-5-mini", own=True).body(asked, streamed=False),
        openai_chat.FORMAT,
    ),
    "compatible": (
        lambda asked: ChatFormat("compatible:qwen3-vl", own=False).body(asked, streamed=False),
        openai_chat.FORMAT,
    ),
    "anthropic": (
        lambda asked: MessagesFormat("anthropic:claude-haiku-4-5").body(asked, streamed=False),
        anthropic_messages.FORMAT,
    ),
    "bedrock": (_converse, bedrock_converse.FORMAT),
}


def _read(wire: str, messages: list[Message]) -> list[Message]:
    written, form = WIRES[wire]
    path = {"how": "converse", "model": "m"}
    asked = form.read(JsonNode(written(ModelRequest(messages))), path)
    return [m for m in asked.request.messages if m.role != "system"]


@pytest.mark.parametrize("wire", WIRES)
def test_images_and_files_arrive_as_they_are(wire: str) -> None:
    (said,) = _read(wire, [Message.system("Look."), SHOWN])

    assert [each.digest for each in said.attachments] == [IMAGE.digest, RULES.digest]
    assert [each.media_type for each in said.attachments] == ["image/png", "application/pdf"]
    assert said.text == "What is this?"


@pytest.mark.parametrize("wire", WIRES)
def test_what_a_tool_shows_arrives_beside_its_result(wire: str) -> None:
    said = _read(wire, [Message.user("Look."), *LOOKED])

    shown = [each for message in said for each in message.attachments]
    assert [each.digest for each in shown] == [Attachment.of(png(90)).digest]
    assert [m.text for m in said if m.role == "tool"] == ["Court B", "dry"]


@pytest.mark.parametrize("wire", WIRES)
def test_words_in_a_file_are_read(wire: str) -> None:
    (said,) = _read(wire, [Message.user("Is it dry?").attaching(NOTE)])
    read = said.text + "".join(each.data.decode() for each in said.attachments)

    assert "Court A is wet." in read
    assert "Is it dry?" in read


@pytest.mark.parametrize("wire", WIRES)
def test_what_is_no_longer_kept_is_told_in_words(wire: str) -> None:
    gone = Message.from_json(SHOWN.to_json())
    (said,) = _read(wire, [gone])

    assert said.attachments == ()
    assert f"[{IMAGE.described()} is no longer kept.]" in said.text


def test_sides_that_alternate_may_hold_words_and_images() -> None:
    body = WIRES["compatible"][0](ModelRequest([Message.user("One."), SHOWN, Message.user("Two.")]))

    (said,) = body["messages"]
    kinds = [part["type"] for part in said["content"]]
    assert kinds == ["text", "image_url", "file", "text", "text"]


@pytest.mark.parametrize(
    ("model", "shown", "problem"),
    [
        ("openai:o3-mini", IMAGE, "o3-mini sees no images"),
        ("openai-chat:gpt-3.5-turbo", RULES, "reads no PDF"),
        ("anthropic:claude-3-haiku-20240307", RULES, "reads no PDF"),
        ("bedrock:amazon.nova-micro-v1:0", IMAGE, "nova-micro-v1:0 sees no images"),
        ("bedrock:eu.amazon.nova-lite-v1:0", IMAGE, ""),
        ("bedrock:us.meta.llama4-scout-17b-v1:0", IMAGE, ""),
        ("bedrock:deepseek.r1-v1:0", IMAGE, "sees no images"),
        ("bedrock:deepseek.r1-v1:0", RULES, ""),
        ("bedrock-agent:agent/alias", IMAGE, "A Bedrock Agent is shown no images"),
        ("local:smollm2", IMAGE, "sees no images"),
        ("local:smollm2", NOTE, ""),
        ("offline:rules", NOTE, "stand-in and sees no images or files"),
        ("openai:gpt-5-mini|openai:o3-mini", IMAGE, "o3-mini sees no images"),
        ("compatible:anything", IMAGE, ""),
        ("parrot:1", IMAGE, ""),
    ],
)
def test_model_that_cannot_says_so(model: str, shown: Attachment, problem: str) -> None:
    if not problem:
        check_attachments(model, [shown])
        return
    with pytest.raises(InvalidInput, match=problem):
        check_attachments(model, [shown])


@pytest.mark.parametrize(
    ("model", "size"),
    [
        ("anthropic:claude-haiku-4-5", 5_000_001),
        ("bedrock:anthropic.claude-haiku-4-5-v1:0", 3_750_001),
    ],
)
def test_image_larger_than_the_vendor_takes_is_told(model: str, size: int) -> None:
    with pytest.raises(InvalidInput, match=f"takes {size - 1:,} bytes at most"):
        check_attachments(model, [Attachment("0" * 64, "image/png", size)])


def test_blind_model_is_refused_the_users_image_and_told_of_a_tools() -> None:
    written = ResponsesFormat("openai:o3-mini")

    with pytest.raises(InvalidInput, match="sees no images"):
        written.body(ModelRequest([SHOWN]), streamed=False)
    body = written.body(ModelRequest([Message.user("Look."), *LOOKED]), streamed=False)
    outputs = [i["output"] for i in body["input"] if i.get("type") == "function_call_output"]
    assert "o3-mini sees no images" in outputs[0][0]["text"]


def test_page_has_the_table_of_the_rules() -> None:
    page = (Path(__file__).parents[4] / "docs/attachments.md").read_text()

    assert table() in page
