"""The MCP door at ``/mcp`` of the HTTP server, for both revisions of streamable HTTP.

Nothing is kept between requests, so any process answers any of them. The library is imported when
somebody first comes.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.routing import Route

from batuta.errors import BatutaError
from batuta.serve.http.body import received
from batuta.serve.http.door import Door, caller_of
from batuta.serve.http.problems import Refused, problem_of
from batuta.serve.mcp.caller import PRINCIPAL

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Message, Receive, Scope, Send

PATH = "/mcp"


def mount(app: FastAPI) -> AbstractAsyncContextManager[object]:
    """Add the door, and give what is closed with the server."""
    endpoint = McpEndpoint(app.state.door)
    app.router.routes.append(Route(PATH, endpoint, include_in_schema=False))
    return aclosing(endpoint)


class McpEndpoint:
    """Finds out who is asking, reads what they send within the door's limits, and passes it on."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._opening = asyncio.Lock()
        self._manager: Any = None
        self._end = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        settings = self._door.house.settings
        try:
            scope[PRINCIPAL] = await caller_of(request)
            _check_method(request)
            body = await received(request, settings.body_bytes, settings.body_seconds)
        except Refused as error:
            await error.answer().response()(scope, receive, send)
            return
        except BatutaError as error:
            await problem_of(error).response()(scope, receive, send)
            return
        manager = await self._opened()
        await manager.handle_request(scope, _once(body, receive), send)

    async def aclose(self) -> None:
        """End what is on."""
        self._end.set()
        if self._task is not None:
            await self._task

    async def _opened(self) -> Any:
        if self._manager is None:
            async with self._opening:
                if self._manager is None:
                    self._manager = await self._made()
        return self._manager

    async def _made(self) -> Any:
        made = await asyncio.to_thread(_manager_of, self._door)
        begun = asyncio.Event()

        async def hold() -> None:
            """Hold the library's scope open in one task, as it must end where it began."""
            async with made.run():
                begun.set()
                await self._end.wait()

        self._task = asyncio.create_task(hold())
        await begun.wait()
        return made


def _check_method(request: Request) -> None:
    if request.method != "POST":
        detail = "This door keeps no stream open. Send a POST."
        raise Refused(405, "method_not_allowed", detail, headers={"Allow": "POST"})


def _manager_of(door: Door) -> Any:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from batuta.serve.mcp.server import McpDoor

    most = door.house.settings.body_bytes
    server = McpDoor(door).server()
    return StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=most)


def _once(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
