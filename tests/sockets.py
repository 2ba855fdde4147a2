"""Which connections of this process are still open."""

from __future__ import annotations

import gc
import socket
from urllib.parse import urlsplit


def connected(url: str) -> int:
    """Count the open sockets of this process that lead to a server."""
    port = urlsplit(url).port
    return sum(
        issubclass(type(each), socket.socket) and _peer_port(each) == port
        for each in gc.get_objects()
    )


def _peer_port(one: socket.socket) -> int | None:
    try:
        return one.getpeername()[1]
    except (OSError, IndexError):  # closed, not connected, or of no port
        return None
