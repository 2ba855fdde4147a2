from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from batuta.core.session import Session
from batuta.errors import BatutaError, ConfigError, InvalidInput, StoreBusy, StoreUnreachable
from batuta.errors.statuses import status_of
from batuta.storage.dynamodb import DynamoSessions
from batuta.storage.dynamodb_client import DynamoTable, TableOptions, typed
from batuta.storage.dynamodb_failures import ConditionFailed, TransactionCancelled
from tests.sockets import connected
from tests.unit.models.vendors.socket_server import CUT, HANG, Server, Step, answer, serving

GET = typed({"pk": "a", "sk": "b"})


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDLOOPBACK")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "loopback")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def refusal(code: str, message: str = "no", status: int = 400, **more: Any) -> list[Step]:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    return answer({"__type": kind, "message": message, **more}, status)


def cancelled(*codes: str) -> list[Step]:
    reasons = [{"Code": code, "Message": code} for code in codes]
    return refusal("TransactionCanceledException", CancellationReasons=reasons)


async def failing(
    *answers: list[Step], tries: int = 2, operation: str = "get_item", **asked: Any
) -> tuple[Exception, Server]:
    """The error that a call of a table meets, and the server that gave it."""
    async with serving(*answers) as server:
        options = TableOptions(
            region="eu-west-1", endpoint_url=server.url, tries=tries, timeout_s=0.2
        )
        table = DynamoTable("bookings", options)
        try:
            with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is, it is looked at
                await table.do(operation, **(asked or {"Key": GET}))
            if isinstance(caught.value, StoreUnreachable):
                assert not connected(server.url)
            return caught.value, server
        finally:
            await table.aclose()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ProvisionedThroughputExceededException", 400),
        ("ThrottlingException", 400),
        ("RequestLimitExceeded", 400),
        ("InternalServerError", 500),
        ("ServiceUnavailable", 503),
    ],
)
async def test_a_throttled_table_is_tried_again_then_busy(code: str, status: int) -> None:
    error, server = await failing(refusal(code, "slow down", status))
    assert isinstance(error, StoreBusy)
    assert error.retryable
    assert not isinstance(error, StoreUnreachable)
    assert status_of(error).http == 503
    assert len(server.asked) == 2


async def test_a_table_throttled_for_a_moment_answers() -> None:
    throttled = refusal("ProvisionedThroughputExceededException")
    async with serving(throttled, answer({"Item": GET})) as server, AsyncExitStack() as closing:
        table = DynamoTable("t", TableOptions(region="eu-west-1", endpoint_url=server.url))
        closing.push_async_callback(table.aclose)
        assert (await table.do("get_item", Key=GET))["Item"] == GET
        assert len(server.asked) == 2


async def test_a_missing_table_says_what_to_make() -> None:
    error, server = await failing(refusal("ResourceNotFoundException"))
    assert isinstance(error, ConfigError)
    assert "There is no DynamoDB table bookings" in error.what
    assert "Terraform" in error.mend
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "code",
    [
        *("AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException"),
        *("ExpiredTokenException", "IncompleteSignatureException"),
    ],
)
async def test_wrong_credentials_are_said_without_them(code: str) -> None:
    error, server = await failing(refusal(code, "The security token is invalid."))
    assert isinstance(error, ConfigError)
    assert code in error.what
    assert "AWS_ACCESS_KEY_ID" in error.mend
    assert "AKIDLOOPBACK" not in str(error)
    assert len(server.asked) == 1


@pytest.mark.parametrize("steps", [[CUT], [HANG]], ids=["cut", "silent"])
async def test_a_table_that_does_not_answer_is_unreachable(steps: list[Step]) -> None:
    error, server = await failing(steps)
    assert isinstance(error, StoreUnreachable)
    assert error.retryable
    assert len(server.asked) == 2


async def test_an_endpoint_where_nobody_listens_is_unreachable() -> None:
    async with serving([CUT]) as server:
        url = server.url
    table = DynamoTable("t", TableOptions(region="eu-west-1", endpoint_url=url, tries=1))
    with pytest.raises(StoreUnreachable, match=f"DynamoDB table t at {url} cannot be reached"):
        await table.do("get_item", Key=GET)
    await table.aclose()


async def test_no_credentials_and_no_region_are_said_before_anything_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    error, server = await failing(answer({}))
    assert isinstance(error, ConfigError)
    assert "AWS_ACCESS_KEY_ID" in error.mend
    assert server.asked == []
    table = DynamoTable("t")
    with pytest.raises(ConfigError, match="AWS_REGION"):
        await table.do("get_item", Key=GET)
    await table.aclose()


async def test_an_item_that_is_too_large_is_the_callers_to_mend() -> None:
    said = "Item size has exceeded the maximum allowed size"
    error, _ = await failing(refusal("ValidationException", said))
    assert isinstance(error, InvalidInput)
    assert "400 kB" in str(error)
    reasons = [{"Code": "None"}, {"Code": "ValidationError", "Message": said}]
    error, _ = await failing(
        refusal("TransactionCanceledException", CancellationReasons=reasons),
        operation="transact_write_items",
        TransactItems=[{"Put": {"TableName": "t", "Item": GET}}],
    )
    assert isinstance(error, InvalidInput)


@pytest.mark.parametrize(
    "said",
    [
        "The provided key element does not match the schema",
        "The table does not have the specified index: listings",
    ],
)
async def test_a_table_of_another_layout_is_told_apart(said: str) -> None:
    error, _ = await failing(refusal("ValidationException", said))
    assert isinstance(error, ConfigError)
    assert "not laid out" in error.what


async def test_a_fault_of_ours_stays_what_it_is() -> None:
    error, _ = await failing(refusal("ValidationException", "Invalid UpdateExpression"))
    assert not isinstance(error, BatutaError)
    assert "Invalid UpdateExpression" in str(error)


TRANSACTION: dict[str, Any] = {"TransactItems": [{"Put": {"TableName": "t", "Item": GET}}]}


async def test_a_transaction_in_conflict_with_another_is_sent_again_as_a_new_one() -> None:
    clash = cancelled("None", "TransactionConflict")
    async with serving(clash, clash, answer({})) as server:
        table = DynamoTable("t", TableOptions(region="eu-west-1", endpoint_url=server.url, tries=1))
        await table.do("transact_write_items", **TRANSACTION)
        await table.aclose()
    tokens = [asked.body["ClientRequestToken"] for asked in server.asked]
    assert len(tokens) == len(set(tokens)) == 3


async def test_a_transaction_whose_answer_is_lost_is_sent_again_as_the_same_one() -> None:
    async with serving([CUT], answer({})) as server:
        table = DynamoTable("t", TableOptions(region="eu-west-1", endpoint_url=server.url))
        await table.do("transact_write_items", **TRANSACTION)
        await table.aclose()
    tokens = [asked.body["ClientRequestToken"] for asked in server.asked]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


async def test_a_transaction_that_always_conflicts_is_busy() -> None:
    error, server = await failing(
        cancelled("TransactionConflict"), operation="transact_write_items", **TRANSACTION
    )
    assert isinstance(error, StoreBusy)
    assert len(server.asked) == 10


async def test_a_condition_that_does_not_hold_is_told_with_what_stands_there() -> None:
    error, server = await failing(refusal("ConditionalCheckFailedException", Item=GET))
    assert isinstance(error, ConditionFailed)
    assert error.item == GET
    assert len(server.asked) == 1
    error, server = await failing(
        cancelled("None", "ConditionalCheckFailed", "TransactionConflict"),
        operation="transact_write_items",
        **TRANSACTION,
    )
    assert isinstance(error, TransactionCancelled)
    assert error.failed == [1]
    assert len(server.asked) == 1


async def test_a_store_on_a_missing_table_says_so(open_table: Callable[[], DynamoTable]) -> None:
    here = open_table()
    elsewhere = DynamoTable("nowhere", here.options)
    for attempt in (
        DynamoSessions(elsewhere).load("s", "ana"),
        DynamoSessions(elsewhere).save(Session("s", "ana")),
        DynamoSessions(elsewhere).list("ana"),
    ):
        with pytest.raises(ConfigError, match="There is no DynamoDB table nowhere at"):
            await attempt
    await elsewhere.aclose()


async def test_no_more_calls_go_out_at_once_than_there_are_connections() -> None:
    body = json.dumps({"Item": GET}).encode()
    slow: list[Step] = [0.01, b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body), body]
    async with serving(slow) as server:
        options = TableOptions(region="eu-west-1", endpoint_url=server.url, connections=3)
        table = DynamoTable("t", options)
        await asyncio.gather(*(table.do("get_item", Key=GET) for _ in range(30)))
        await table.aclose()
    assert len(server.asked) == 30
    assert server.connections <= 3
