"""Limits are reserved before and settled after, over the whole tree."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.core.budget import Account, Budget
from batuta.core.message import Message
from batuta.core.model import OUTPUT_TOKENS, Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.price import Cost, Price, PriceTable
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.core.tool import tool
from batuta.errors import BudgetExceeded, ModelTimeout
from batuta.testing.scripted import ScriptedModel
from tests.unit.core.rig import HELLO, does, named, ran, reply, settled

PRICE = Price(1.0, 2.0, "list of 2026-01-01")
LIMITS = ("cost_usd", "tokens", "model_calls", "tool_calls", "depth", "seconds")
PRICED = PriceTable({"scripted:*": PRICE})


@tool
async def look() -> str:
    """Look."""
    return "seen"


class Slow:
    """A model that answers when it is let, and counts how often it was asked."""

    name = "scripted:slow"

    def __init__(self, tokens: tuple[int, int] = (10, 5)) -> None:
        self.requests: list[ModelRequest] = []
        self._tokens = tokens

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.requests.append(request)
        await settled(3)
        most = request.max_output_tokens
        written = self._tokens[1] if most is None else min(self._tokens[1], most)
        return replace(reply("ok", (self._tokens[0], written)), model=self.name)


async def ask_and_note(run: Run) -> str:
    try:
        return (await run.ask([HELLO])).text
    except BudgetExceeded as error:
        return error.kind


@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (Budget(cost_usd=0.0), "cost_usd"),
        (Budget(tokens=3), "tokens"),
        (Budget(model_calls=0), "model_calls"),
        (Budget(tool_calls=0), "tool_calls"),
        (Budget(depth=1), "depth"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_every_limit_holds_before_the_work(limits: Budget, kind: str) -> None:
    model = ScriptedModel(["ok"], repeat=True)
    used: list[str] = []

    @tool
    async def leaves_a_mark() -> None:
        """Leave a mark."""
        used.append("tool")

    async def child(run: Run) -> None:
        used.append("agent")

    async def main(run: Run) -> None:
        if kind == "tool_calls":
            await run.use(leaves_a_mark, {})
        elif kind == "depth":
            await run.call(does("child", child), HELLO)
        else:
            await run.ask([HELLO])

    record = await ran(main, budget=limits, model=model, prices=PRICED)
    assert isinstance(record.failure, BudgetExceeded)
    assert (record.stop_reason, record.failure.kind) == ("budget", kind)
    assert record.failure.whose == "main"
    assert (model.requests, used) == ([], [])
    assert (record.usage, record.cost.usd) == (Usage(), 0.0)


def test_limits_are_on_by_default() -> None:
    assert None not in [getattr(Budget(), name) for name in LIMITS]


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_below_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(Budget(), **{name: -1})


def test_assuming_a_price_needs_one() -> None:
    with pytest.raises(ValueError, match="assumed_price"):
        Budget(unknown_price="assume")


async def test_a_limit_of_none_is_no_limit() -> None:
    none: dict[str, Any] = dict.fromkeys(LIMITS)

    async def main(run: Run) -> int:
        for _ in range(120):
            await run.ask([HELLO])
            await run.use(look, {})
        return run.job.account.model_calls

    assert (await ran(main, budget=Budget(**none), prices=PRICED)).text == "120"


async def test_twenty_children_with_five_calls_left_make_five() -> None:
    model = Slow()

    async def main(run: Run) -> list[str]:
        children = (run.call(does("child", ask_and_note), HELLO) for _ in range(20))
        return [answer.text for answer in await run.together(*children)]

    record = await ran(main, budget=Budget(model_calls=5), model=model)
    assert len(model.requests) == record.model_calls == 5
    assert (record.text.count("ok"), record.text.count("model_calls")) == (5, 15)


async def test_twenty_children_with_five_tool_calls_left_make_five() -> None:
    made: list[int] = []

    @tool
    async def mark() -> None:
        """Leave a mark."""
        made.append(1)
        await settled(3)

    async def main(run: Run) -> int:
        done = await run.together(*(run.use(mark, {}) for _ in range(20)), on_error="partial")
        return sum(o.ok for o in done)

    record = await ran(main, budget=Budget(tool_calls=5))
    assert (record.text, len(made), record.tool_calls) == ("5", 5, 5)


async def test_money_is_reserved_before_so_that_parallel_calls_cannot_overspend() -> None:
    one_call = PRICE.cost_usd(Usage(20, 2048))  # held: the estimate and the most that may come
    model = Slow((10, 2048))

    async def main(run: Run) -> list[str]:
        return await run.together(*(ask_and_note(run) for _ in range(20)))

    record = await ran(main, budget=Budget(cost_usd=3.5 * one_call), model=model, prices=PRICED)
    assert len(model.requests) == 3
    assert record.cost.usd is not None
    assert 0 < record.cost.usd <= 3.5 * one_call


async def test_what_was_held_and_not_used_can_be_spent_again() -> None:
    one_call = PRICE.cost_usd(Usage(20, 2048))

    async def main(run: Run) -> list[str]:
        return [await ask_and_note(run) for _ in range(20)]

    record = await ran(main, budget=Budget(cost_usd=2 * one_call), model=Slow(), prices=PRICED)
    assert record.text.count("ok") == 20


async def test_tokens_left_limit_what_a_model_may_write() -> None:
    model = Slow()

    async def main(run: Run) -> None:
        await run.ask([HELLO])

    await ran(main, budget=Budget(tokens=100), model=model)
    most = model.requests[0].max_output_tokens
    assert most is not None
    assert 1 <= most < 100
    assert model.requests[0].messages == [HELLO]


async def test_tokens_are_reserved_over_parallel_calls() -> None:
    model = Slow((10, 2000))

    async def main(run: Run) -> list[str]:
        return await run.together(*(ask_and_note(run) for _ in range(10)))

    record = await ran(main, budget=Budget(tokens=5000), model=model)
    assert record.usage.total_tokens <= 5000
    assert record.text.count("tokens") == 10 - len(model.requests)


@pytest.mark.parametrize("policy", ["warn", "assume", "fail"])
async def test_an_unknown_price_is_none_with_its_reason(policy: Any) -> None:
    limits = Budget(unknown_price=policy, assumed_price=PRICE if policy == "assume" else None)

    async def main(run: Run) -> None:
        await run.ask([HELLO])

    record = await ran(main, budget=limits, model=Slow(), prices=PriceTable({}))
    if policy == "fail":
        assert isinstance(record.failure, BudgetExceeded)
        assert (record.failure.kind, record.failure.used) == ("cost_usd", None)
        assert "scripted:slow" in str(record.failure)
    elif policy == "warn":
        assert record.cost == Cost(None, 0.0, "no price known for scripted:slow")
    else:
        assert record.cost.usd == PRICE.cost_usd(Usage(10, 5))
        assert record.cost.reason == PRICE.source


async def test_each_unpriced_model_is_warned_of_once() -> None:
    priced, unknown = Slow(), Slow()
    unknown.name = "other:model"

    async def main(run: Run) -> None:
        for model in (priced, unknown, unknown):
            await run.ask([HELLO], model=model)

    record = await ran(main, prices=PRICED)
    warnings = named(record.events, "warning", "point")
    assert [e.data and e.data["reason"] for e in warnings] == ["no price known for other:model"]
    assert record.cost.usd is None
    assert record.cost.known_usd == PRICE.cost_usd(Usage(10, 5))
    assert record.cost.reason == "no price known for other:model"


async def test_failed_and_repeated_calls_are_counted() -> None:
    from batuta.core.retry import Retry

    model = ScriptedModel([ModelTimeout("m", 1), ModelTimeout("m", 1), reply("ok", (7, 3))])

    async def main(run: Run) -> None:
        await run.ask([HELLO])

    record = await ran(main, model=model, retry=Retry(wait_s=0.0))
    assert (record.model_calls, record.usage, record.error) == (3, Usage(7, 3), None)


async def test_a_further_try_needs_budget_like_the_first() -> None:
    from batuta.core.retry import Retry

    model = ScriptedModel([ModelTimeout("m", 1)], repeat=True)

    async def main(run: Run) -> None:
        await run.ask([HELLO])

    limits = Budget(model_calls=2)
    record = await ran(main, model=model, budget=limits, retry=Retry(attempts=5, wait_s=0.0))
    assert isinstance(record.failure, BudgetExceeded)
    assert len(model.requests) == 2


async def test_whatever_becomes_of_calls_nothing_stays_held() -> None:
    account: list[Account] = []
    lines = [ValueError("odd"), ModelTimeout("m", 1), "ok"]

    async def main(run: Run) -> None:
        account.append(run.job.account)
        for _ in range(2):
            async with asyncio.timeout(0.001):
                await run.ask([HELLO], model=Never())

    async def tries(run: Run) -> None:
        account.append(run.job.account)
        for line in lines:
            try:
                await run.ask([HELLO], model=ScriptedModel([line]))
            except Exception:  # noqa: S112 - any outcome will do
                continue

    await ran(main, prices=PRICED)
    await ran(tries, prices=PRICED)
    assert [(a.held_tokens, round(a.held_usd, 12)) for a in account] == [(0, 0.0)] * 2


class Never:
    name = "scripted:never"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        await asyncio.Event().wait()
        raise AssertionError


CALLS = st.tuples(st.integers(0, 50), st.integers(0, 50))
TREES: Any = st.recursive(
    st.lists(CALLS, max_size=3).map(lambda calls: (calls, [])),
    lambda below: st.tuples(st.lists(CALLS, max_size=3), st.lists(below, max_size=3)),
    max_leaves=8,
)


@given(TREES, st.integers(0, 12))
def test_usage_and_cost_are_the_sum_of_the_model_calls_ends(tree: Any, most: int) -> None:
    async def node(tree: Any, run: Run) -> str:
        calls, children = tree
        try:
            for tokens in calls:
                await run.ask([HELLO], model=ScriptedModel([reply("ok", tokens)]))
            agents = [does("n", lambda run, c=c: node(c, run)) for c in children]
            await run.together(*(run.call(a, HELLO) for a in agents))
        except BudgetExceeded:
            return "spent"
        return "done"

    async def whole() -> RunRecord:
        limits = Budget(model_calls=most, depth=None)
        return await ran(lambda run: node(tree, run), budget=limits, prices=PRICED)

    record = asyncio.run(whole())
    ends = named(record.events, "model", "end")
    made = [end for end in ends if end.error is None]
    assert record.model_calls == len(made) <= most
    assert len(named(record.events, "model")) == len(ends)
    assert all("BudgetExceeded" in (end.error or "") for end in ends if end not in made)
    assert record.usage == sum((e.usage for e in ends if e.usage), Usage())
    cost = sum(e.cost.usd for e in ends if e.cost and e.cost.usd is not None)
    assert record.cost.usd == pytest.approx(cost)
    assert record.cost.usd == pytest.approx(PRICE.cost_usd(record.usage))


def test_prices_are_found_by_name_then_by_provider() -> None:
    other = Price(9, 9, "other")
    table = PriceTable({"p:*": PRICE, "p:m": other})
    assert [table.price(n) for n in ("p:m", "p:x", "q:m")] == [other, PRICE, None]


def test_cached_tokens_have_a_price_of_their_own() -> None:
    million = Usage(1_000_000, 1_000_000, 400_000)
    assert Price(10, 20, "s").cost_usd(million) == pytest.approx(30)
    assert Price(10, 20, "s", cached_usd=1).cost_usd(million) == pytest.approx(26.4)


def test_an_unknown_part_makes_the_sum_unknown_but_keeps_what_is_known() -> None:
    unknown = Cost(None, 0.0, "no price")
    for total in (Cost(1, 1, "a") + unknown + Cost(2, 2, "b"), unknown + Cost(3, 3, "c")):
        assert (total.usd, total.known_usd, total.reason) == (None, 3, "no price")


async def test_the_error_says_what_was_used_of_what() -> None:
    async def main(run: Run) -> Message:
        await run.ask([HELLO])
        await run.ask([HELLO])
        raise AssertionError("unreachable")

    record = await ran(main, budget=Budget(model_calls=1))
    assert record.error is not None
    assert "Budget of main exceeded: it may ask models 1 times, 1 asked" in record.error["message"]


@pytest.mark.parametrize("price", [None, Price(0.0, 0.0, "free"), PRICE], ids=["no", "free", "a"])
def test_as_many_calls_as_there_may_be_can_be_on_at_once_though_nobody_limits_them(
    price: Price | None,
) -> None:
    account = Account(Budget(), "test")
    most = account.limits.model_calls or 0
    rooms = [account.reserve_model("m", (100, 0), price).max_output_tokens for _ in range(most)]
    assert rooms == sorted(rooms, reverse=True)
    assert rooms[0] > 50_000
    assert rooms[-1] == OUTPUT_TOKENS
