"""Connections that say nothing, or little at a time, or never read: nobody stops the door."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.e2e.http_server import PATIENCE_S, Server, polled, serving
from tests.patience import scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

_HEAD = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"
_POST = (
    b"POST /chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 5000\r\n\r\n"
)
_MOST_LOG = 100_000


@contextlib.contextmanager
def connected(server: Server, number: int) -> Iterator[list[socket.socket]]:
    """Open connections that say nothing yet."""
    with contextlib.ExitStack() as stack:
        made = [
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port), PATIENCE_S))
            for _ in range(number)
        ]
        yield made


@contextlib.asynccontextmanager
async def dripping(
    connections: list[socket.socket], first: bytes, piece: bytes
) -> AsyncIterator[None]:
    """Send something little on each, again and again, on whichever the server still has."""

    async def drip() -> None:
        for each in connections:
            with contextlib.suppress(OSError):
                each.sendall(first)
        while True:
            await asyncio.sleep(0.05)
            for each in connections:
                with contextlib.suppress(OSError):
                    each.sendall(piece)

    task = asyncio.create_task(drip())
    try:
        yield
    finally:
        task.cancel()


async def gone(connection: socket.socket) -> bytes:
    """Read until the server ends the connection."""

    def read() -> bytes:
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65_536):
                heard += piece
        return heard

    return await asyncio.wait_for(asyncio.to_thread(read), scaled(20))


@pytest.mark.parametrize(("first", "piece"), [(_HEAD, b"X-A: b\r\n"), (_POST, b" ")])
async def test_silent_and_dripping_connections_stop_nobody(
    tmp_path: Path, first: bytes, piece: bytes
) -> None:
    settings = {"header_seconds": 600, "body_seconds": 600}
    with serving(tmp_path, settings, descriptors=50) as server:
        with connected(server, 48), connected(server, 48) as little:
            async with dripping(little, first, piece), server.client() as client:
                for _ in range(5):
                    began = time.monotonic()
                    health = await client.get("/health", headers={"Connection": "close"})
                    took_s = time.monotonic() - began
                    answer = await client.post(
                        "/chat", json={"message": "hello"}, headers={"Connection": "close"}
                    )
                    assert health.status_code == 200
                    assert answer.status_code == 200, answer.text
                    assert took_s < scaled(1), took_s
        _, said = await asyncio.to_thread(server.stop)

    assert len(said) < _MOST_LOG, said[:2_000]


async def test_silence_dripped_headers_and_bodies_are_ended_in_time(tmp_path: Path) -> None:
    settings = {"header_seconds": 0.5, "body_seconds": 0.5, "idle_seconds": 1}
    with serving(tmp_path, settings) as server, connected(server, 3) as (silent, header, body):
        async with dripping([header], _HEAD, b"X-A: b\r\n"), dripping([body], _POST, b" "):
            said = [await gone(each) for each in (silent, header, body)]
        async with server.client() as client:
            after = await client.get("/health")

    assert said[:2] == [b"", b""]
    assert b" 408 " in said[2].splitlines()[0]
    assert after.status_code == 200


async def test_connection_that_was_answered_is_ended_when_idle_or_dripping(
    tmp_path: Path,
) -> None:
    settings = {"header_seconds": 0.5, "idle_seconds": 1}
    with serving(tmp_path, settings) as server, connected(server, 2) as (idle, late):
        idle.sendall(_HEAD + b"\r\n")
        late.sendall(_HEAD + b"\r\n")
        async with dripping([late], b"G", b"E"):
            said = [await gone(each) for each in (idle, late)]

    for each in said:
        assert each.startswith(b"HTTP/1.1 200")


async def test_body_that_goes_on_after_its_answer_is_ended(tmp_path: Path) -> None:
    long = _POST.replace(b"application/json", b"text/plain").replace(b"5000", b"50000")
    settings = {"header_seconds": 0.5, "idle_seconds": 1}
    with serving(tmp_path, settings) as server, connected(server, 1) as (one,):
        async with dripping([one], long, b" "):
            said = await gone(one)

    assert said.startswith(b"HTTP/1.1 415")


async def test_more_connections_at_work_than_allowed_are_told_so(tmp_path: Path) -> None:
    settings = {"connections": 2}
    with serving(tmp_path, settings, app_name="tests.e2e.slow_app:app") as server:
        body = json.dumps({"message": "go"}).encode()
        whole = _POST.replace(b"5000", b"%d" % len(body)) + body
        with connected(server, 2) as working:
            for each in working:
                each.sendall(whole)
            await polled(lambda: _asked(tmp_path))

            async def refused() -> bytes:
                with connected(server, 1) as (third,):
                    third.sendall(_HEAD + b"\r\n")
                    heard = await gone(third)
                    return heard if heard.startswith(b"HTTP/1.1 503") else b""

            heard = await polled(refused)
            (tmp_path / "go").touch()
            answers = [await asyncio.to_thread(each.recv, 65_536) for each in working]

    assert b"Retry-After: 1" in heard
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)


async def _asked(home: Path) -> bool:
    return (home / "asked").exists()
