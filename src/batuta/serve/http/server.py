"""Runs the HTTP door in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from batuta.errors import BatutaError, ConfigError
from batuta.serve.http.app import create_app
from batuta.serve.http.identity import check_binding, identity_of
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app

_SHUTDOWN_S = 8  # longer than runs take to end
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOST_PORT = 65_535


async def serve(
    settings: Settings,
    app_name: str = "tennis",
    *,
    style: str | None = None,
    test_mode: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve an App until SIGINT or SIGTERM, then finish what is on and close it.

    Args:
        app_name: ``tennis``, or ``module:attribute``.
        style: Serve this one alone; None serves all.
        test_mode: Honour ``X-Batuta-Now``.
        on_ready: Called with the address once requests are answered; with port 0 it is the way to
            learn the port.

    Raises:
        ConfigError: A setting does not fit, the address cannot be listened on, or it could be
            reached from elsewhere with no keys set.
        StoreBusy: The database of durable runs is locked.
    """
    identity = identity_of(settings)
    check_binding(settings.host, identity)
    with _listening(settings.host, settings.port) as listener:
        house = Assistants(await open_app(app_name, settings), settings)
        try:
            app = create_app(house, style=style, identity=identity, test_mode=test_mode)
            await app.state.door.take_up()
        except BatutaError:
            await house.close()
            raise
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="error",  # a stranger's broken request is no news
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        address = _address(listener)
        server = _Server(config, app.state.door.runs.stop)
        if on_ready is not None:
            server.on_ready = lambda: on_ready(address)
        await server.serve([listener])


class _Server(uvicorn.Server):
    """A server that ends its runs before its connections, and returns when told to stop.

    Args:
        end_runs: Ends what is on, so that who waits for it gets an answer.
    """

    def __init__(
        self, config: uvicorn.Config, end_runs: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        super().__init__(config)
        self._end_runs = end_runs
        self.on_ready: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._end_runs())
            group.create_task(super().shutdown(sockets))

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop at a signal; unlike the parent, not send it to this process once more."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in _SIGNALS}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def _listening(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _MOST_PORT:
        raise ConfigError(
            f"Port {port} is no port", f"Set BATUTA_PORT to a number from 0 to {_MOST_PORT}."
        )
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except BaseException:
            listener.close()
            raise
    except OSError as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"Cannot listen on {host}, port {port}: {reason}",
            "Set BATUTA_HOST or BATUTA_PORT, or stop what listens there.",
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
