"""Loops of ten turns by the real SDKs; the stand-in before them counts as vendors' caches do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from batuta import Budget, FunctionCalling, ModelSettings, Price, RunOptions, RunRecord, Session
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.price import PriceTable
from batuta.core.redaction import Secret
from batuta.core.tool import tool
from batuta.models.vendors import VendorAccess, VendorModel
from batuta.runtimes.local import LocalRuntime
from batuta.standin import serve_standin
from batuta.standin.failures import Rejected
from batuta.standin.prompt_cache import anthropic_blocks, converse_blocks
from batuta.testing import calls
from batuta.wiring import LAYERS

TURNS = 10
RULES = "You look up courts for the members of a club. " * 400
PRICE = Price(1.0, 5.0, "test", cached_usd=0.1, cache_write_usd=1.25)
MODELS = (
    "openai:gpt-5-mini",
    "openai-chat:gpt-4.1-mini",
    "anthropic:claude-sonnet-4-5",
    "bedrock:eu.anthropic.claude-sonnet-4-5-v1:0",
)


@tool
async def look(day: str) -> str:
    """Look which courts are free on a day.

    Args:
        day: As an ISO date.
    """
    return f"On {day} these are free: " + ", ".join(f"court {n} at {n}:00" for n in range(40))


class Looker:
    """Calls a tool nine times, then answers; its tokens are what it was given to read."""

    name = "scripted:looker"

    def __init__(self) -> None:
        self.asked = 0

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked += 1
        size = sum(
            len(m.text) + sum(len(str(dict(c.arguments))) for c in m.tool_calls)
            for m in request.messages
        )
        used = Usage(size // 4 + 200, 20)
        if self.asked % TURNS:
            wish = calls(("look", {"day": f"2026-03-{self.asked:02}"}))
            return replace(wish, usage=used, model=self.name)
        emit("Court 3 is free.")
        return ModelReply("Court 3 is free.", usage=used, model=self.name)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")


async def looped(name: str, settings: ModelSettings | None = None) -> RunRecord:
    """Run the loop once, in a conversation of its own."""
    async with serve_standin(Looker()) as server:
        openai = name.startswith("openai")
        access = VendorAccess(
            key=Secret("any"),
            base_url=server.openai_url if openai else server.url,
            region="eu-west-1",
        )
        model = VendorModel(name, access)
        agent = FunctionCalling(tools=[look], instructions=RULES, model=model, max_turns=TURNS)
        runtime = LocalRuntime(LAYERS, prices=PriceTable({name: PRICE}))
        options = RunOptions(
            session=Session("ses_1", "local"), budget=Budget(seconds=None), settings=settings
        )
        try:
            return (await runtime.run(agent, Message.user("Which are free?"), options)).raised()
        finally:
            await model.aclose()
            await runtime.stop()


@pytest.mark.parametrize("name", MODELS)
async def test_most_of_a_loops_input_comes_from_the_cache_and_costs_less(name: str) -> None:
    record = await looped(name)
    used = record.usage
    assert record.model_calls == TURNS
    assert used.cached_tokens >= 0.7 * used.input_tokens
    assert record.cost.usd == pytest.approx(PRICE.cost_usd(used))
    plain = PRICE.cost_usd(Usage(used.input_tokens, used.output_tokens))
    assert (record.cost.usd or plain) < 0.5 * plain
    ends = [e.usage for e in record.events if e.kind == "model" and e.phase == "end"]
    assert sum(each.cached_tokens for each in ends if each) == used.cached_tokens


@pytest.mark.parametrize("name", MODELS[2:])
async def test_switched_off_nothing_is_read_written_or_saved(name: str) -> None:
    record = await looped(name, ModelSettings(caching=False))
    used = record.usage
    assert (used.cached_tokens, used.cache_write_tokens) == (0, 0)
    cached = await looped(name)
    assert (cached.cost.usd or 0) < (record.cost.usd or 0)


def marked(count: int, least: str) -> dict[str, Any]:
    control = {"cache_control": {"type": "ephemeral"}}
    blocks = [{"type": "text", "text": least, **control} for _ in range(count)]
    return {"system": "Be brief.", "messages": [{"role": "user", "content": blocks}]}


def test_a_request_with_more_marks_than_four_is_rejected_as_the_vendor_does() -> None:
    assert sum(block.marked for block in anthropic_blocks(marked(4, "a"))) == 4
    with pytest.raises(Rejected):
        anthropic_blocks(marked(5, "a"))
    points = [{"text": "a"}, {"cachePoint": {"type": "default"}}] * 5
    with pytest.raises(Rejected):
        converse_blocks({"messages": [{"role": "user", "content": points}]})


async def test_a_short_prompt_is_not_kept_at_all() -> None:
    async with serve_standin(Looker()) as server:
        access = VendorAccess(key=Secret("any"), base_url=server.url)
        model = VendorModel("anthropic:claude-haiku-4-5", access)
        talk = [Message.system("Be brief."), Message.user("Which are free?")]
        try:
            replies = [await model.reply(ModelRequest(talk, (look.schema,))) for _ in range(2)]
        finally:
            await model.aclose()
    used = [(reply.usage.cached_tokens, reply.usage.cache_write_tokens) for reply in replies]
    assert used == [(0, 0), (0, 0)]
