"""The HTTP client of the SDKs that speak httpx2: reused, bounded, and told nothing by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import httpx2

from batuta.core.redaction import mask_logs
from batuta.core.wire import ReplyTooLong

if TYPE_CHECKING:
    from batuta.models.vendors.access import VendorAccess

_CONNECT_S = 10.0
_CONNECTIONS = httpx2.Limits(max_connections=200, max_keepalive_connections=50)


def http_client(access: VendorAccess) -> httpx2.AsyncClient:
    """Make a client that stops reading a reply which is too long, and logs no secret.

    Replies are asked for as they are, not compressed: the length read is then the length sent.
    """
    mask_logs("httpx2", "httpcore2", "openai", "anthropic")
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(access.timeout_s, connect=min(_CONNECT_S, access.timeout_s)),
        limits=_CONNECTIONS,
        headers={"accept-encoding": "identity"},
        follow_redirects=True,
        event_hooks={"response": [_Bound(access.reply_bytes)]},
    )


class _Bound:
    """Puts a bound around the body of each response."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    async def __call__(self, response: httpx2.Response) -> None:
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._most_bytes:
            raise ReplyTooLong(self._most_bytes)
        response.stream = _BoundedStream(response.stream, self._most_bytes)


class _BoundedStream(httpx2.AsyncByteStream):
    """Another stream up to a number of bytes."""

    def __init__(self, inner: object, most_bytes: int) -> None:
        if not isinstance(inner, httpx2.AsyncByteStream):
            raise TypeError("an async client gives async streams")
        self._inner = inner
        self._most_bytes = most_bytes

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for piece in self._inner:
            read += len(piece)
            if read > self._most_bytes:
                raise ReplyTooLong(self._most_bytes)
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
