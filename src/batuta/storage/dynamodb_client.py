"""One DynamoDB table, reached by boto3's client in threads of its own."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from botocore import UNSIGNED  # pyright: ignore[reportMissingTypeStubs]
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
)
from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

from batuta.core.clock import Clock, SystemClock
from batuta.storage.dynamodb_failures import is_conflict, raised

_T = TypeVar("_T")
_CONFLICTS = 10
_LONGEST_NAME = 500
_HASHED = "sha256:"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How a table is reached.

    Args:
        region: Empty for that of AWS's own settings.
        endpoint_url: Empty for AWS itself.
        connections: Most calls at once; others wait for their turn.
        tries: Of one call, the first included; waits between them grow, and when throttled so does
            the client's own pace.
        timeout_s: For an answer to one try.
        signed: False sends no signature, so that no credentials are needed: for a stand-in.
    """

    region: str = ""
    endpoint_url: str = ""
    connections: int = 16
    tries: int = 4
    timeout_s: float = 5.0
    signed: bool = True


class DynamoTable:
    """A table that several stores may share; closing one of them closes it for all.

    Args:
        name: The table must exist: nothing here makes it.
        clock: Says what has expired; for tests.
    """

    def __init__(self, name: str, reach: Reach | None = None, clock: Clock | None = None) -> None:
        self.name, self.reach, self.clock = name, reach or Reach(), clock or SystemClock()
        self._threads = ThreadPoolExecutor(self.reach.connections, thread_name_prefix="dynamodb")
        self._making = threading.Lock()
        self._client: Any = None

    @property
    def what(self) -> str:
        """The table and where it is, for messages."""
        at = f" at {self.reach.endpoint_url}" if self.reach.endpoint_url else ""
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
                return await self.away(lambda: getattr(self._connected(), operation)(**asked))
            except (BotoCoreError, ClientError) as error:
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

    async def away(self, work: Callable[[], _T]) -> _T:
        """Do some work in a thread of the table's own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def wait_until_made(self) -> None:
        """Wait until a table that is being made can be used."""
        await self.away(
            lambda: self._connected().get_waiter("table_exists").wait(TableName=self.name)
        )

    async def aclose(self) -> None:
        """Close the connections after the work that has begun; again does nothing."""
        with suppress(RuntimeError):  # shut down before
            await self.away(self._disconnect)
        self._threads.shutdown()

    def _connected(self) -> Any:
        with self._making:
            if self._client is None:
                self._client = _connect(self.reach)
        return self._client

    def _disconnect(self) -> None:
        with self._making:
            if self._client is not None:
                self._client.close()

    async def _pause(self, attempt: int) -> None:
        from random import Random

        from batuta.core.ids import new_id

        spread = Random(new_id("try")).uniform(0.5, 1)  # noqa: S311 - no secret
        await self.clock.sleep(min(0.02 * 2**attempt, 1.0) * spread)


@cache
def _loader() -> Any:
    """Share what botocore reads of a service: it takes most of the time that a client takes."""
    session: Any = Session()
    return session.get_component("data_loader")


def _connect(reach: Reach) -> Any:
    config = Config(
        connect_timeout=min(reach.timeout_s, 3.0),
        read_timeout=reach.timeout_s,
        retries={"mode": "adaptive", "total_max_attempts": reach.tries},
        max_pool_connections=reach.connections,
        signature_version=None if reach.signed else UNSIGNED,
    )
    session: Any = Session()
    session.register_component("data_loader", _loader())
    return session.create_client(
        "dynamodb",
        region_name=reach.region or None,
        endpoint_url=reach.endpoint_url or None,
        config=config,
    )


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
