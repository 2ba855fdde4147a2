"""Calls of AWS that can be given up, and whose replies are bounded.

botocore blocks and offers neither. Each call has a thread; giving it up closes its connection,
which wakes the thread.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from botocore.awsrequest import (  # pyright: ignore[reportMissingTypeStubs]
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from urllib3.exceptions import IncompleteRead

from batuta.core.redaction import mask_logs
from batuta.core.wire import STAND_IN_HEADER, ReplyTooLong, Seen

_CONNECT_S = 10.0
_CONNECTIONS = 50
_CALL: ContextVar[_Call | None] = ContextVar("aws_call", default=None)


class _Call(Seen):
    """One call under way: the connections that it holds, and what it may read."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.connections: list[Any] = []
        self.given_up = False

    def give_up(self) -> None:
        """Close the connections, which wakes the thread that waits for an answer."""
        self.given_up = True
        for connection in self.connections:
            sock = connection.sock
            if connection.call is self and sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connections of a call that failed: one in mid-stream goes back to no pool."""
        for connection in self.connections:
            if connection.call is self:
                connection.close()


class Guard:
    """Makes the context of each call.

    Args:
        most_bytes: Longest reply that is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    @contextmanager
    def __call__(self) -> Generator[Seen]:
        """Stand around one call; give what is seen of its response."""
        call = _Call(self._most_bytes)
        token = _CALL.set(call)
        try:
            yield call
        except asyncio.CancelledError:
            call.give_up()
            raise
        except Exception:
            call.close()
            raise
        finally:
            _CALL.reset(token)


class _Watched:
    """A connection that knows for which call it works and bounds what that call reads."""

    call: _Call | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request, for the call under way."""
        self.call = _CALL.get()
        if self.call is not None:
            self.call.connections.append(self)
        inner: Any = super()
        return inner.request(*args, **kwargs)

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        """Give the response, bounded; none to a call that was given up while it was sent."""
        if self.call is not None and self.call.given_up:
            raise ConnectionAbortedError("the call was given up")
        inner: Any = super()
        made = inner.getresponse(*args, **kwargs)
        if self.call is not None:
            self.call.stand_in = STAND_IN_HEADER in made.headers
            made.stream = _bounded(made, self.call.most_bytes)
        return made


def _bounded(response: Any, most_bytes: int) -> Any:
    """Bound the one way by which botocore reads a response, whole or as events.

    botocore takes a response that ends too early for a whole one; this does not.
    """
    stream = response.stream
    declared = response.headers.get("content-length", "")

    def read(*args: Any, **kwargs: Any) -> Iterator[bytes]:
        count = 0
        for piece in stream(*args, **kwargs):
            count += len(piece)
            if count > most_bytes:
                raise ReplyTooLong(most_bytes)
            yield piece
        del response.stream  # a ring of references would keep its connection from being closed
        if declared.isdigit() and count < int(declared):
            raise IncompleteRead(count, int(declared) - count)

    return read


class _Connection(_Watched, AWSHTTPConnection):
    pass


class _SecureConnection(_Watched, AWSHTTPSConnection):
    pass


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def client_of(service: str, timeout_s: float, endpoint: str, **who: str | None) -> Any:
    """Make a client of one of AWS's services, whose calls can be given up and are tried once.

    Args:
        timeout_s: Longest that one call may take.
        endpoint: Empty for AWS's own.
        who: As boto3's ``Session`` takes it: the region, keys.

    Raises:
        BotoCoreError: boto3 finds no region, or cannot use what is set.
    """
    # Here alone: who brings a client of botocore's own need not wait for it.
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    config = Config(
        connect_timeout=min(_CONNECT_S, timeout_s),
        read_timeout=timeout_s,
        max_pool_connections=_CONNECTIONS,
        retries={"total_max_attempts": 1},
    )
    sdk: Any = boto3
    mask_logs("boto3", "botocore")
    client = sdk.Session(**who).client(service, config=config, endpoint_url=endpoint or None)
    mask_logs("botocore")  # what making the client has imported
    watch(client)
    return client


def watch(client: Any) -> None:
    """Let a client make watched connections.

    botocore offers no way to say so: its session keeps the classes in a dict that its pools share.
    Where a later botocore has none, a call that is given up runs on to its read timeout.
    """
    with suppress(AttributeError):
        classes = client._endpoint.http_session._pool_classes_by_scheme  # noqa: SLF001
        classes.update({"http": _Pool, "https": _SecurePool})
