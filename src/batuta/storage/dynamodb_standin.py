"""A stand-in for DynamoDB on this machine: moto, one request at a time.

moto's own server answers several at once, and its transactions then lose writes: here no request
begins before the one before it has ended, so that conditions and transactions hold.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from batuta.errors import missing_extra

_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_MOST_BYTES = 16 * 1_048_576
# Whoever asks, and for whatever region, finds the same tables.
_ONE_REGION = "AWS4-HMAC-SHA256 Credential=standin/20260101/us-east-1/dynamodb/aws4_request"
_TARGET = "DynamoDB_20120810."


class DynamoStandIn:
    """Answers as DynamoDB does what is posted to it; an ASGI application.

    Nothing is checked of signatures and rights, nothing outlives the process, and expired items
    are never deleted. Two of them in one process have the same tables.

    Raises:
        ConfigError: moto is missing.
    """

    def __init__(self) -> None:
        try:
            from moto.core.request import Request
            from moto.dynamodb.responses import DynamoHandler
        except ImportError as error:
            what = f"The stand-in for DynamoDB needs {error.name}"
            raise missing_extra(what, "aws-standin") from error
        self._request: Any = Request.from_primitives
        self._answer: Any = DynamoHandler.dispatch

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> (
        None
    ):  # fmt: skip
        """Answer one request."""
        body = await _body(receive)
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }
        status, told, said = self._answered(headers, body)
        raw = said.encode() if isinstance(said, str) else said
        kept = [
            (name.lower().encode(), str(text).encode())
            for name, text in told.items()
            if name.lower() not in {"content-length", "server", "status"}
        ]
        kept += [(b"content-length", b"%d" % len(raw)), (b"x-batuta-stand-in", b"true")]
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": raw})

    def _answered(self, headers: dict[str, str], body: bytes | None) -> Any:
        """Give status, headers and body. There is no await here: that keeps one apart from another.

        Args:
            body: None where it is too long.
        """
        from botocore.model import (  # pyright: ignore[reportMissingTypeStubs]
            OperationNotFoundError,
        )

        if body is None:
            return _refused("SerializationException", f"A request takes {_MOST_BYTES} bytes.")
        if not headers.get("x-amz-target", "").startswith(_TARGET):
            return _refused("UnknownOperationException", "This stand-in is of DynamoDB alone.")
        sent = {**headers, "authorization": _ONE_REGION}
        try:
            return self._answer(self._request("POST", f"http://{headers['host']}/", sent, body))
        except OperationNotFoundError as error:
            return _refused("UnknownOperationException", str(error))


def _refused(code: str, message: str) -> tuple[int, dict[str, str], str]:
    kind = f"com.amazonaws.dynamodb.v20120810#{code}"
    body = json.dumps({"__type": kind, "message": message})
    return 400, {"content-type": "application/x-amz-json-1.0"}, body


async def _body(receive: _Receive) -> bytes | None:
    """Read the body to its end; None where it is too long."""
    read, length = list[bytes](), 0
    while True:
        part = await receive()
        raw = part.get("body", b"")
        length += len(raw)
        if length <= _MOST_BYTES:
            read.append(raw)
        if not part.get("more_body"):
            return b"".join(read) if length <= _MOST_BYTES else None
