"""What is sent is what every vendor takes: legal names, tools for blocks, whole characters."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.models.vendors.families import family_of
from batuta.models.vendors.names import ToolNames, legal_name
from batuta.models.vendors.schemas import inlined, plain, strict
from tests.unit.models.vendors.asking import DAY, LOOK, TALK, calls_of, heard
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, CHAT, KEY, VENDORS, Vendor

LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
ODD = (
    "tennis.book",
    "Court Booking",
    "transfer_to_Zoë's desk",
    "予約",
    "9lives",
    "x" * 65,
    "-",
    "ab/cd",
)
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


@pytest.fixture(params=VENDORS, ids=lambda v: v.model.partition(":")[0])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@given(st.lists(st.text(min_size=1), min_size=1, unique=True))
def test_every_name_has_a_legal_form_of_its_own_and_a_way_back(names: list[str]) -> None:
    forms = [legal_name(name) for name in names]
    assert all(LEGAL.fullmatch(form) for form in forms)
    assert len(set(forms)) == len(forms)
    assert [ToolNames(names).ours(form) for form in forms] == names


def test_a_legal_name_stays_as_it_is() -> None:
    for name in ("look", "transfer_to_desk", "a-b_C9", "x" * 64):
        assert legal_name(name) == name


@BOTH
async def test_a_tool_of_any_name_is_sent_in_a_legal_form_and_called_by_its_own(
    vendor: Vendor, streamed: bool
) -> None:
    tools = tuple(ToolSchema(name, "Do.", DAY) for name in ODD)
    before = ToolCall("c0", ODD[0], {"day": "Mo"})
    talk = [*TALK, Message("assistant", tool_calls=(before,)), Message.tool(before, "ok")]
    calls = [(f"c{n}", legal_name(name), {"day": "Tu"}) for n, name in enumerate(ODD, 1)]
    steps = vendor.calls_stream(*calls) if streamed else vendor.calls(*calls)
    request = ModelRequest(talk, tools)
    reply, _, asked = await heard(vendor, steps, request=request, streamed=streamed)
    assert [call.name for call in reply.tool_calls] == list(ODD)
    names = re.findall(r'"name": "([^"]*)"', json.dumps(asked[0].body, ensure_ascii=False))
    assert names
    assert all(LEGAL.fullmatch(name) for name in names)


async def test_bedrock_is_sent_tools_wherever_the_history_has_their_blocks() -> None:
    call = ToolCall("c1", "look", {"day": "Mo"})
    talk = [*TALK, Message("assistant", tool_calls=(call,)), Message.tool(call, "free")]
    request = ModelRequest([*talk, Message.user("And?")])
    reply, _, asked = await heard(BEDROCK, BEDROCK.text("Free."), request=request)
    assert reply.text == "Free."
    tools = asked[0].body["toolConfig"]["tools"]
    assert [tool["toolSpec"]["name"] for tool in tools if "cachePoint" not in tool] == ["look"]
    _, _, asked = await heard(BEDROCK, BEDROCK.text("Hi."), request=ModelRequest(TALK))
    assert "toolConfig" not in asked[0].body


async def test_half_characters_are_replaced(vendor: Vendor) -> None:
    talk = [Message.user("caf\udce9 and \ud83c\udfbe")]
    _, _, asked = await heard(vendor, vendor.text("ok"), request=ModelRequest(talk))
    assert "caf\ufffd and \U0001f3be" in json.dumps(asked[0].body, ensure_ascii=False)


async def test_results_stand_in_the_order_of_their_calls(vendor: Vendor) -> None:
    first, second = ToolCall("c1", "look", {"day": "Mo"}), ToolCall("c2", "look", {"day": "Tu"})
    talk = [*TALK, Message("assistant", tool_calls=(first, second)),
            Message.tool(second, "busy"), Message.tool(first, "free")]  # fmt: skip
    request = ModelRequest(talk, (LOOK,))
    _, _, asked = await heard(vendor, vendor.text("ok"), request=request)
    told = json.dumps(asked[0].body)
    assert told.index("free") < told.index("busy")


async def test_blank_texts_are_not_sent(vendor: Vendor) -> None:
    call = ToolCall("c1", "look", {"day": "Mo"})
    talk = [*TALK, Message("assistant", "  ", tool_calls=(call,)), Message.tool(call, "")]
    request = ModelRequest(talk, (LOOK,))
    _, _, asked = await heard(vendor, vendor.text("ok"), request=request)

    def texts(node: Any) -> list[str]:
        if isinstance(node, dict):
            own = [v for k, v in node.items() if k in {"text", "content", "output"}]
            return [v for v in own if isinstance(v, str)] + [
                t for v in node.values() for t in texts(v)
            ]
        return [t for each in node for t in texts(each)] if isinstance(node, list) else []

    assert texts(asked[0].body)
    assert all(text.strip() for text in texts(asked[0].body))


async def test_a_schema_is_strict_where_nothing_of_it_is_lost() -> None:
    loose = {"type": "object", "properties": {"n": {"type": "integer"}, "m": {"type": "string"}},
             "required": ["n"]}  # fmt: skip
    request = ModelRequest(TALK, (LOOK, ToolSchema("more", "More.", loose)))
    _, _, asked = await heard(CHAT, CHAT.text("ok"), request=request)
    look, more = (tool["function"] for tool in asked[0].body["tools"])
    assert (look["strict"], look["parameters"]["additionalProperties"]) == (True, False)
    assert (more["strict"], more["parameters"]) == (False, loose)


def test_a_property_called_title_is_kept_and_titles_are_not() -> None:
    field = {"type": "string", "title": "X"}
    schema = {"title": "T", "type": "object", "properties": {"title": field}, "required": ["title"]}
    wanted = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert plain(schema) == wanted
    assert strict(schema) == {**wanted, "additionalProperties": False}


def test_definitions_are_put_where_they_are_referred_to() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/$defs/D"}},
              "$defs": {"D": {"type": "string", "title": "D"}}}  # fmt: skip
    assert inlined(schema) == {"type": "object", "properties": {"a": {"type": "string"}}}
    loop = {"type": "object", "properties": {"a": {"$ref": "#/$defs/D"}},
            "$defs": {"D": {"type": "array", "items": {"$ref": "#/$defs/D"}}}}  # fmt: skip
    assert inlined(loop) == loop


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("openai:gpt-5-mini-2025-08-07", "openai/gpt"),
        ("openai:o3", "openai/o"),
        ("openai-chat:gpt-4.1", "openai-chat/gpt"),
        ("anthropic:claude-haiku-4-5", "anthropic/claude"),
        ("bedrock:eu.anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock/claude"),
        ("bedrock:amazon.nova-lite-v1:0", "bedrock/nova"),
        ("compatible:google/gemini-3-pro", "compatible/gemini"),
        ("compatible:deepseek-v3.2", "compatible/deepseek"),
        ("compatible:qwen3:8b", "compatible/qwen"),
    ],
)
def test_a_family_is_the_provider_and_the_models_first_word(model: str, family: str) -> None:
    assert family_of(model) == family


async def test_a_form_is_called_by_a_legal_name_and_read_back() -> None:
    form = ModelRequest(TALK, output=OutputSchema("Form Über", DAY))
    steps = ANTHROPIC.calls(("a", legal_name("Form Über"), {"day": "Mo"}))
    reply, _, asked = await heard(ANTHROPIC, steps, request=form)
    assert (reply.output, reply.tool_calls) == ({"day": "Mo"}, ())
    assert LEGAL.fullmatch(asked[0].body["tools"][0]["name"])
    assert calls_of(reply) == []
