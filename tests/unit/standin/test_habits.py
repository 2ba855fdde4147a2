"""Servers of Chat Completions with habits of their own: what their rows say, and still honest."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import (
    Model,
    ModelReply,
    ModelRequest,
    OutputSchema,
    ToolSchema,
    Usage,
    ignore,
)
from batuta.errors import (
    ConfigError,
    ModelAuthFailed,
    ModelContextTooLong,
    ModelError,
    ModelNotFound,
    ModelRateLimited,
    ModelRefused,
    ModelUnavailable,
)
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.standin import STAND_IN_HEADER, STAND_IN_SUFFIX, Wire, serve_standin
from batuta.standin.habits import HABITS
from batuta.testing import ScriptedModel

DAY = {"type": "object", "properties": {"day": {"type": "string"}}, "required": ["day"]}
LOOK = ToolSchema("look", "Look.", DAY)
THOUGHTS = "The member wants a court: Monday or Tuesday?"
TWO = ModelReply(
    tool_calls=(ToolCall("a", "look", {"day": "Mo"}), ToolCall("b", "look", {"day": "Tu"})),
    stop_reason="tool_calls",
    usage=Usage(40, 20),
)
SAID = ModelReply("Court A is free.", usage=Usage(50, 8))
TALK = [Message.system("Be brief."), Message.user("Is a court free?")]
EACH = pytest.mark.parametrize("like", HABITS)
BOTH = pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])


@asynccontextmanager
async def served(
    like: str, replies: Sequence[Any], *, thoughts: str = THOUGHTS, **wire: Any
) -> AsyncIterator[tuple[VendorModel, Any]]:
    made: Model = ScriptedModel(list(replies))
    async with serve_standin(made, Wire(like=like, thoughts=thoughts, **wire)) as server:
        model = VendorModel("compatible:our-own-7b", VendorAccess(base_url=server.openai_url))
        yield model, server
        await model.aclose()


@asynccontextmanager
async def posted_to(like: str, replies: Sequence[Any]) -> AsyncIterator[httpx2.AsyncClient]:
    async with (
        served(like, replies) as (_, server),
        httpx2.AsyncClient(base_url=server.openai_url) as client,
    ):
        yield client


async def ask(model: VendorModel, request: ModelRequest, *, streamed: bool) -> ModelReply:
    pieces: list[str] = []
    reply = await model.reply(request, pieces.append if streamed else ignore)
    assert not streamed or request.output or "".join(pieces) == reply.text
    return reply


@EACH
@BOTH
async def test_a_turn_of_tools_comes_to_its_end(like: str, streamed: bool) -> None:
    async with served(like, [TWO, SAID]) as (model, server):
        wish = await ask(model, ModelRequest(TALK, (LOOK,)), streamed=streamed)
        assert [(c.name, c.arguments) for c in wish.tool_calls] == [
            ("look", {"day": "Mo"}), ("look", {"day": "Tu"})
        ]  # fmt: skip
        results = [Message.tool(call, "free") for call in wish.tool_calls]
        talk = [*TALK, wish.message(), *results]
        reply = await ask(model, ModelRequest(talk, (LOOK,)), streamed=streamed)
        assert {one.status for one in server.requests} == {200}
    assert (reply.text, reply.stop_reason, reply.stand_in) == (SAID.text, "end", True)
    thought = -(-len(THOUGHTS) // 4)
    assert reply.usage.input_tokens == SAID.usage.input_tokens
    assert reply.usage.output_tokens == SAID.usage.output_tokens + thought
    assert reply.usage_told
    known = 0 if HABITS[like].details_null else thought
    assert reply.usage.reasoning_tokens == known


@EACH
@BOTH
async def test_data_is_found_wherever_it_stands(like: str, streamed: bool) -> None:
    form = ModelReply(output={"day": "Mo"}, usage=Usage(9, 9))
    request = ModelRequest(TALK, output=OutputSchema("Form", DAY))
    async with served(like, [form]) as (model, _):
        assert (await ask(model, request, streamed=streamed)).output == {"day": "Mo"}


FAILED: list[tuple[ModelError, type[ModelError]]] = [
    (ModelRateLimited("m", 7), ModelRateLimited),
    (ModelUnavailable("m", "overloaded"), ModelUnavailable),
    (ModelContextTooLong("m", "too long"), ModelContextTooLong),
    (ModelNotFound("m", detail="no such model"), ModelNotFound),
]


@EACH
@BOTH
@pytest.mark.parametrize(("error", "kind"), FAILED, ids=lambda e: getattr(e, "__name__", ""))
async def test_a_failure_is_of_its_class_in_every_servers_shape(
    like: str, error: ModelError, kind: type[ModelError], streamed: bool
) -> None:
    async with served(like, [error]) as (model, _):
        with pytest.raises(kind) as caught:
            await ask(model, ModelRequest(TALK), streamed=streamed)
    if isinstance(caught.value, ModelRateLimited):
        assert caught.value.retry_after_s == 7


@EACH
async def test_a_wrong_key_is_one_everywhere(like: str) -> None:
    async with served(like, [SAID], key="right") as (model, _):
        with pytest.raises(ModelAuthFailed):
            await ask(model, ModelRequest(TALK), streamed=False)


@BOTH
async def test_azures_filter_turns_a_prompt_away(streamed: bool) -> None:
    async with served("azure", [ModelRefused("m", "will not")]) as (model, server):
        with pytest.raises(ModelRefused, match="content management policy"):
            await ask(model, ModelRequest(TALK), streamed=streamed)
        assert server.requests[-1].status == 400


@pytest.mark.parametrize("like", ["gemini", "deepseek"])
async def test_what_was_lost_on_the_way_is_turned_away(like: str) -> None:
    async with served(like, [TWO, SAID]) as (model, server):
        wish = await ask(model, ModelRequest(TALK, (LOOK,)), streamed=False)
        bare = Message("assistant", tool_calls=wish.tool_calls)
        talk = [*TALK, bare, *(Message.tool(call, "free") for call in wish.tool_calls)]
        with pytest.raises(ModelError, match=r"thought_signature|reasoning_content"):
            await ask(model, ModelRequest(talk, (LOOK,)), streamed=False)
        assert server.requests[-1].status == 400


def chat(messages: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": messages, **more}


HELLO = [{"role": "user", "content": "hi"}]


@EACH
async def test_every_reply_says_that_it_is_a_stand_ins(like: str) -> None:
    async with posted_to(like, [SAID, SAID, ModelRateLimited("m", 7)]) as client:
        plain = await client.post("/chat/completions", json=chat(HELLO))
        stream = await client.post("/chat/completions", json=chat(HELLO, stream=True))
        failed = await client.post("/chat/completions", json=chat(HELLO))
        listed = await client.get("/models")
    for answer in (plain, stream, failed, listed):
        assert answer.headers[STAND_IN_HEADER] == "true"
    assert plain.json()["model"].endswith(STAND_IN_SUFFIX)
    chunks = [line[6:] for line in stream.text.splitlines() if line.startswith("data: {")]
    assert all(json.loads(chunk)["model"].endswith(STAND_IN_SUFFIX) for chunk in chunks)
    assert stream.text.endswith("data: [DONE]\n\n")
    assert listed.json()["data"][0]["owned_by"].endswith(STAND_IN_SUFFIX)


async def test_habits_are_those_of_the_row() -> None:
    got: dict[str, Any] = {}
    for like in HABITS:
        async with posted_to(like, [TWO, SAID, ModelRateLimited("m", 7)]) as client:
            tools = [{"type": "function", "function": {"name": "look", "parameters": DAY}}]
            asked = chat(HELLO, stream=True, tools=tools)
            stream = (await client.post("/chat/completions", json=asked)).text
            plain = (await client.post("/chat/completions", json=chat(HELLO))).json()
            failed = await client.post("/chat/completions", json=chat(HELLO))
        got[like] = (stream, plain, failed)
    assert got["openrouter"][0].startswith(": OPENROUTER PROCESSING\n\n")
    assert got["deepseek"][0].startswith(": keep-alive\n\n")
    assert '"prompt_filter_results"' in got["azure"][0].split("\n\n")[0]
    assert got["gemini"][0].count('"index":1') == 0
    assert "thought_signature" in got["gemini"][0]
    assert got["ollama"][1]["choices"][0]["message"]["reasoning"] == THOUGHTS
    assert got["vllm"][1]["choices"][0]["message"]["reasoning_content"] == THOUGHTS
    assert got["lmstudio"][1]["choices"][0]["message"]["content"].startswith(
        f"{THOUGHTS}\n</think>"
    )
    assert got["openrouter"][2].status_code == 200
    assert isinstance(got["gemini"][2].json(), list)
    assert isinstance(got["lmstudio"][2].json()["error"], str)
    assert isinstance(got["vllm"][2].json()["error"]["code"], int)


@pytest.mark.parametrize("like", ["vllm", "llamacpp"])
@pytest.mark.parametrize("roles", [("user", "user"), ("user", "system")])
async def test_sides_take_turns_where_a_template_says_so(like: str, roles: tuple[str, ...]) -> None:
    messages = [{"role": role, "content": "hi"} for role in roles]
    async with posted_to(like, [SAID]) as client:
        answer = await client.post("/chat/completions", json=chat(messages))
    assert answer.status_code == 400


async def test_an_address_that_is_not_there_is_a_good_answer_at_lm_studio() -> None:
    async with served("lmstudio", [SAID]) as (_, server):
        async with httpx2.AsyncClient(base_url=server.url) as client:
            answer = await client.post("/chat/completions", json=chat(HELLO))
        assert (answer.status_code, "Unexpected endpoint" in answer.text) == (200, True)
        model = VendorModel("compatible:m", VendorAccess(base_url=server.url))
        with pytest.raises(ModelError, match="Unexpected endpoint"):
            await model.reply(ModelRequest(TALK))
        await model.aclose()


async def test_a_server_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"knows no server 'olama'.*ollama"):
        async with serve_standin(ScriptedModel([]), Wire(like="olama")):
            pass


@EACH
def test_each_row_names_where_it_was_seen(like: str) -> None:
    assert HABITS[like].sources
    assert all(source.where and source.what for source in HABITS[like].sources)
