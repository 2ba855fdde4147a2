"""Every vendor's answers become the same reply, whole or streamed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, OutputSchema, ToolSchema, Usage
from tests.unit.models.vendors.socket_server import serving
from tests.unit.models.vendors.wires import CALLS, KEY, TEXT, VENDORS, Vendor

DAY = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
SLOT = {"type": "object", "properties": {"slot": {"type": "string"}}, "required": ["slot"]}
TOOLS = (ToolSchema("look", "Look.", DAY), ToolSchema("book", "Book.", SLOT))
TALK = [Message.system("Be brief."), Message.user("Is a court free?")]
PLAIN = ModelRequest(TALK)
WISH = ModelRequest(TALK, TOOLS)
FORM = ModelRequest(TALK, output=OutputSchema("Form", DAY))


@pytest.fixture(params=VENDORS, ids=lambda v: v.model.partition(":")[0])
def vendor(request: pytest.FixtureRequest) -> Iterator[Vendor]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        patch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
        yield request.param


async def test_a_text_comes_with_its_usage_and_who_said_it(vendor: Vendor) -> None:
    async with serving(vendor.text("Court A is free.")) as server:
        model = vendor.make(server.url)
        reply = await model.reply(PLAIN)
        await model.aclose()
    assert (reply.text, reply.tool_calls, reply.output) == ("Court A is free.", (), None)
    assert reply.stop_reason == "end"
    assert reply.usage == Usage(*vendor.usage)
    provider, _, name = vendor.model.partition(":")
    assert reply.model.startswith(f"{provider}:")
    assert not reply.stand_in
    assert server.asked[0].path == vendor.path
    assert name


async def test_a_streamed_text_comes_in_pieces_that_make_the_whole(vendor: Vendor) -> None:
    pieces: list[str] = []
    async with serving(vendor.text_stream(TEXT)) as server:
        model = vendor.make(server.url)
        reply = await model.reply(PLAIN, pieces.append)
        await model.aclose()
    assert pieces == list(TEXT)
    assert reply.text == "".join(TEXT)
    assert (reply.stop_reason, reply.usage) == ("end", Usage(*vendor.usage))
    assert server.asked[0].path == vendor.stream_path


@pytest.mark.parametrize("streamed", [False, True])
async def test_several_calls_come_in_order(vendor: Vendor, streamed: bool) -> None:
    made = vendor.calls_stream(*CALLS) if streamed else vendor.calls(*CALLS)
    async with serving(made) as server:
        model = vendor.make(server.url)
        reply = await (model.reply(WISH, lambda piece: None) if streamed else model.reply(WISH))
        await model.aclose()
    assert reply.tool_calls == tuple(ToolCall(*call) for call in CALLS)
    assert (reply.stop_reason, reply.text) == ("tool_calls", "")
    assert reply.usage == Usage(*vendor.usage)


async def test_a_form_comes_back_as_data(vendor: Vendor) -> None:
    async with serving(vendor.form({"day": "2026-03-02"})) as server:
        model = vendor.make(server.url)
        reply = await model.reply(FORM)
        await model.aclose()
    assert reply.output == {"day": "2026-03-02"}
    assert (reply.tool_calls, reply.stop_reason) == ((), "end")
