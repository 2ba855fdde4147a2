"""Finds out who is asking and which style, and passes the request on to the library."""

from __future__ import annotations

from datetime import UTC
from email.utils import format_datetime
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request

from batuta.errors import BatutaError
from batuta.serve.a2a.headers import answering, unread
from batuta.serve.http.body import received
from batuta.serve.http.door import caller_of
from batuta.serve.http.problems import Answer, Refused, document, problem_of

if TYPE_CHECKING:
    from a2a.server.request_handlers import DefaultRequestHandler
    from a2a.types.a2a_pb2 import AgentCard
    from starlette.routing import Router
    from starlette.types import Message, Receive, Scope, Send

    from batuta.serve.a2a.grpc_binding import GrpcBinding
    from batuta.serve.http.door import Door

PATH = "/a2a"
_WELL_KNOWN = "/.well-known/agent-card.json"
CARD_PATH = _WELL_KNOWN
_MARK = b'"raw"'


class A2AEndpoint:
    """The styles as agents, each made when somebody first comes to it."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._grpc: GrpcBinding | None = None
        self._since = format_datetime(door.house.clock.now().astimezone(UTC), usegmt=True)
        self._agents: dict[tuple[str, str], Router] = {}
        self._handlers: dict[str, DefaultRequestHandler] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            style, rest = self._parted(request)
            key = self._door.choose(style)
            if not rest.endswith(_WELL_KNOWN):  # a card is for everybody
                scope["batuta.caller"] = await caller_of(request)
                receive = await self._read(request)
            if rest == "/" and (refused := unread(request)) is not None:
                await refused.response()(scope, receive, send)
                return
            base = f"{request.url.scheme}://{request.headers.get('host', '')}"
            agent = self._agent(key, base)
        except Refused as error:
            await error.answer().response()(scope, receive, send)
            return
        except BatutaError as error:
            await problem_of(error).response()(scope, receive, send)
            return
        inner = {**scope, "path": rest, "root_path": "", "app_root_path": ""}
        sending = answering(request, send, self._since if rest.endswith(_WELL_KNOWN) else "")
        try:
            await agent(inner, receive, sending)
        except HTTPException as error:
            body = document(error.status_code, "not_found", "There is nothing at this address.")
            await Answer(error.status_code, body).response()(scope, receive, send)

    async def __aenter__(self) -> Self:
        if self._grpc is not None:
            await self._grpc.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> None:
        if self._grpc is not None:
            await self._grpc.__aexit__(*raised)
        await self.aclose()

    def listen(self, address: str) -> None:
        """Speak gRPC too, at an address of its own, once entered.

        Raises:
            ConfigError: The address cannot be used.
        """
        from batuta.serve.a2a.grpc_binding import GrpcBinding  # the library, where it is wanted

        self._grpc = GrpcBinding(self._door, self.handler, address)

    def handler(self, key: str, card: AgentCard | None = None) -> DefaultRequestHandler:
        """Give what holds a style's tasks, however they are asked for."""
        if key not in self._handlers:
            from batuta.serve.a2a import agent

            card = card or agent.card_of(self._door, key, "")
            self._handlers[key] = agent.handler_of(self._door, key, card)
        return self._handlers[key]

    def _grpc_at(self, base: str) -> str:
        """Give the address of gRPC, at the host that the request named."""
        host = urlsplit(base).hostname or ""
        shown = f"[{host}]" if ":" in host else host
        return "" if self._grpc is None else f"{shown}:{self._grpc.port}"

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

            card = agent.card_of(
                self._door, key, f"{base}{PATH}/{key}", grpc_at=self._grpc_at(base)
            )
            handler = self.handler(key, card)  # it holds the tasks, by whatever address they came
            if len(self._agents) >= _MOST_AGENTS:
                self._agents.clear()
            made = self._agents[key, base] = agent.routes_of(card, handler)
        return made


_MOST_AGENTS = 100
