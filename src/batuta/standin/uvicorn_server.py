"""A uvicorn server that starts and stops when told to, and leaves signals alone."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from batuta.core.clock import SystemClock


class StoppingServer(uvicorn.Server):
    """Waits for ``stop`` instead of looking ten times a second whether it should end.

    Args:
        within_s: Seconds in which what is on may end.
    """

    def __init__(self, app: ASGIApp, within_s: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # a line cut on purpose is no news
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=75,  # a vendor's front door does not leave after five seconds
                timeout_graceful_shutdown=within_s,
            )
        )
        self.ready = asyncio.Event()
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Let ``serve`` return."""
        self._stopped.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait until told to stop."""
        await self.on_tick(0)
        await self._stopped.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close what is idle at once, and wait for what is on; the parent sleeps meanwhile.

        A client that has not read its reply by then does not get the rest.
        """
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if on := set(self.server_state.tasks):
            _, late = await asyncio.wait(on, timeout=self.config.timeout_graceful_shutdown)
            for task in late:
                task.cancel()
        await SystemClock().sleep(0)  # a closed connection is told so in the loop's next round
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        for server in self.servers:
            await server.wait_closed()
        await SystemClock().sleep(0)

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to whoever runs the event loop."""
        yield
