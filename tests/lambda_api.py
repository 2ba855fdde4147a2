"""Lambda's Invoke on loopback, for boto3's own client, beside a DynamoDB of our own.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, read 2025-11.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from batuta.core.clock import Clock, FixedClock
from batuta.core.ids import new_id
from batuta.core.redaction import Secret
from batuta.offline import OfflineModel
from batuta.remote.aws_lambda import FunctionOptions, Functions, LambdaAccess
from batuta.standin import Wire, standin_in_thread
from batuta.storage.dynamodb_client import DynamoTable, TableOptions
from batuta.storage.dynamodb_ledger import DynamoLedger
from batuta.storage.dynamodb_standin import DynamoStandIn
from batuta.storage.dynamodb_table import create_table
from tests.patience import scaled
from tests.unit.core.rig import NOW

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/2015-03-31/functions/{name}/invocations"
SECRET = Secret("the tests' own secret, long enough")
_LARGEST = 6 * 1_048_576


@dataclass(frozen=True)
class Refusal(Exception):
    """What Lambda answers instead of invoking."""

    status: int
    code: str
    message: str = "no"


@dataclass(frozen=True)
class Ended:
    """A function that raised, or that Lambda ended."""

    body: Any


Body = Callable[[Any], Awaitable[Any]]
"""A function: takes the event, gives its answer or how it ended."""


@dataclass
class LambdaApi:
    """An ASGI application that invokes functions; a caller that leaves stops none of them."""

    functions: dict[str, Body] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        name, qualifier = request.path_params["name"], request.query_params.get("Qualifier", "")
        self.seen.append((name, qualifier))
        try:
            response = await self._invoked(name, await request.body())
        except Refusal as refusal:
            said = json.dumps({"Type": "User", "Message": refusal.message})
            headers = {"x-amzn-errortype": refusal.code}
            response = Response(said, refusal.status, headers, "application/json")
        await response(scope, receive, send)

    async def _invoked(self, name: str, payload: bytes) -> Response:
        if len(payload) > _LARGEST:
            raise Refusal(413, "RequestTooLargeException", "Request must be smaller than 6291456")
        if name not in self.functions:
            raise Refusal(404, "ResourceNotFoundException", f"Function not found: {name}")
        answer = await self.functions[name](json.loads(payload, parse_constant=_refused))
        if isinstance(answer, Ended):
            headers = {"X-Amz-Function-Error": "Unhandled"}
            return Response(json.dumps(answer.body), 200, headers)
        return Response(json.dumps(answer, allow_nan=False), 200)


def _refused(constant: str) -> Any:
    raise Refusal(400, "InvalidRequestContentException", f"Could not parse {constant}")


@dataclass
class TableApi:
    """DynamoDB's stand-in, with bad luck.

    Args:
        before: Told of each operation; where it gives False, the operation is lost.
        after: Called once, when the next write has been done and nobody knows of it yet.
    """

    inner: ASGIApp = field(default_factory=DynamoStandIn)
    before: Callable[[str], bool] | None = None
    after: Callable[[], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        target = Request(scope).headers.get("x-amz-target", "")
        if self.before is not None and not self.before(target):
            await Response(b"{}", 500)(scope, receive, send)
            return
        after, self.after = self.after, None
        if after is None:
            await self.inner(scope, receive, send)
            return

        async def late(message: Any) -> None:
            if message["type"] == "http.response.start":
                after()
            await send(message)

        await self.inner(scope, receive, late)


@dataclass(frozen=True)
class Cloud:
    """A loopback AWS: functions by name, and one table."""

    api: LambdaApi
    table_api: TableApi
    url: str
    table: str
    clock: Clock | None = None

    def functions(self, **more: Any) -> Functions:
        """Make a client of the functions, as the package's own root does."""
        options = FunctionOptions(region="eu-west-1", endpoint_url=self.url, signed=False, **more)
        return Functions(options, reply_bytes=16 * 1_048_576)

    def ledger(self) -> DynamoLedger:
        """Open the table's ledger."""
        return DynamoLedger(self.open_table())

    def open_table(self) -> DynamoTable:
        """Open the table."""
        options = TableOptions(
            region="eu-west-1",
            endpoint_url=self.url,
            timeout_s=scaled(30),
            signed=False,
            connections=32,
        )
        return DynamoTable(self.table, options, self.clock)

    def access(self, secret: Secret = SECRET) -> LambdaAccess:
        """Give what a caller or a function of its own has."""
        return LambdaAccess(functions=self.functions(), ledger=self.ledger(), secret=secret)


@contextmanager
def cloud(clock: Clock | None = None) -> Iterator[Cloud]:
    """Run one, with an empty table.

    Args:
        clock: Says what has expired; none other than the machine's where functions are processes.
    """
    api = LambdaApi()
    table_api = TableApi()
    more: dict[str, Any] = {"/": table_api, PATH: api}
    with standin_in_thread(OfflineModel(), Wire(keep=0), more=more) as server:
        made = Cloud(api, table_api, server.url, new_id("table"), clock)

        async def create() -> None:
            table = made.open_table()
            await create_table(table)
            await table.aclose()

        asyncio.run(create())
        yield made


class Shared(LambdaAccess):
    """An access that many tests use one after the other, and none of them closes."""

    async def aclose(self) -> None:
        """Leave it open."""


@cache
def shared_cloud() -> tuple[Cloud, Shared]:
    """Run one for as long as this process lives."""
    made = cloud(FixedClock(NOW))
    _KEPT.append(made)  # so that it is not collected, and with it closed
    # A thread of its own, as asyncio.run is not for one whose loop runs already.
    with ThreadPoolExecutor(1) as thread:
        here = thread.submit(made.__enter__).result()
    return here, Shared(functions=here.functions(), ledger=here.ledger(), secret=SECRET)


_KEPT: list[Any] = []


def close_shared_cloud() -> None:
    """Stop it, so that the process can end."""
    while _KEPT:
        _KEPT.pop().__exit__(None, None, None)
