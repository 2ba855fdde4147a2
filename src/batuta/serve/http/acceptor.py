"""Lets connections in, as many as there is room for.

asyncio's own accepting loop goes on after it ran out of descriptors, and logs each of up to 2,048
tries a second.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.serve.http.connections import HttpConnection, HttpServerSide, Room

_LOG = logging.getLogger(__name__)
_BACKLOG = 2_048
_TOGETHER = 16  # accepted in one go, so that those who are there are read in between
_AGAIN_S = 0.02
_LOOK_S = 0.5
_LOG_EVERY_S = 60.0
_OUT_OF_DESCRIPTORS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_BUSY_BODY = (
    b'{"type":"urn:batuta:problem:too_many_connections","title":"Too many connections",'
    b'"status":503,"detail":"All connections are at work. Try again in a second.",'
    b'"code":"too_many_connections","retryable":true}'
)
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Type: application/problem+json\r\nContent-Length: %d\r\n\r\n%s"
)


class Acceptor:
    """Lets connections in from one listening socket; closed as asyncio's own servers are.

    Args:
        make: Makes the server's side of a connection.
    """

    def __init__(
        self, listener: socket.socket, room: Room, make: Callable[[], HttpServerSide]
    ) -> None:
        self._listener, self._room, self._make = listener, room, make
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._looking: asyncio.TimerHandle | None = None
        self._open = False
        self._told_at = float("-inf")

    def start(self) -> None:
        """Begin to listen."""
        self._listener.setblocking(False)
        self._listener.listen(_BACKLOG)
        self._open = True
        self._resume()
        self._look()

    def close(self) -> None:
        """Let nobody in any more; who is in stays."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._listener.fileno())
            self._listener.close()

    async def wait_closed(self) -> None:
        """Wait for those who were on their way in."""
        if self._looking is not None:
            self._looking.cancel()
        if self._opening:
            await asyncio.wait(self._opening)

    def _look(self) -> None:
        self._room.sweep()
        self._looking = self._loop.call_later(_LOOK_S, self._look)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def _pause(self) -> None:
        """Leave who comes to the system's queue for a moment."""
        self._loop.remove_reader(self._listener.fileno())
        self._loop.call_later(_AGAIN_S, self._resume)

    def _accept(self) -> None:
        for _ in range(_TOGETHER):
            crowded = self._room.full and not self._room.make()
            if crowded and not self._room.works:
                self._pause()  # one of those who only just came may turn out to ask for nothing
                return
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _OUT_OF_DESCRIPTORS:
                    raise
                self._out_of_descriptors(error)
                return
            if crowded:
                _refuse(connection)
            else:
                self._let_in(connection)

    def _let_in(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        task = self._loop.create_task(self._opened(connection, self._room.enter(self._make())))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _opened(self, connection: socket.socket, made: HttpConnection) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: made, connection)
        except OSError:  # it has gone already
            connection.close()
            self._room.leave(made)

    def _out_of_descriptors(self, error: OSError) -> None:
        """Make room, and say so once in a while."""
        self._room.make()
        self._pause()
        now = self._room.now()
        if now - self._told_at >= _LOG_EVERY_S:
            self._told_at = now
            _LOG.warning("Connections cannot be accepted for now: %s", error.strerror)


def _refuse(connection: socket.socket) -> None:
    """Answer that there is no room, as far as it can be done at once."""
    with connection, suppress(OSError):
        connection.setblocking(False)
        connection.send(_BUSY % (len(_BUSY_BODY), _BUSY_BODY))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65_536)  # what is not read makes the system take the answer back
