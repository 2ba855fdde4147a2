"""The guards that every test runs under do guard."""

from __future__ import annotations

import asyncio
import os
import socket
import warnings

import pytest
from pytest_socket import SocketConnectBlockedError

from tests.conftest import FOREIGN


def test_other_machines_cannot_be_reached() -> None:
    with socket.socket() as door, pytest.raises(SocketConnectBlockedError):
        door.connect(("192.0.2.1", 80))


def test_other_machines_names_cannot_be_looked_up() -> None:
    with pytest.raises(socket.gaierror, match=r"may not look up example\.org"):
        socket.getaddrinfo("example.org", 443)


async def test_this_machine_can_be_reached() -> None:
    server = await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read() == b""
        writer.close()


def test_no_key_of_the_shell_is_seen() -> None:
    left = {name for name in os.environ if name.startswith(FOREIGN)}

    assert left <= {"OPENAI_AGENTS_DISABLE_TRACING"}


def test_warnings_are_errors() -> None:
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)
