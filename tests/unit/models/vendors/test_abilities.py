"""What a server of one's own says that its model can."""

from __future__ import annotations

import json
from typing import Any

import pytest

from batuta.core.model import Abilities
from batuta.core.redaction import Secret
from batuta.models.named import NamedModels
from batuta.models.vendors import VendorAccess, VendorModel
from tests.unit.models.vendors.socket_server import Step, answer, serving

LLAMA = {
    "chat_template_caps": {"supports_tools": False, "supports_tool_calls": False},
    "default_generation_settings": {"n_ctx": 8192},
}
NOT_FOUND = [b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}"]


def json_answer(body: Any) -> list[Step]:
    return list(answer(json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([json_answer(LLAMA)], Abilities(tools=False, context_tokens=8192)),
        (
            [NOT_FOUND, json_answer({"capabilities": ["completion", "tools"]})],
            Abilities(tools=True),
        ),
        ([NOT_FOUND, json_answer({"capabilities": ["completion"]})], Abilities(tools=False)),
        ([NOT_FOUND, NOT_FOUND], Abilities()),
        (
            [json_answer(["odd"]), [b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n<a/>"]],
            Abilities(),
        ),
    ],
    ids=["llama.cpp", "ollama", "ollama without", "silent", "odd"],
)
async def test_a_server_that_can_be_asked_says_whether_it_shows_tools(
    answers: list[list[Step]], said: Abilities
) -> None:
    async with serving(*answers) as server:
        access = VendorAccess(key=Secret("sk-own"), base_url=f"{server.url}/v1")
        model = VendorModel("compatible:small", access)
        assert await model.abilities() == said
    assert server.asked[0].path == "/props"
    assert server.asked[0].headers["authorization"] == "Bearer sk-own"


async def test_a_vendor_is_not_asked_nor_a_server_that_is_not_there() -> None:
    assert await VendorModel("openai:gpt", VendorAccess(key=Secret("k"))).abilities() == Abilities()
    nowhere = VendorAccess(base_url="http://127.0.0.1:9/v1")
    assert await VendorModel("compatible:small", nowhere).abilities() == Abilities()


async def test_a_chain_says_it_of_each_of_its_models() -> None:
    async with serving(json_answer(LLAMA)) as server:
        access = VendorAccess(base_url=f"{server.url}/v1")
        models = NamedModels("compatible:a|compatible:b", lambda _: (access, 2, 1.0), {})
        able = await models.abilities()
    assert {name: each.tools for name, each in able.items()} == {
        "compatible:a": False,
        "compatible:b": False,
    }
