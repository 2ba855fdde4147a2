"""Connections: how long each may say nothing, and which one goes where all places are taken.

uvicorn ends a connection that was idle after an answer, and no other: one that never sends a
request, or sends it a byte at a time, would stay for good.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, cast

from batuta.core.clock import Clock

_YOUNG_S = 0.1  # so long nobody is sent away who was only just let in
_LEAST = 4
_HELD_UP_S = 2.0  # looks are taken several times as often


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionLimits:
    """What a connection may take.

    Args:
        most: Connections at once.
        header_s: For a request to arrive, up to its body.
        stalled_s: For a client to read anything of what is sent to it.
    """

    most: int
    header_s: float
    stalled_s: float = 30.0


def most_connections(wanted: int) -> int:
    """Give how many connections the process has descriptors for, at most so many as wanted.

    A third of those that are free is left to databases and to calls of models.
    """
    try:
        import resource
    except ImportError:  # no Unix
        return wanted
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return wanted
    free = allowed - _open_descriptors()
    return min(wanted, max(_LEAST, free * 2 // 3))


def _open_descriptors() -> int:
    for folder in ("/proc/self/fd", "/dev/fd"):
        with suppress(OSError):
            return len(os.listdir(folder))  # noqa: PTH208 - names alone
    return 0


class _Exchange(Protocol):
    """One request and its response, as uvicorn keeps them."""

    more_body: bool
    response_complete: bool


class HttpServerSide(asyncio.Protocol):
    """The server's side of one connection, as uvicorn makes it."""

    cycle: _Exchange | None


class HttpConnection(asyncio.Protocol):
    """One connection: uvicorn's, and what is known of it here."""

    def __init__(self, inner: HttpServerSide, room: Room) -> None:
        self._inner, self._room = inner, room
        self._transport: asyncio.Transport | None = None
        self.since = self._moved = room.now()
        self._waiting: float | None = self.since
        self._unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._inner.connection_made(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._room.leave(self)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Hand on what came, and see whether a request has begun with it."""
        before = self._inner.cycle
        if self._waiting is None and self.idle:
            self._waiting = self._room.now()
        self._inner.data_received(data)
        if self._inner.cycle is not before:
            self._waiting, self.since = None, self._room.now()

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        """Hand it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._inner.resume_writing()

    @property
    def idle(self) -> bool:
        """Whether no request is being answered."""
        cycle = self._inner.cycle
        return cycle is None or cycle.response_complete

    @property
    def arriving(self) -> bool:
        """Whether a request's body is still on its way."""
        cycle = self._inner.cycle
        return cycle is not None and not cycle.response_complete and cycle.more_body

    def overdue(self, limits: ConnectionLimits) -> bool:
        """Tell whether it has kept its place for too long without a request, or reads nothing."""
        now = self._room.now()
        unread = 0 if self._transport is None else self._transport.get_write_buffer_size()
        if not unread or unread < self._unread:
            self._moved = now
        self._unread = unread
        if now - self._moved > limits.stalled_s:
            return True
        return self.idle and self._waiting is not None and now - self._waiting > limits.header_s

    def drop(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()


class Room:
    """The connections that are there, and the places that are left."""

    def __init__(self, limits: ConnectionLimits, clock: Clock) -> None:
        self.limits, self.now = limits, clock.monotonic
        self._swept = self.now()
        self._there: set[HttpConnection] = set()

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return len(self._there) >= self.limits.most

    def enter(self, inner: HttpServerSide) -> HttpConnection:
        """Give a connection its place."""
        made = HttpConnection(inner, self)
        self._there.add(made)
        return made

    def leave(self, connection: HttpConnection) -> None:
        """Take the place back."""
        self._there.discard(connection)

    def sweep(self) -> None:
        """End those that took too long.

        Nobody, where this process itself was held up: what came meanwhile is not read yet.
        """
        now, before = self.now(), self._swept
        self._swept = now
        if now - before > _HELD_UP_S:
            return
        for each in [c for c in self._there if c.overdue(self.limits)]:
            self._end(each)

    def make(self) -> bool:
        """Make a place by ending who asks for nothing, the oldest first; False where it cannot."""
        old = self.now() - _YOUNG_S
        for group in self._useless():
            found = min((c for c in group if c.since <= old), key=lambda c: c.since, default=None)
            if found is not None:
                self._end(found)
                return True
        return False

    @property
    def works(self) -> bool:
        """Whether every connection has a request that is being answered."""
        return not any(c.idle or c.arriving for c in self._there)

    def _useless(self) -> Iterator[list[HttpConnection]]:
        yield [c for c in self._there if c.idle]
        yield [c for c in self._there if c.arriving]

    def _end(self, connection: HttpConnection) -> None:
        self._there.discard(connection)
        connection.drop()
