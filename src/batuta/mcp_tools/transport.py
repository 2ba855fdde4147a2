"""How an MCP server is reached, and what of a call has gone there."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from batuta.core.redaction import redacted
from batuta.errors import DISTRIBUTION

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger(__name__)
_LAST_LINES = 3
_LONGEST_LINE = 2_000
_MOST_BYTES = 4_000_000
_CONNECT_S = 10.0
_READ_S = 300.0


@dataclass(frozen=True, kw_only=True, slots=True)
class McpTarget:
    """Where a server is: a command, or a URL."""

    command: str = ""
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cwd: str | Path | None = None
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    @property
    def mend(self) -> str:
        """What whoever runs it should do where it does not answer."""
        if self.url:
            return "See that it runs and that its url is right, then try again."
        return "See that its command is right and starts, then try again."


@dataclass(slots=True)
class SendState:
    """Whether any of a call has left this process."""

    sent: bool = False


sending: ContextVar[SendState | None] = ContextVar("batuta_mcp_attempt", default=None)
"""The call that is being sent."""


class WireState:
    """What is known of a connection besides its client.

    Args:
        lost: Called where nothing more can come.
    """

    def __init__(self, lost: Callable[[], None]) -> None:
        self.lost = lost
        self.said: deque[str] = deque(maxlen=_LAST_LINES)

    def is_lost(self, code: int, message: str) -> bool:
        """Tell whether the library's error means that the connection has ended."""
        from mcp_types import CONNECTION_CLOSED, INVALID_REQUEST

        return code == CONNECTION_CLOSED or (code == INVALID_REQUEST and message == _TERMINATED)

    def why(self, error: BaseException) -> str:
        """Say in words for anybody why a server cannot be reached."""
        if isinstance(error, FileNotFoundError):
            return "cannot be started: there is no such program or folder"
        if isinstance(error, PermissionError):
            return "cannot be started: its program may not be run"
        from mcp.shared.exceptions import MCPError

        spoke = isinstance(error, MCPError) or bool(self.said)
        return "does not answer as an MCP server" if spoke else "cannot be reached"


_TERMINATED = "Session terminated"


@asynccontextmanager
async def open_wire(target: McpTarget, wire: WireState, heard: Any) -> AsyncGenerator[Any]:
    """Connect, and give the library's client."""
    from mcp.client import Client
    from mcp_types import Implementation

    async with AsyncExitStack() as stack:
        opened: Any = _http(target, stack) if target.url else _process(target, wire, stack)
        transport: Any = _Noted(await opened, wire, sends=not target.url)
        yield await stack.enter_async_context(
            Client(
                transport,
                message_handler=heard,
                client_info=Implementation(name="batuta", version=version(DISTRIBUTION)),
                cache=None,
            )
        )


async def _http(target: McpTarget, stack: AsyncExitStack) -> Any:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    client = await stack.enter_async_context(
        httpx2.AsyncClient(
            headers=dict(target.headers),
            timeout=httpx2.Timeout(_CONNECT_S, read=_READ_S),
            transport=_transport(),
        )
    )
    return streamable_http_client(target.url, http_client=client, max_sse_event_size=_MOST_BYTES)


def _transport() -> Any:
    import httpx2

    class Noting(httpx2.AsyncHTTPTransport):
        """Notes of a call that it goes out; before that a connection had to be made."""

        async def handle_async_request(self, request: Any) -> Any:
            on = sending.get()

            async def note(event: str, _: object) -> None:
                if on is not None and event.endswith(".send_request_headers.started"):
                    on.sent = True

            request.extensions = {**request.extensions, "trace": note}
            return await super().handle_async_request(request)

    return Noting()


async def _process(target: McpTarget, wire: WireState, stack: AsyncExitStack) -> Any:
    from mcp.client.stdio import StdioServerParameters, stdio_client

    told, tell = os.pipe()
    threading.Thread(target=_hear, args=(told, wire), name="batuta-mcp", daemon=True).start()
    errors = stack.enter_context(os.fdopen(tell, "w"))
    parameters = StdioServerParameters(
        command=target.command, args=[*target.args], env=dict(target.env), cwd=target.cwd
    )
    return stdio_client(parameters, errlog=errors)


def _hear(descriptor: int, wire: WireState) -> None:
    """Log what a server writes on its standard error, and keep the last of it."""
    with os.fdopen(descriptor, "rb") as lines:
        while line := lines.readline(_LONGEST_LINE):
            text = redacted(line.decode(errors="replace").rstrip())
            if text:
                wire.said.append(text)
                _LOG.info("%s", text)


class _Noted:
    """A transport that notes what was sent, and when nothing more can come.

    Args:
        inner: The library's own.
        sends: What it is given goes out at once; else it is noted further down.
    """

    def __init__(self, inner: Any, wire: WireState, *, sends: bool) -> None:
        self._inner, self._wire, self._sends = inner, wire, sends

    async def __aenter__(self) -> Any:
        received, sent = await self._inner.__aenter__()
        return _Received(received, self._wire), _Sent(sent) if self._sends else sent

    async def __aexit__(self, *raised: object) -> Any:
        return await self._inner.__aexit__(*raised)


class _Stream:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def __aenter__(self) -> Any:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *raised: object) -> Any:
        return await self._inner.__aexit__(*raised)


class _Sent(_Stream):
    async def send(self, item: Any) -> None:
        on = sending.get()
        if on is not None:
            on.sent = True
        await self._inner.send(item)


class _Received(_Stream):
    def __init__(self, inner: Any, wire: WireState) -> None:
        super().__init__(inner)
        self._wire = wire

    @property
    def last_context(self) -> Any:
        return getattr(self._inner, "last_context", None)

    async def receive(self) -> Any:
        return await self._inner.receive()

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        try:
            return await self._inner.__anext__()
        except StopAsyncIteration:
            self._wire.lost()
            raise
