"""What a vendor says of its service tier decides the price, and is kept with the reply."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.agent import FunctionAgent
from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest, Usage, ignore
from batuta.core.model_settings import ModelSettings
from batuta.core.price import Price, PriceTable
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BatutaError
from batuta.runtimes.local import LocalRuntime
from batuta.standin import Wire, serve_standin
from batuta.testing import ScriptedModel
from batuta.wiring import LAYERS
from tests.unit.models.vendors import wires
from tests.unit.models.vendors.asking import completion, deltas, heard
from tests.unit.models.vendors.socket_server import Step, answer, serving
from tests.unit.models.vendors.wires import ANTHROPIC, BEDROCK, CHAT, KEY, RESPONSES, Vendor

PRICES = PriceTable({f"{p}:*": Price(1.0, 10.0, "list", 0.5) for p in
                     ("openai", "openai-chat", "anthropic", "bedrock")})  # fmt: skip
USAGE = {"prompt_tokens": 1000, "completion_tokens": 100,
         "prompt_tokens_details": {"cached_tokens": 400}}  # fmt: skip
STANDARD_USD = (600 * 1.0 + 400 * 0.5 + 100 * 10.0) / 1e6


async def ask(message: Message, run: Run) -> Message:
    return (await run.ask([message])).message()


async def cost_of(vendor: Vendor, steps: list[Step], *, streamed: bool = False) -> float | None:
    async with serving(steps) as server:
        model = vendor.make(server.url)
        runtime = LocalRuntime(LAYERS, models=lambda _: model, prices=PRICES)
        agent = FunctionAgent(name="desk", answer=ask)
        record = await runtime.run(agent, Message.user("hi"))
        assert record.failure is None or isinstance(record.failure, BatutaError)
        await runtime.stop()
        await model.aclose()
    return record.cost.usd


@pytest.mark.parametrize(
    ("tier", "factor"), [("priority", 2), ("flex", 0.5), ("default", 1), (None, 1), ("scale", 1)]
)
async def test_priority_costs_twice_and_flex_half(tier: str | None, factor: float) -> None:
    steps = completion({"content": "hi"}, usage=USAGE, service_tier=tier)
    assert await cost_of(CHAT, steps) == pytest.approx(STANDARD_USD * factor)


async def test_a_tier_is_read_on_every_wire(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    claude = wires._claude([{"type": "text", "text": "hi"}])
    claude["usage"] = {**claude["usage"], "service_tier": "priority"}
    converse: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
        "stopReason": "end_turn", "usage": wires._CONVERSE_USAGE,
        "serviceTier": {"type": "priority"}, "metrics": {"latencyMs": 5},
    }  # fmt: skip
    responses = wires._response([wires._message("hi")], service_tier="priority")
    for vendor, steps in (
        (ANTHROPIC, answer(claude)), (BEDROCK, answer(converse)), (RESPONSES, answer(responses)),
        (CHAT, completion({"content": "hi"}, service_tier="priority")),
    ):  # fmt: skip
        reply, _, _ = await heard(vendor, steps)
        assert reply.service_tier == "priority", vendor.model
    stream = deltas({"content": "hi"}, service_tier="flex", usage=USAGE)
    reply, _, _ = await heard(CHAT, stream, streamed=True)
    assert reply.service_tier == "flex"


@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("vendor", [RESPONSES, CHAT, ANTHROPIC, BEDROCK], ids=lambda v: v.model)
async def test_a_tier_of_the_stand_in_is_priced_on_every_wire(
    vendor: Vendor, streamed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    said = ModelReply("hi", usage=Usage(1000, 100))
    async with serve_standin(ScriptedModel([said]), Wire(service_tier="flex")) as server:
        model = vendor.make(server.url)
        reply = await model.reply(
            ModelRequest([Message.user("hi")]), (lambda _: None) if streamed else ignore
        )
        await model.aclose()
    assert (reply.service_tier, reply.usage) == ("flex", said.usage)


@pytest.mark.parametrize(
    ("tier", "refused"), [("priority", True), ("flex", False), ("default", False), (None, False)]
)
async def test_a_dearer_tier_is_reserved_for_and_charged_once(
    tier: str | None, refused: bool
) -> None:
    steps = completion({"content": "hi"}, usage=USAGE, service_tier=tier)
    asked = ModelSettings(service_tier=tier, max_output_tokens=1_000)
    async with serving(steps) as server:
        model = CHAT.make(server.url)
        runtime = LocalRuntime(LAYERS, models=lambda _: model, prices=PRICES)
        agent = FunctionAgent(name="desk", answer=ask)
        # 1,000 tokens of output are 0.01 dollars, and 0.02 at priority.
        poor = RunOptions(settings=asked, budget=Budget(cost_usd=0.015))
        rich = RunOptions(settings=asked, budget=Budget(cost_usd=1.0))
        held = await runtime.run(agent, Message.user("hi"), poor)
        record = held if not refused else await runtime.run(agent, Message.user("hi"), rich)
        await runtime.stop()
        await model.aclose()

    assert (held.stop_reason == "budget") is refused, held.failure
    factor = {"priority": 2, "flex": 0.5}.get(tier or "", 1)
    assert record.cost.usd == pytest.approx(STANDARD_USD * factor)
