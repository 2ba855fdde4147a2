"""A DynamoDB on which bad luck strikes when a test says so."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Luck = Callable[["ASGIApp", "Scope", "Receive", "Send"], Awaitable[None]]


async def throttled(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse it, as a table does that is asked too much."""
    said = {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
    body = json.dumps(said)
    await Response(body, 400, media_type="application/x-amz-json-1.0")(scope, receive, send)


async def lost_before(_: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Do nothing, and let whoever asked wait until it leaves."""
    await _left(receive)


async def lost_after(table: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Do it, and let whoever asked wait for the answer until it leaves."""

    async def unheard(message: Any) -> None:
        pass

    await table(scope, receive, unheard)
    await _left(receive)


def after(other: Callable[[], Awaitable[Any]]) -> Luck:
    """Let something else happen before it."""

    async def late(table: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        await other()
        await table(scope, receive, send)

    return late


@dataclass
class Unlucky:
    """A table's door.

    Args:
        luck: Told of each operation and what is asked, it says what befalls it; None lets it pass.
    """

    table: ASGIApp
    luck: Callable[[str, str], Luck | None] = lambda operation, asked: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        operation = Request(scope).headers.get("x-amz-target", "").partition(".")[2]
        body = await Request(scope, receive).body()
        luck = self.luck(operation, body.decode())
        receive = _again(body, receive)
        if luck is None:
            await self.table(scope, receive, send)
        else:
            await luck(self.table, scope, receive, send)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more, and then what else comes."""
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive_again() -> Any:
        found = next(parts, None)
        return found if found is not None else await receive()

    return receive_again


async def _left(receive: Receive) -> None:
    """Wait until the client closes its connection, as one that is killed does."""
    while (await receive())["type"] != "http.disconnect":
        pass
