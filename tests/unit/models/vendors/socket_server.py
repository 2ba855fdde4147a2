"""A server on loopback that answers with the bytes it is given, and sees when a client leaves."""

from __future__ import annotations

import asyncio
import json
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

HANG = "hang"
CUT = "cut"
Step = bytes | float | str
"""Bytes to send, seconds to wait, HANG for ever, or CUT the connection."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Server:
    """Answers request after request; the last answer is given for all that follow."""

    answers: list[list[Step]]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.append(writer)
        try:
            while True:
                self.asked.append(await _request(reader))
                steps = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                self.arrived.set()
                if not await self._answer(reader, writer, steps):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            self.left.set()
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, steps: list[Step]
    ) -> bool:
        for step in steps:
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
            elif step == CUT:
                writer.close()
                return False
            elif step == HANG:
                await reader.readexactly(1)  # ends when the client goes
            else:
                await asyncio.sleep(float(step))
        return True

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        for writer in self._writers:
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def serving(*answers: list[Step]) -> AsyncIterator[Server]:
    made = Server(list(answers))
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        await made.close()


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, json.loads(body) if body else None)


def answer(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, kind: str = "json"
) -> list[Step]:
    """A whole response with its length."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    kinds = {"json": "application/json", "html": "text/html"}
    told = {"content-type": kinds[kind], "content-length": str(len(raw)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return [f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + raw]


def chunked(*pieces: Step, kind: str = "text/event-stream", end: bool = True) -> list[Step]:
    """A response whose length nobody knows beforehand; bytes become chunks."""
    head = f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ntransfer-encoding: chunked\r\n\r\n"
    steps: list[Step] = [head.encode()]
    steps += [
        f"{len(piece):x}\r\n".encode() + piece + b"\r\n" if isinstance(piece, bytes) else piece
        for piece in pieces
    ]
    return [*steps, b"0\r\n\r\n"] if end else steps


def sse(*events: dict[str, Any] | str, named: bool = True) -> list[bytes]:
    """Server-sent events; named ones carry their own type, as Responses and Anthropic have it."""
    made: list[bytes] = []
    for event in events:
        if isinstance(event, str):
            made.append(f"data: {event}\n\n".encode())
        else:
            name = f"event: {event['type']}\n" if named else ""
            made.append(f"{name}data: {json.dumps(event)}\n\n".encode())
    return made


def frame(event: str, payload: dict[str, Any], kind: str = "event") -> bytes:
    """One message of AWS's event stream.

    Source: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html, 2026-11.
    """
    named = {"event": ":event-type", "exception": ":exception-type"}[kind]
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", 7, len(value)) + value
        for name, value in (
            (":message-type", kind.encode()),
            (named, event.encode()),
            (":content-type", b"application/json"),
        )
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    whole = prelude + headers + body
    return whole + struct.pack("!I", zlib.crc32(whole))
