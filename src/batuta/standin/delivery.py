"""One response on its way out, and the faults that the wire adds to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from batuta.core.clock import Clock
from batuta.core.wire import STAND_IN_HEADER
from batuta.standin.wire import Exchange, Wire

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class DeliveryCut(Exception):
    """Ends a response in its middle: who serves it returns, and the server hangs up."""


class Delivery:
    """Sends one response, as the wire's options have it.

    Args:
        wire: Faults among it strike this response; give plain options for none.
    """

    def __init__(self, send: Send, exchange: Exchange, *, wire: Wire, clock: Clock) -> None:
        self._send, self._exchange = send, exchange
        self._wire, self._clock = wire, clock

    @property
    def begun(self) -> bool:
        """Whether the client has got a status."""
        return self._exchange.status is not None

    async def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send a response that is no stream.

        Raises:
            LineCut: It was to be cut.
        """
        sized = {**headers, "content-length": str(len(body))}
        await self._start(status, sized)
        if self._wire.cut_after_events is not None:
            await self._body(body[: len(body) // 2], more=True)
            self.cut()
        await self._body(body, more=False)
        self._exchange.ended = "whole"

    async def open(self, headers: Mapping[str, str]) -> None:
        """Begin a stream.

        Raises:
            LineCut: It was to be cut.
        """
        await self._start(200, headers)
        await self._struck()

    async def event(self, frame: bytes) -> None:
        """Send one event of a stream.

        Raises:
            LineCut: It was to be cut.
        """
        await self._body(frame, more=True)
        self._exchange.events += 1
        await self._struck()

    async def close(self, frame: bytes) -> None:
        """End a stream."""
        await self._body(frame, more=False)
        self._exchange.ended = "whole"

    async def hang(self) -> None:
        """Send nothing for a while, where that was to be before the response."""
        if self._wire.hang_s and not self._wire.hang_after_events:
            await self._clock.sleep(self._wire.hang_s)

    def cut(self) -> None:
        """Break off.

        Raises:
            LineCut: Always.
        """
        self._exchange.ended = "cut"
        raise DeliveryCut

    async def _struck(self) -> None:
        wire, count = self._wire, self._exchange.events
        if wire.hang_s and count and count == wire.hang_after_events:
            await self._clock.sleep(wire.hang_s)
        if wire.cut_after_events is not None and count >= wire.cut_after_events:
            self.cut()

    async def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._exchange.status = status
        every = {**headers, STAND_IN_HEADER: "true", "cache-control": "no-store"}
        pairs = [(name.encode(), value.encode("latin-1")) for name, value in every.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def _body(self, body: bytes, *, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})
