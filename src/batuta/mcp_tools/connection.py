"""One connection to an MCP server: opened when it is needed, and again when it has ended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from batuta.core.cancellation import left_alone
from batuta.core.custom import trace_here
from batuta.core.redaction import redacted_text
from batuta.errors import (
    BatutaError,
    EffectUnknown,
    ToolFailed,
    ToolServerUnreachable,
    members_of,
    missing_extra,
)
from batuta.mcp_tools.result import given_by
from batuta.mcp_tools.transport import SendState, WireState, open_wire, sending

if TYPE_CHECKING:
    from batuta.mcp_tools.tool import McpTool
    from batuta.mcp_tools.transport import McpTarget

_LOG = logging.getLogger(__name__)
_MOST_PAGES = 50
_CLOSING_S = 8.0
_AGAIN_S, _MOST_WAIT_S = 1.0, 60.0
KEY = "batuta/idempotencyKey"
"""Under which a writing call's ``_meta`` has its idempotency key."""
TRACE = "traceparent"
"""Under which a call's ``_meta`` has the W3C context of its trace."""


class Server(Protocol):
    """What a connection is told of its server."""

    @property
    def name(self) -> str:
        """The name in errors."""
        ...

    @property
    def target(self) -> McpTarget:
        """How it is reached."""
        ...

    @property
    def connect_timeout_s(self) -> float:
        """Longest that connecting may take."""
        ...

    @property
    def images(self) -> bool:
        """Whether images are shown to models."""
        ...


class Connection:
    """A server's one connection in this process.

    A task of its own holds it open, because the library's scopes must end in the task in which
    they began. It listens there for news of the server's tools.

    Args:
        take: Takes what the server lists, whenever that was asked for.
    """

    def __init__(self, server: Server, take: Callable[[Sequence[Any]], None]) -> None:
        self.users = 0
        self._server, self._take = server, take
        self._held: _Held | None = None
        self._opening: asyncio.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def client(self) -> Any:
        """Give the library's client, connected; its tools are listed by then.

        Raises:
            ConfigError: The library is not installed.
            ToolServerUnreachable: The server does not answer.
        """
        return (await self._open()).client

    async def call(self, tool: McpTool, arguments: Mapping[str, Any], key: str) -> Any:
        """Call a tool of the server, once more where the connection had ended before it was sent.

        Raises:
            ToolFailed: The tool failed, or cannot be reached; nothing was begun in the second case.
            EffectUnknown: It writes, and the connection ended in the middle.
        """
        for last in (False, True):
            held = await self._open()
            try:
                return await held.call(tool, arguments, key)
            except _NotSentError as error:
                held.drop()
                if last:
                    raise _unreachable(self._server, "ended the connection") from error
        raise AssertionError("unreachable: the second try returns or raises")

    async def close(self) -> None:
        """Close it, and end the server's process where it is one of ours."""
        held, self._held = self._held, None
        if held is not None and self._loop is asyncio.get_running_loop():
            await held.closed()

    async def _open(self) -> _Held:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:  # what was open in another loop has ended with it
            self._loop, self._opening, self._held = loop, asyncio.Lock(), None
        if self._held is not None and self._held.is_open:
            return self._held
        if self._opening is None:
            raise AssertionError("unreachable: it is made with the loop")
        async with self._opening:
            if self._held is None or not self._held.is_open:
                self._held = await self._opened()
            return self._held

    async def _opened(self) -> _Held:
        await self._load()
        held = _Held(self._server, self._take)
        try:
            async with asyncio.timeout(self._server.connect_timeout_s):
                await asyncio.shield(held.opened)
        except TimeoutError as error:
            held.drop()
            limit = self._server.connect_timeout_s
            raise _unreachable(self._server, f"did not answer within {limit:g} s") from error
        except asyncio.CancelledError:
            held.drop()
            raise
        except BatutaError:
            raise
        except Exception as error:  # the boundary: whatever keeps a foreign server from answering
            _LOG.warning("MCP server %s: %s", self._server.name, redacted_text(error))
            raise _unreachable(self._server, held.wire.why(error)) from error
        return held

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(_library)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types", "httpx2"):
                raise
            raise missing_extra(f"MCP server {self._server.name} needs mcp", "mcp") from error


def _meta(key: str) -> dict[str, str] | None:
    """Say under which key a call writes, and of which trace it is.

    Source: https://modelcontextprotocol.io/seps/414-request-meta, read 2026-11: ``traceparent``.
    """
    told = {KEY: key, TRACE: trace_here()}
    return {name: value for name, value in told.items() if value} or None


class _NotSentError(Exception):
    """The connection had ended before a call was sent."""


class _Held:
    """A connection that is being opened, open, or at its end.

    Args:
        opened: Done once the tools are listed, or with what kept it from that.
    """

    def __init__(self, server: Server, take: Callable[[Sequence[Any]], None]) -> None:
        loop = asyncio.get_running_loop()
        self.client: Any = None
        self.wire = WireState(self.drop)
        self.opened: asyncio.Future[None] = loop.create_future()
        self._server, self._take = server, take
        self._end, self._news = asyncio.Event(), asyncio.Event()
        self._task = loop.create_task(self._hold())
        left_alone(self.opened)
        left_alone(self._task)

    @property
    def is_open(self) -> bool:
        """Whether calls can be sent."""
        return not self._end.is_set() and not self._task.done()

    def drop(self) -> None:
        """Let it end, in a task of its own."""
        self._end.set()
        if not self.opened.done():
            self._task.cancel()

    async def call(self, tool: McpTool, arguments: Mapping[str, Any], key: str) -> Any:
        """Call a tool.

        Raises:
            _NotSentError: The connection had ended before.
            ToolFailed: The tool failed.
            EffectUnknown: It writes, and the connection ended in the middle, or it failed without
                a reason.
        """
        from mcp.shared.exceptions import MCPError
        from pydantic import ValidationError

        writes = tool.effect == "write"
        tried = SendState()
        mark = sending.set(tried)
        meta: Any = _meta(key)
        try:
            result = await self.client.call_tool(tool.remote_name, dict(arguments), meta=meta)
        except MCPError as error:
            if self.wire.is_lost(error.code, error.message):
                if not tried.sent:
                    raise _NotSentError from error
                self.drop()
                if writes:
                    raise EffectUnknown(tool.name, _lost(self._server.name)) from error
                raise _unreachable(self._server, "ended the connection during the call") from error
            raise ToolFailed(tool.name, redacted_text(error)) from error
        except (RuntimeError, ValidationError) as error:  # as the library tells a wrong result
            said = f"MCP server {self._server.name} gave a result that does not fit its own schema"
            raise (EffectUnknown if writes else ToolFailed)(tool.name, said) from error
        finally:
            sending.reset(mark)
        return given_by(tool, result, images=self._server.images)

    async def closed(self) -> None:
        """Let it end, and wait for that."""
        self.drop()
        await asyncio.wait({self._task}, timeout=_CLOSING_S)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=_AGAIN_S)

    async def _hold(self) -> None:
        try:
            async with open_wire(self._server.target, self.wire, self._heard) as client:
                self.client = client
                await self._list()
                self.opened.set_result(None)
                await self._follow()
        except BaseException as error:
            if not self.opened.done():
                self.opened.set_exception(_first(error))
            if not isinstance(error, Exception | asyncio.CancelledError):
                raise
            _LOG.debug("MCP server %s: %s", self._server.name, redacted_text(error))
        finally:
            self._end.set()

    async def _follow(self) -> None:
        """List the tools again whenever the server says that they have changed, until the end."""
        listening = asyncio.ensure_future(self._listen())
        end = asyncio.ensure_future(self._end.wait())
        try:
            while not self._end.is_set():
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait({end, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                if self._news.is_set() and not self._end.is_set():
                    self._news.clear()
                    await self._list_again()
        finally:
            end.cancel()
            listening.cancel()
            await asyncio.wait({listening}, timeout=_AGAIN_S)

    async def _list_again(self) -> None:
        try:
            async with asyncio.timeout(self._server.connect_timeout_s):
                await self._list()
        except (
            Exception,
            asyncio.CancelledError,
        ) as error:  # the boundary: the tools stay as known
            if isinstance(error, asyncio.CancelledError):
                raise
            _LOG.warning("MCP server %s: %s", self._server.name, redacted_text(error))

    async def _list(self) -> None:
        found: list[Any] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self.client.list_tools(cursor=cursor, cache_mode="refresh")
            found += page.tools
            cursor = page.next_cursor
            if cursor is None:
                break
        self._take(found)

    async def _heard(self, message: Any) -> None:
        """Take what a server of the revision with a handshake says of its own accord."""
        from mcp_types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self._news.set()

    async def _listen(self) -> None:
        """Ask a server of the stateless revision to say when its tools change."""
        from mcp_types.version import MODERN_PROTOCOL_VERSIONS

        tools = self.client.server_capabilities.tools
        modern = self.client.protocol_version in MODERN_PROTOCOL_VERSIONS
        if not modern or tools is None or not tools.list_changed:
            return
        wait_s = _AGAIN_S
        while not self._end.is_set():
            with suppress(Exception):  # the boundary: a stream that was cut is asked for again
                async with self.client.listen(tools_list_changed=True) as changes:
                    if wait_s > _AGAIN_S:
                        self._news.set()  # what was said meanwhile went by
                    wait_s = _AGAIN_S
                    async for _ in changes:
                        self._news.set()
            wait_s = min(2 * wait_s, _MOST_WAIT_S)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), wait_s)


def _first(error: BaseException) -> BaseException:
    """Give the first of a group's errors."""
    first = members_of(error)[0]
    return ConnectionError("it was closed") if isinstance(first, asyncio.CancelledError) else first


def _unreachable(server: Server, why: str) -> ToolServerUnreachable:
    return ToolServerUnreachable(server.name, why, server.target.mend)


def _lost(server: str) -> str:
    return f"MCP server {server} ended the connection during the call"


def _library() -> None:
    import mcp.client  # noqa: F401  # pyright: ignore[reportUnusedImport]
