"""Finds out who is asking and which style, and passes the request on to the library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from batuta.errors import BatutaError
from batuta.serve.http.body import received
from batuta.serve.http.door import caller_of
from batuta.serve.http.problems import Answer, Refused, document, problem_of

if TYPE_CHECKING:
    from starlette.routing import Router
    from starlette.types import Message, Receive, Scope, Send

    from batuta.serve.http.door import Door

PATH = "/a2a"
_WELL_KNOWN = "/.well-known/agent-card.json"
CARD_PATH = _WELL_KNOWN
_MARK = b'"raw"'


class A2AEndpoint:
    """The styles as agents, each made when somebody first comes to it."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._agents: dict[tuple[str, str], Router] = {}
        self._handlers: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            style, rest = self._parted(request)
            key = self._door.choose(style)
            if not rest.endswith(_WELL_KNOWN):  # a card is for everybody
                scope["batuta.caller"] = await caller_of(request)
                receive = await self._read(request)
            base = f"{request.url.scheme}://{request.headers.get('host', '')}"
            agent = self._agent(key, base)
        except Refused as error:
            await error.answer().response()(scope, receive, send)
            return
        except BatutaError as error:
            await problem_of(error).response()(scope, receive, send)
            return
        inner = {**scope, "path": rest, "root_path": "", "app_root_path": ""}
        try:
            await agent(inner, receive, send)
        except HTTPException as error:
            body = document(error.status_code, "not_found", "There is nothing at this address.")
            await Answer(error.status_code, body).response()(scope, receive, send)

    async def aclose(self) -> None:
        """End the tasks that are on, or wait for somebody, and let go of the agents."""
        for handler in self._handlers.values():
            await handler.aclose()
        self._agents.clear()
        self._handlers.clear()

    def _parted(self, request: Request) -> tuple[str | None, str]:
        """Give the style that an address names, and what comes after it."""
        path = request.url.path
        if path == CARD_PATH:
            return None, path
        style, _, rest = path.removeprefix(f"{PATH}/").partition("/")
        return style, f"/{rest}"

    async def _read(self, request: Request) -> Receive:
        """Read the body within the door's limits, and give it on."""
        settings = self._door.house.settings
        most = max(settings.api_body_bytes, settings.body_bytes)
        both = most + settings.attachment_bytes * 4 // 3
        body = await received(request, both, settings.body_seconds, plain=most, mark=_MARK)
        read = False

        async def receive() -> Message:
            nonlocal read
            if read:
                return await request.receive()
            read = True
            return {"type": "http.request", "body": body, "more_body": False}

        return receive

    def _agent(self, key: str, base: str) -> Router:
        """Give a style's agent; its card names the address that it was called by."""
        made = self._agents.get((key, base))
        if made is None:
            from batuta.serve.a2a import agent  # the library, when somebody comes

            card = agent.card_of(self._door, key, f"{base}{PATH}/{key}")
            if key not in self._handlers:  # it holds the tasks, by whatever address they came
                self._handlers[key] = agent.handler_of(self._door, key, card)
            if len(self._agents) >= _MOST_AGENTS:
                self._agents.clear()
            made = self._agents[key, base] = agent.routes_of(card, self._handlers[key])
        return made


_MOST_AGENTS = 100
