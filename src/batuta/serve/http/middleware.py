"""What stands around every request: its id, safe headers, and the guard of a development server."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from batuta.core.addresses import is_loopback
from batuta.core.ids import new_id
from batuta.serve.http.problems import Answer, Refused, document

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Edge:
    """Names each request and adds the safe headers to its response.

    Args:
        guarded: Let only this machine's own programs and pages in, as a server must that asks
            nobody for a key: a page of another site could call it through the browser otherwise.
    """

    def __init__(self, app: ASGIApp, *, guarded: bool) -> None:
        self._app = app
        self._guarded = guarded
        self._safe = [(n.lower().encode(), value.encode()) for n, value in SAFE_HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_id("req")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}
                safe = [one for one in self._safe if one[0] not in there]
                if b"x-request-id" not in there:  # a door may have named it by its run
                    safe.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": [*message["headers"], *safe]}
            await send(message)

        if self._guarded and (refused := stranger(Headers(scope=scope))):
            await refused.answer().response()(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)


def stranger(headers: Headers) -> Refused | None:
    """Refuse a request that a page of another site may have sent through the browser."""
    if not _is_here(f"//{headers.get('host', '')}"):
        return Refused(
            403,
            "host_not_allowed",
            "Without API keys this server answers to localhost only. Call it as 127.0.0.1, "
            "or let its operator set BATUTA_KEYS.",
        )
    origin = headers.get("origin")
    if origin is not None and not _is_here(origin):
        return Refused(
            403,
            "origin_not_allowed",
            "Without API keys this server does not answer to pages of other sites. "
            "Let its operator set BATUTA_KEYS.",
        )
    return None


async def on_crash(_request: Request, _error: Exception) -> Response:
    """Answer for what nobody foresaw; its reason goes to the log alone, as it may hold anything."""
    detail = "Something went wrong that nobody foresaw. The server's log says what."
    return Answer(500, document(500, "internal", detail), SAFE_HEADERS).response()


@lru_cache(maxsize=256)
def _is_here(url: str) -> bool:
    """Tell whether an address is of this machine."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return is_loopback("")
