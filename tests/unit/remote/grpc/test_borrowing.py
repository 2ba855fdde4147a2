"""The host's side of the budget: asks, tells, and gives back what nobody waits for any more."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from batuta.core.budget import Budget
from batuta.core.model import Usage
from batuta.core.price import Cost, Price
from batuta.core.run import Run
from batuta.core.runtime import RunOptions
from batuta.errors import BatutaError, BudgetExceeded
from batuta.remote.grpc import wire
from batuta.remote.grpc.borrowing import BorrowedAccount
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from tests.unit.core.rig import HELLO, does, settled
from tests.unit.remote.grpc.rig import LIMIT_S, hosted

PRICE = Price(1.0, 2.0, "list", 0.5, None, ((100, Price(3.0, 4.0, "list, long")),))
HOLD = pb.Hold(tokens=9, cost_usd=0.5, max_output_tokens=4, price=wire.price_of(PRICE))


@pytest.fixture
def told() -> list[pb.Item]:
    return []


@pytest.fixture
def account(told: list[pb.Item]) -> BorrowedAccount:
    return BorrowedAccount(Budget(), "main", told.append)


async def test_a_grant_is_held_until_it_is_given_back(
    account: BorrowedAccount, told: list[pb.Item]
) -> None:
    taking = asyncio.create_task(account.take_model("m", (5, 4), PRICE))
    await settled()
    assert account.waits
    wish = told[0].reserve_model
    assert (wish.model, wish.input_tokens, wish.output_tokens) == ("m", 5, 4)
    assert wire.price_from(wish.price) == PRICE
    account.granted(pb.Grant(id=wish.id, hold=HOLD))
    hold = await taking
    assert (hold.max_output_tokens, hold.price, account.held_tokens) == (4, PRICE, 9)
    account.release(hold)
    account.charge(Usage(1, 2), Cost(0.1, 0.1, "list"))
    account.withhold(3, 0.25)
    kinds = [item.WhichOneof("kind") for item in told]
    assert kinds == ["reserve_model", "release", "charge", "charge"]
    assert (told[1].release.id, told[1].release.unused) == (wish.id, False)
    assert wire.cost_from(told[2].charge.cost) == Cost(0.1, 0.1, "list")
    assert (account.held_tokens, account.model_calls, account.usage) == (3, 1, Usage(1, 2))


async def test_a_refusal_is_the_callers_own_error(
    account: BorrowedAccount, told: list[pb.Item]
) -> None:
    taking = asyncio.create_task(account.take_tool())
    await settled()
    refused = BudgetExceeded("tool_calls", limit=3, used=3, whose="main")
    account.granted(pb.Grant(id=told[0].reserve_tool.id, refused=wire.error_of(refused)))
    with pytest.raises(BudgetExceeded) as got:
        await taking
    assert vars(got.value) == vars(refused)
    assert account.tool_calls == 0


@pytest.mark.parametrize("first", ["cancel", "grant"])
async def test_what_is_granted_to_nobody_is_given_back_unused(
    account: BorrowedAccount, told: list[pb.Item], first: str
) -> None:
    taking = asyncio.create_task(account.take_tool())
    await settled()
    wish = told[0].reserve_tool.id
    grant = pb.Grant(id=wish, tool=pb.Grant.Tool())
    for what in (first, "grant" if first == "cancel" else "cancel"):
        if what == "cancel":
            taking.cancel()
            if first == "cancel":
                await settled()
        else:
            account.granted(grant)
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert [(i.release.id, i.release.unused) for i in told[1:]] == [(wish, True)]
    assert account.tool_calls == 0


async def test_an_agent_that_was_given_up_at_a_host_can_do_nothing_more() -> None:
    go_on, ended = asyncio.Event(), asyncio.Event()
    frames: list[Run] = []
    tried: list[str] = []

    async def late(run: Run) -> None:
        frames.append(run)
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue
        with suppress(BatutaError):
            await run.ask([HELLO])
            tried.append("asked")
        ended.set()

    async with hosted(does("late", late)) as (front, _):
        task = asyncio.create_task(front.run("late", HELLO))
        async with asyncio.timeout(LIMIT_S):
            while not frames:
                await settled()
            task.cancel()
            while not frames[0].ended:  # the host leaves it behind after a while
                await settled()
        go_on.set()
        await asyncio.wait_for(ended.wait(), LIMIT_S)
    assert task.cancelled()
    assert tried == []


async def test_a_call_ends_after_the_last_answer_that_it_asked_for() -> None:
    """An answer on its way to a call that has ended would break the call at the caller's."""

    async def crowd(run: Run) -> None:
        await run.together(*(run.ask([HELLO]) for _ in range(12)))

    options = RunOptions(budget=Budget(model_calls=2))
    async with hosted(does("crowd", crowd)) as (front, _):
        failures = [(await front.run("crowd", HELLO, options)).failure for _ in range(40)]
    assert {type(failure) for failure in failures} == {BudgetExceeded}
