"""Connections of botocore's that know for which call they work, for a ``Guard`` to close."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.awsrequest import (  # pyright: ignore[reportMissingTypeStubs]
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from urllib3.exceptions import IncompleteRead

from batuta.aws.guard import CALL, GuardedCall
from batuta.core.wire import STAND_IN_HEADER, ReplyTooLong


class _Watched:
    """A connection that knows for which call it works and bounds what that call reads."""

    call: GuardedCall | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request, for the call under way."""
        self.call = CALL.get()
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


def watch(client: Any) -> None:
    """Let a client make watched connections.

    botocore offers no way to say so: its session keeps the classes in a dict that its pools share.
    Where a later botocore has none, a call that is given up runs on to its read timeout.
    """
    with suppress(AttributeError):
        classes = client._endpoint.http_session._pool_classes_by_scheme  # noqa: SLF001
        classes.update({"http": _Pool, "https": _SecurePool})
