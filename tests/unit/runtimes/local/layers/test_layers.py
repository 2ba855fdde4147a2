"""The layers of a run, each alone and in their order."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.budget import Budget
from batuta.core.message import Message
from batuta.core.model import Emit, ModelReply, ModelRequest, Spent, Usage, ignore
from batuta.core.record import RunRecord
from batuta.core.retry import NO_RETRY, Retry
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.core.tool import Deny, ToolUse, Verdict, tool
from batuta.errors import (
    AccessDenied,
    BudgetExceeded,
    ModelTimeout,
    ToolError,
)
from batuta.models.fallback import FallbackModel
from batuta.runtimes.local import LocalRuntime
from batuta.runtimes.local.layers import BudgetLayer, RetryLayer, TraceLayer
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import FREE, HELLO, does, echo, named, ran, reply

SLOW = ModelTimeout("m", 1)
SOON = Retry(attempts=3, wait_s=0.0)


@tool(effect="write")
async def book(court: str) -> str:
    """Book."""
    return court


async def asks(run: Run) -> str:
    return (await run.ask([HELLO])).text


async def alone(layer: object, *lines: Any, **options: Any) -> RunRecord:
    """Run an agent that asks once, with one layer around it."""
    model = ScriptedModel(lines)
    runtime = LocalRuntime([layer], models=lambda _: model, prices=FREE)
    return await runtime.run(does("main", asks), HELLO, RunOptions(**options))


async def test_the_budget_is_kept_without_any_other_layer() -> None:
    record = await alone(BudgetLayer(), reply("ok", (7, 3)))
    assert (record.usage, record.cost.usd, record.events) == (Usage(7, 3), 0.0, ())
    refused = await alone(BudgetLayer(), reply(), budget=Budget(model_calls=0))
    assert isinstance(refused.failure, BudgetExceeded)


async def test_a_call_is_tried_again_without_any_other_layer() -> None:
    record = await alone(RetryLayer(), SLOW, SLOW, "ok", retry=SOON)
    assert record.text == "ok"


async def test_the_trace_is_written_without_any_other_layer() -> None:
    record = await alone(TraceLayer(), reply("ok", (7, 3)))
    (end,) = named(record.events, "model", "end")
    assert (end.usage, end.cost) == (Usage(7, 3), None)


async def test_a_refused_call_is_an_event_with_what_refused_it() -> None:
    async def main(run: Run) -> None:
        refused = (
            run.ask([HELLO]),
            run.use(book, {"court": "A"}),
            run.call(echo("deep"), HELLO),
        )
        for call in refused:
            with pytest.raises(BudgetExceeded):
                await call

    record = await ran(main, budget=Budget(model_calls=0, tool_calls=0, depth=1))
    assert record.failure is None
    for kind in ("model", "tool", "agent"):
        (end,) = [e for e in named(record.events, kind, "end") if e.span != "1"]
        assert (end.error or "").startswith("BudgetExceeded: Budget of main exceeded")
    assert (record.model_calls, record.tool_calls) == (0, 0)


async def test_a_call_that_policy_denies_costs_nothing() -> None:
    async def never(use: ToolUse) -> Verdict:
        return Deny("closed")

    async def main(run: Run) -> str:
        for arguments in ({"court": "A"}, {"unknown": 1}):
            with pytest.raises((AccessDenied, ToolError)):
                await run.use(book, arguments)
        return "done"

    record = await ran(main, hooks=[never], budget=Budget(tool_calls=0))
    assert (record.text, record.tool_calls) == ("done", 0)
    assert [e.error is None for e in named(record.events, "tool", "end")] == [False, False]


async def test_each_try_is_reserved_and_settled_by_itself() -> None:
    cut = ModelTimeout("m", 1)
    cut.spent = (Spent("m", Usage(5, 0)),)
    model = ScriptedModel([cut, reply("ok", (7, 3))])
    record = await ran(asks, model=model, retry=SOON)
    assert (record.model_calls, record.usage) == (2, Usage(12, 3))
    short = await ran(
        asks, model=ScriptedModel([SLOW], repeat=True), retry=SOON, budget=Budget(model_calls=2)
    )
    assert isinstance(short.failure, BudgetExceeded)
    assert short.model_calls == 2
    assert len(named(short.events, "model")) == 1


async def test_a_chain_reserves_for_its_next_model_also_inside_a_wrapper() -> None:
    class Wrapped:
        name = "a:one|b:two"

        def __init__(self) -> None:
            self.inner = FallbackModel(
                [ScriptedModel([SLOW], name="a:one"), ScriptedModel(["ok"], name="b:two")]
            )

        async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
            return await self.inner.reply(request, emit)

    async def main(run: Run) -> Message:
        return Message.assistant((await run.ask([HELLO], model=Wrapped())).text)

    once = await ran(main, retry=NO_RETRY, budget=Budget(model_calls=1))
    assert isinstance(once.failure, BudgetExceeded)
    assert (await ran(main, retry=NO_RETRY, budget=Budget(model_calls=2))).text == "ok"
