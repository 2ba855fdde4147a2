"""A run's budget is exact over processes that only share a table."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from batuta.core.budget import Account, Budget
from batuta.core.ids import new_id
from batuta.core.ledger import Counts
from batuta.core.model import Usage
from batuta.core.price import Cost, Price
from batuta.errors import BudgetExceeded, ConfigError, RuntimeFailure
from batuta.remote.aws_lambda.account import LedgerAccount
from tests.lambda_api import Cloud

DOLLAR = Price(1_000_000.0, 1_000_000.0, "a dollar for each token")


@pytest.fixture
def run_id() -> str:
    """An id that no other test's run has had: the ledger is shared."""
    return new_id("run")


def _account(cloud: Cloud, run_id: str, limits: Budget) -> LedgerAccount:
    return LedgerAccount(limits, "me", ledger=cloud.ledger(), run_id=run_id)


@pytest.mark.parametrize(
    ("limits", "granted"),
    [
        (Budget(tool_calls=7), 7),
        (Budget(model_calls=7, tokens=None, cost_usd=None), 7),
        (Budget(model_calls=None, tokens=35, cost_usd=None), 7),
        (Budget(model_calls=None, tokens=None, cost_usd=35.0), 7),
    ],
    ids=["tool_calls", "model_calls", "tokens", "cost_usd"],
)
async def test_many_processes_at_once_get_no_more_than_there_is(
    aws: Cloud, run_id: str, limits: Budget, granted: int
) -> None:
    await aws.ledger().open(run_id, Counts())
    accounts = [_account(aws, run_id, limits) for _ in range(20)]

    async def take(account: LedgerAccount) -> bool:
        try:
            if limits.tool_calls == 7:
                await account.take_tool()
            else:
                await account.take_model("m", (4, 1), DOLLAR)
        except BudgetExceeded:
            return False
        return True

    assert sum(await asyncio.gather(*map(take, accounts))) == granted


async def test_what_is_settled_can_be_used_by_another_process(aws: Cloud, run_id: str) -> None:
    limits = Budget(tokens=100, cost_usd=None)
    await aws.ledger().open(run_id, Counts())
    one, two = _account(aws, run_id, limits), _account(aws, run_id, limits)
    hold = await one.take_model("m", (10, 90), None)
    with pytest.raises(BudgetExceeded):
        await two.take_model("m", (10, 90), None)
    one.release(hold)
    one.charge(Usage(10, 5), Cost())
    await one.settle()
    assert (await two.take_model("m", (10, 90), None)).max_output_tokens == 75


async def test_a_reservation_that_nobody_waits_for_is_given_back(aws: Cloud, run_id: str) -> None:
    limits = Budget(tool_calls=1)
    await aws.ledger().open(run_id, Counts())
    account = _account(aws, run_id, limits)
    taking = asyncio.create_task(account.take_tool())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    while len(asyncio.all_tasks()) > 1:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
    await account.take_tool()
    assert account.tool_calls == 1


async def test_a_run_goes_on_counting_in_the_ledger_with_what_it_had(
    aws: Cloud, run_id: str
) -> None:
    old = Account(Budget(model_calls=2), "me")
    old.reserve_model("m", (1, 1), None)
    job: Any = SimpleNamespace(account=old, run_id=run_id)
    account = LedgerAccount.of(job, aws.ledger())
    assert LedgerAccount.of(job, aws.ledger()) is account
    await account.take_model("m", (1, 1), None)
    with pytest.raises(BudgetExceeded) as refused:
        await account.take_model("m", (1, 1), None)
    assert (refused.value.kind, refused.value.used, refused.value.whose) == ("model_calls", 2, "me")


async def test_calls_that_nobody_told_of_are_counted_once(aws: Cloud, run_id: str) -> None:
    account = _account(aws, run_id, Budget())
    for calls, seen in (((1, 0), 2), ((1, 0), 2)):
        account.brought(Usage(), [], calls=calls, seen=Counts(model_calls=seen))
    assert (account.model_calls, account.counted) == (2, (2, 0))
    account.brought(Usage(), [], calls=(0, 0), seen=Counts(model_calls=5))
    assert (account.model_calls, account.counted) == (5, (2, 0))


async def test_a_ledger_that_is_gone_is_told(aws: Cloud) -> None:
    with pytest.raises(RuntimeFailure, match="no ledger of run nowhere"):
        await _account(aws, "nowhere", Budget()).take_tool()


async def test_two_processes_cannot_both_keep_the_count(aws: Cloud) -> None:
    class Lent(Account):
        borrowed = True

    job: Any = SimpleNamespace(account=Lent(Budget(), "me"), run_id="lent")
    with pytest.raises(ConfigError, match="gRPC"):
        LedgerAccount.of(job, aws.ledger())
