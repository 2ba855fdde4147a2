"""One DynamoDB table."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from batuta.aws.client import ClientOptions, ServiceClient
from batuta.aws.errors import raised_by_aws
from batuta.core.clock import Clock, SystemClock
from batuta.storage.dynamodb_failures import is_conflict, raised

_T = TypeVar("_T")
_CONFLICTS = 10
_PROBE_S = 3_600
_LONGEST_NAME = 500
_HASHED = "sha256:"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableOptions(ClientOptions):
    """How a table is reached: its calls are short, and tried again."""

    connections: int = 16
    tries: int = 4
    timeout_s: float = 5.0
    connect_s: float = 3.0


class DynamoTable:
    """A table that several stores may share; closing one of them closes it for all.

    Args:
        name: The table must exist: nothing here makes it.
        clock: Says what has expired; for tests.
    """

    def __init__(
        self, name: str, options: TableOptions | None = None, clock: Clock | None = None
    ) -> None:
        self.name, self.options = name, options or TableOptions()
        self.clock = clock or SystemClock()
        self._service = ServiceClient("dynamodb", self.options, what=self.what, section="dynamodb")
        self._closed = False

    @property
    def what(self) -> str:
        """The table and where it is, for messages."""
        at = f" at {self.options.endpoint_url}" if self.options.endpoint_url else ""
        return f"DynamoDB table {self.name}{at}"

    async def do(self, operation: str, **asked: Any) -> dict[str, Any]:
        """Do one operation of the client, on this table where it does not name several.

        Raises:
            ConditionFailed: A condition did not hold; nothing was written.
            TransactionCancelled: A condition of a transaction did not hold; nothing was written.
            ConfigError: No such table, no right to it, or no credentials.
            InvalidInput: An item is larger than DynamoDB's 400 kB.
            StoreBusy: Throttled, or in conflict with others, for too long; nothing was written.
            StoreUnreachable: It does not answer; a write may have been done.
        """
        if operation != "transact_write_items":
            asked["TableName"] = self.name
        began = self.clock.monotonic()
        for attempt in range(1, _CONFLICTS + 1):
            try:
                return await self._call(lambda client: getattr(client, operation)(**asked))
            except raised_by_aws() as error:
                if not is_conflict(error) or attempt == _CONFLICTS:
                    raise raised(self.what, error, self.clock.monotonic() - began) from error
            await self._pause(attempt)
        raise AssertionError("the last attempt returns or raises")

    async def pages(self, operation: str, **asked: Any) -> AsyncIterator[list[dict[str, Any]]]:
        """Query or scan, page by page, as plain values."""
        while True:
            answer = await self.do(operation, **asked)
            yield [plain(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    async def probe(self) -> None:
        """See that the table can be read and written, by one item of its own.

        Raises:
            BatutaError: As ``do`` raises it.
        """
        key: dict[str, str | int | bytes] = {"pk": "PROBE", "sk": "PROBE"}
        now = int(self.clock.now().timestamp())
        await self.do("put_item", Item=typed({**key, "expires_at": now + _PROBE_S}))
        await self.do("get_item", Key=typed(key), ConsistentRead=True)

    async def away(self, work: Callable[[], _T]) -> _T:
        """Do some work in a thread of the table's own."""
        return await self._service.work(work)

    async def wait_until_made(self) -> None:
        """Wait until a table that is being made can be used."""
        await self._call(lambda client: client.get_waiter("table_exists").wait(TableName=self.name))

    async def aclose(self) -> None:
        """Close the connections after the work that has begun; again does nothing."""
        self._closed = True
        await self._service.aclose(wait=True)

    async def _call(self, ask: Callable[[Any], _T]) -> _T:
        if self._closed:
            raise RuntimeError(f"{self.what} is closed here")
        return await self._service.call(ask)

    async def _pause(self, attempt: int) -> None:
        from random import Random

        from batuta.core.ids import new_id

        spread = Random(new_id("try")).uniform(0.5, 1)  # noqa: S311 - no secret
        await self.clock.sleep(min(0.02 * 2**attempt, 1.0) * spread)


def keyed(kind: str, name: str) -> str:
    """Give the key of a thing by its name, as in ``SESSION#…``; a long name stands by its hash.

    Raises:
        UnicodeEncodeError: The name holds half a surrogate pair: nothing is stored under it.
    """
    raw = name.encode()
    if len(raw) > _LONGEST_NAME or name.startswith(_HASHED):
        name = _HASHED + hashlib.sha256(raw).hexdigest()
    return f"{kind}#{name}"


def typed(values: Mapping[str, str | int | bytes]) -> dict[str, dict[str, Any]]:
    """Turn plain values into DynamoDB's."""
    return {name: _typed(value) for name, value in values.items()}


def plain(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Turn DynamoDB's values into plain ones."""
    return {
        name: int(value["N"]) if "N" in value else next(iter(value.values()))
        for name, value in item.items()
    }


def _typed(value: str | int | bytes) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    return {"N": str(value)} if isinstance(value, int) else {"B": value}
