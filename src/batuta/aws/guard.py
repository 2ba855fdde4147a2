"""What stands around a call of AWS: its reply is bounded, and giving it up closes its connection.

botocore blocks and offers neither. Each call has a thread, which the closing wakes.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from batuta.core.wire import ReplyTooLong, SeenResponse

_PIECE_BYTES = 65_536
CALL: ContextVar[GuardedCall | None] = ContextVar("aws_call", default=None)
"""The call that is under way here."""


class GuardedCall(SeenResponse):
    """One call under way: the connections that it holds, and what it may read."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.connections: list[Any] = []
        self.given_up = False

    def give_up(self) -> None:
        """Close the connections, which wakes the thread that waits for an answer."""
        self.given_up = True
        for connection in self.connections:
            sock = connection.sock
            if connection.call is self and sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connections of a call that failed: one in mid-stream goes back to no pool."""
        for connection in self.connections:
            if connection.call is self:
                connection.close()


class Guard:
    """Makes the context of each call.

    Args:
        most_bytes: Longest reply that is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    @contextmanager
    def __call__(self) -> Generator[SeenResponse]:
        """Stand around one call; give what is seen of its response."""
        call = GuardedCall(self._most_bytes)
        token = CALL.set(call)
        try:
            yield call
        except asyncio.CancelledError:
            call.give_up()
            raise
        except Exception:
            call.close()
            raise
        finally:
            CALL.reset(token)

    def read(self, body: Any) -> bytes:
        """Read what botocore leaves to its caller to read, and does not bound.

        Raises:
            ReplyTooLong: It is longer than is read.
        """
        whole = bytearray()
        while piece := body.read(_PIECE_BYTES):
            whole += piece
            if len(whole) > self._most_bytes:
                raise ReplyTooLong(self._most_bytes)
        return bytes(whole)
