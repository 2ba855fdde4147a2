"""Runs the HTTP door in this process until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from batuta.errors import BatutaError, ConfigError
from batuta.serve.http.acceptor import Acceptor
from batuta.serve.http.app import create_app
from batuta.serve.http.connections import ConnectionLimits, Room, most_connections
from batuta.serve.http.identity import check_binding, identity_of
from batuta.settings import Settings
from batuta.telemetry.logs import set_up_logs
from batuta.wiring import Assistants, open_app

if TYPE_CHECKING:
    from types import FrameType

    from batuta.app import App
    from batuta.serve.http.app import Mount
    from batuta.serve.http.connections import HttpServerSide

_SHUTDOWN_S = 8  # longer than runs take to end
_COLLECT_AFTER = (20_000, 20, 50)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOST_PORT = 65_535


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """Who wants to know of a server.

    Args:
        on_ready: Called with address and App once requests are answered; with port 0 it is the way
            to learn the port.
        on_stop: Called in the signal's handler, so it may do hardly anything.
    """

    on_ready: Callable[[str, App], None] = lambda address, app: None
    on_stop: Callable[[], None] = lambda: None


async def serve(
    settings: Settings,
    app_name: str = "tennis",
    *,
    style: str | None = None,
    test_mode: bool = False,
    mounts: Sequence[Mount] = (),
    watch: Watch | None = None,
) -> None:
    """Serve an App until SIGINT or SIGTERM, then finish what is on and close it.

    Args:
        app_name: ``tennis``, or ``module:attribute``.
        style: Serve this one alone; None serves all.
        test_mode: Honour ``X-Batuta-Now``.
        mounts: Open these doors too.
        watch: Is told when it is ready, and when it stops.

    Raises:
        ConfigError: A setting does not fit, the address cannot be listened on, or it could be
            reached from elsewhere with no keys set.
        StoreBusy: The database of durable runs is locked.
    """
    set_up_logs(settings.log_format)
    identity = identity_of(settings)
    check_binding(settings.host, identity)
    with _listening(settings.host, settings.port) as listener:
        house = Assistants(await open_app(app_name, settings), settings)
        try:
            app = create_app(
                house, style=style, identity=identity, test_mode=test_mode, mounts=mounts
            )
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
            timeout_keep_alive=settings.idle_seconds,
            timeout_graceful_shutdown=_SHUTDOWN_S,
        )
        limits = ConnectionLimits(
            most=most_connections(settings.connections), header_s=settings.header_seconds
        )
        server = _Server(config, app.state.door.runs.stop, Room(limits, house.clock))
        told = watch or Watch()
        server.on_ready = partial(told.on_ready, _address(listener), house.app)
        server.on_stop = told.on_stop
        with _rarer_collections():
            await server.serve([listener])


@contextmanager
def _rarer_collections() -> Generator[None]:
    """Let Python look for circular garbage less often, and not in what is here to stay.

    A chat makes some thousand objects, and by its defaults a tenth of its CPU goes into looking.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


class _Server(uvicorn.Server):
    """A server that ends its runs before its connections, and returns when told to stop.

    Args:
        end_runs: Ends what is on, so that who waits for it gets an answer.
        room: Where its connections have their places.
    """

    def __init__(
        self, config: uvicorn.Config, end_runs: Callable[[], Coroutine[Any, Any, None]], room: Room
    ) -> None:
        super().__init__(config)
        self._end_runs, self._room = end_runs, room
        self.on_ready: Callable[[], None] = lambda: None
        self.on_stop: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as the parent does, but let connections in by way of the room."""
        await super().startup([])
        for listener in sockets or ():
            acceptor = Acceptor(listener, self._room, self._made)
            acceptor.start()
            self.servers.append(cast("asyncio.Server", acceptor))
        self.on_ready()

    def _made(self) -> HttpServerSide:
        made: Any = self.config.http_protocol_class
        return made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._end_runs())
            group.create_task(super().shutdown(sockets))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop, and tell who wants to know."""
        super().handle_exit(sig, frame)
        self.on_stop()

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
