"""What each vendor is sent, and how it is connected to."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema
from batuta.core.model_settings import ModelSettings
from batuta.core.redaction import Secret
from batuta.errors import ConfigError, ModelReplyInvalid, install_command
from batuta.models.vendors import PROVIDERS, VendorAccess, VendorModel
from tests.unit.models.vendors.socket_server import Server, serving
from tests.unit.models.vendors.wires import (
    ANTHROPIC,
    BEDROCK,
    CALLS,
    CHAT,
    COMPATIBLE,
    KEY,
    RESPONSES,
    VENDORS,
    Vendor,
)

DAY = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
LOOK = ToolSchema("look", "Look at a day.", DAY)
CALL = ToolCall("c1", "look", {"day": "Monday"})
TALK = (
    Message.system("Be brief."),
    Message.user("Is Monday free?"),
    Message("assistant", "I look.", tool_calls=(CALL,)),
    Message.tool(CALL, "free"),
    Message.user("Book it"),
)


class Form(BaseModel):
    day: str
    court: str | None = None


@pytest.fixture(params=VENDORS, ids=lambda v: v.model.partition(":")[0])
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return request.param


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)


async def sent(vendor: Vendor, request: ModelRequest, model: str = "", **more: Any) -> Any:
    async with serving(vendor.text("ok")) as server:
        made = vendor.make(server.url, **more)
        if model:
            made = VendorModel(model, made._access)
        await made.reply(request)
        await made.aclose()
    return server.asked[0]


async def test_a_conversation_arrives_whole(vendor: Vendor) -> None:
    asked = await sent(vendor, ModelRequest(TALK, (LOOK,), max_output_tokens=77))
    text = json.dumps(asked.body)
    places = [text.index(w) for w in ("Is Monday free?", "I look.", "Book it")]
    assert places == sorted(places)
    assert "Be brief." in text
    assert text.count('"c1"') == 2
    assert "Look at a day." in text
    assert ": 77" in text
    assert "temperature" not in text


async def test_the_key_goes_where_it_belongs(vendor: Vendor) -> None:
    asked = await sent(vendor, ModelRequest(TALK))
    if vendor is BEDROCK:
        assert "AKIDEXAMPLE" in asked.headers["authorization"]
        assert KEY not in str(asked.headers)
    else:
        assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert asked.headers.get("accept-encoding", "identity") == "identity"


async def test_openai_is_asked_not_to_keep_the_conversation() -> None:
    assert (await sent(RESPONSES, ModelRequest(TALK))).body["store"] is False


async def test_a_form_is_asked_for_in_each_vendors_most_certain_way(vendor: Vendor) -> None:
    shape = OutputSchema("Form", Form.model_json_schema())
    body = (await sent(vendor, ModelRequest(TALK[:2], output=shape))).body
    if vendor is RESPONSES:
        assert body["text"]["format"]["type"] == "json_schema"
    elif vendor is CHAT:
        assert body["response_format"]["json_schema"]["schema"]["properties"].keys() == {
            "day",
            "court",
        }
    elif vendor is COMPATIBLE:
        assert body["response_format"]["type"] == "json_schema"
        assert '"day"' in body["messages"][0]["content"]  # for a server that ignores the format
        assert [m["role"] for m in body["messages"]] == ["system", "user"]
    elif vendor is ANTHROPIC:
        assert body["tool_choice"]["type"] == "any"
        assert [t["name"] for t in body["tools"]] == ["Form"]
    else:
        assert body["toolConfig"]["toolChoice"] == {"any": {}}


async def test_a_form_that_does_not_parse_is_left_as_text(vendor: Vendor) -> None:
    shape = OutputSchema("Form", Form.model_json_schema())
    async with serving(vendor.text("Monday, I think.")) as server:
        model = vendor.make(server.url)
        reply = await model.reply(ModelRequest(TALK[:2], output=shape))
        await model.aclose()
    assert (reply.output, reply.text) == (None, "Monday, I think.")


@pytest.mark.parametrize("text", ['{"day": "Monday"}', '```json\n{"day": "Monday"}\n```'])
async def test_a_form_given_as_text_is_read(vendor: Vendor, text: str) -> None:
    shape = OutputSchema("Form", Form.model_json_schema())
    async with serving(vendor.text(text)) as server:
        model = vendor.make(server.url)
        reply = await model.reply(ModelRequest(TALK[:2], output=shape))
        await model.aclose()
    assert reply.output == {"day": "Monday"}


@pytest.mark.parametrize(
    ("name", "wire", "told"),
    [
        ("openai:gpt-5-mini", RESPONSES, False),
        ("openai:gpt-4.1-mini", RESPONSES, True),
        ("openai-chat:gpt-4.1-mini", CHAT, True),
        ("openai-chat:o3", CHAT, False),
        ("compatible:llama3.2", COMPATIBLE, True),
        ("anthropic:claude-haiku-4-5", ANTHROPIC, True),
        ("anthropic:claude-opus-5-5", ANTHROPIC, False),
        ("bedrock:amazon.nova-lite-v1:0", BEDROCK, True),
    ],
)
async def test_a_temperature_is_told_to_models_that_take_one(
    name: str, wire: Vendor, told: bool
) -> None:
    request = ModelRequest(TALK[:2], settings=ModelSettings(temperature=0.2))
    if told:
        assert "0.2" in json.dumps((await sent(wire, request, model=name)).body)
        return
    with pytest.raises(ConfigError, match="does not take the setting temperature"):
        await sent(wire, request, model=name)


@pytest.mark.parametrize(
    ("vendor", "streamed"),
    [
        (vendor, streamed)
        for vendor in VENDORS
        for streamed in (False, True)
        # These send whole arguments as data, which cannot be broken.
        if streamed or vendor not in (ANTHROPIC, BEDROCK)
    ],
)
async def test_arguments_that_are_no_json_are_kept_as_they_are(
    vendor: Vendor, streamed: bool
) -> None:
    broken = ("call_1", "look", '{"day": ')
    made = vendor.calls_stream(broken) if streamed else vendor.calls(broken)
    async with serving(made) as server:
        model = vendor.make(server.url)
        request = ModelRequest(TALK[:2], (LOOK,))
        reply = await (model.reply(request, lambda p: None) if streamed else model.reply(request))
        await model.aclose()
    (call,) = reply.tool_calls
    assert (call.arguments, call.invalid) == ({}, '{"day": ')


async def test_an_id_that_the_conversation_knows_already_is_replaced(vendor: Vendor) -> None:
    async with serving(vendor.calls(("c1", "look", {"day": "Tuesday"}))) as server:
        model = vendor.make(server.url)
        reply = await model.reply(ModelRequest(TALK, (LOOK,)))
        await model.aclose()
    assert reply.tool_calls[0].id not in {"c1", ""}


async def test_one_connection_serves_one_call_after_the_other(vendor: Vendor) -> None:
    async with serving(vendor.text("ok")) as server:
        model = vendor.make(server.url)
        for _ in range(3):
            await model.reply(ModelRequest(TALK))
        await model.aclose()
        assert len(server.asked) == 3
        assert server.connections == 1
        await asyncio.wait_for(server.left.wait(), 20)


async def test_a_closed_model_connects_anew(vendor: Vendor) -> None:
    async with serving(vendor.text("ok")) as server:
        model = vendor.make(server.url)
        for _ in range(2):
            await model.reply(ModelRequest(TALK))
            await model.aclose()
    assert server.connections == 2


async def test_many_calls_at_once_do_not_mix(vendor: Vendor) -> None:
    async with serving(vendor.text("ok")) as server:
        model = vendor.make(server.url)
        async with asyncio.TaskGroup() as group:
            for n in range(8):
                group.create_task(model.reply(ModelRequest([Message.user(f"number {n}")])))
        await model.aclose()
    texts = [json.dumps(asked.body) for asked in server.asked]
    assert all(sum(f"number {n}" in text for text in texts) == 1 for n in range(8))


def test_one_model_works_in_loop_after_loop() -> None:
    async def ask(model: VendorModel, server: Server) -> str:
        return (await model.reply(ModelRequest(TALK))).text

    models: list[VendorModel] = []

    async def once() -> str:
        async with serving(CHAT.text("ok")) as server:
            if not models:
                models.append(CHAT.make(server.url))
            model = models[0]
            object.__setattr__(model._access, "base_url", f"{server.url}/v1")
            try:
                return await ask(model, server)
            finally:
                await model.aclose()

    assert [asyncio.run(once()) for _ in range(2)] == ["ok", "ok"]


@pytest.mark.parametrize("name", ["openai", "openai:", ":x", "", "mistral:x", "OPENAI:x"])
def test_a_name_that_is_none_lists_the_providers(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        VendorModel(name)
    assert "openai-chat" in caught.value.mend


def test_a_missing_key_says_which_variable_to_set() -> None:
    for name, variable in (("openai:x", "OPENAI_API_KEY"), ("anthropic:x", "ANTHROPIC_API_KEY")):
        with pytest.raises(ConfigError) as caught:
            VendorModel(name)
        assert variable in caught.value.what
    with pytest.raises(ConfigError) as caught:
        VendorModel("compatible:x")
    assert "BATUTA_COMPATIBLE_BASE_URL" in caught.value.what


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_missing_extra_says_what_to_install(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.models.vendors.access.find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        VendorModel(f"{provider}:x", VendorAccess(key=Secret("k"), base_url="http://127.0.0.1:1"))
    extra = PROVIDERS[provider].extra
    assert caught.value.mend == f"Install the extra {extra} of batuta-agents."
    assert caught.value.__notes__ == [f"Run: {install_command(extra)}"]


async def test_a_region_that_is_nowhere_set_is_a_setting_at_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    model = VendorModel("bedrock:amazon.nova-lite-v1:0")
    with pytest.raises(ConfigError) as caught:
        await model.reply(ModelRequest(TALK))
    assert "AWS_REGION" in caught.value.mend
    assert ".." not in str(caught.value)


def test_nothing_heavy_is_loaded_before_the_first_call() -> None:
    code = (
        "import sys\n"
        "from batuta.models.vendors import VendorAccess, VendorModel\n"
        "from batuta.core.redaction import Secret\n"
        "VendorModel('openai:x', VendorAccess(key=Secret('k')))\n"
        "print([m for m in ('openai', 'anthropic', 'boto3', 'botocore', 'pydantic_ai', 'httpx2',"
        " 'genai_prices', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
    assert importlib.util.find_spec("openai")


async def test_the_limit_of_a_reply_holds_for_calls_too(vendor: Vendor) -> None:
    async with serving(vendor.calls(*CALLS)) as server:
        model = vendor.make(server.url, reply_bytes=50)
        with pytest.raises(ModelReplyInvalid):
            await model.reply(ModelRequest(TALK, (LOOK,)))
        await model.aclose()
