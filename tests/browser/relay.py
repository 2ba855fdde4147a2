"""A line between the browser and a server, which a test can cut and mend."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Relay:
    """Passes bytes on; its own port stays the same while the line is cut.

    Args:
        port: The server's; it may change, as where that was started anew.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self._cut = False
        self._lines: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Listen; give the address."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """End every line, and let no new one through."""
        self._cut = True
        for line in self._lines:
            line.transport.abort()

    def mend(self) -> None:
        """Let lines through again."""
        self._cut = False

    async def close(self) -> None:
        """Stop listening."""
        self.cut()
        if self._server is not None:
            self._server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionError:  # the server is gone
            writer.transport.abort()
            return
        self._lines |= {writer, back}
        try:
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
        finally:
            self._lines -= {writer, back}
            writer.close()
            back.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
