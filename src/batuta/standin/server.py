"""Runs the stand-in on loopback: in this event loop, or in a thread for clients that block."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING

from batuta.core.clock import Clock, SystemClock
from batuta.core.model import Model
from batuta.errors import ConfigError, missing_extra
from batuta.standin.habits import habits_of
from batuta.standin.wire import Exchange, Wire

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from batuta.standin.endpoint import ServedModel
    from batuta.standin.uvicorn_server import StoppingServer

_SHUTDOWN_S = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Listen:
    """Where to listen.

    Args:
        host: An address of this machine itself; no other is taken.
        port: 0 takes a free one.
    """

    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in that answers.

    Args:
        url: Its root. OpenAI's clients want ``openai_url``.
        requests: What it has seen, newest last; filled in as each is answered.
    """

    url: str
    requests: Sequence[Exchange] = field(repr=False)

    @property
    def openai_url(self) -> str:
        """The base URL for OpenAI's clients."""
        return f"{self.url}/v1"


@asynccontextmanager
async def serve_standin(
    model: Model,
    wire: Wire | None = None,
    *,
    listen: Listen | None = None,
    clock: Clock | None = None,
    more: Mapping[str, ASGIApp] | None = None,
) -> AsyncGenerator[StandIn]:
    """Serve a model in the vendors' wire formats, on this machine only.

    Args:
        wire: Keys, delays and faults; None for none.
        clock: Dates the replies, and sleeps where the wire is to be slow.
        more: Other stand-ins by path, such as DynamoDB's at ``/``; each takes what is posted there.

    Raises:
        ConfigError: uvicorn or starlette are missing, the address cannot be listened on, or nobody
            knows the server that it is to be like.
    """
    house = _house(model, wire or Wire(), clock or SystemClock())
    server = _server(house, more or {})
    with _listening(listen or Listen()) as listener:
        running = asyncio.create_task(server.serve([listener]))
        try:
            await server.ready.wait()
            yield StandIn(_address(listener), house.seen)
        finally:
            for task in set(house.answering):
                task.cancel()
            server.stop()
            await running


@contextmanager
def standin_in_thread(
    model: Model,
    wire: Wire | None = None,
    *,
    listen: Listen | None = None,
    clock: Clock | None = None,
    more: Mapping[str, ASGIApp] | None = None,
) -> Generator[StandIn]:
    """Do ``serve_standin`` in a thread of its own, for clients that block, such as boto3.

    Raises:
        ConfigError: As ``serve_standin``.
    """
    ready: Future[StandIn] = Future()
    stop = threading.Event()

    async def serve() -> None:
        async with serve_standin(model, wire, listen=listen, clock=clock, more=more) as standin:
            ready.set_result(standin)
            await asyncio.to_thread(stop.wait)

    def work() -> None:
        try:
            asyncio.run(serve())
        except ConfigError as error:
            ready.set_exception(error)

    thread = threading.Thread(target=work, name="batuta-standin", daemon=True)
    thread.start()
    try:
        yield ready.result()
    finally:
        stop.set()
        thread.join()


def _house(model: Model, wire: Wire, clock: Clock) -> ServedModel:
    try:
        from batuta.standin.endpoint import ServedModel
    except ImportError as error:
        raise _lacking(error) from error
    habits = habits_of(wire.like) if wire.like else None
    return ServedModel(model, wire, clock, habits=habits)


def _server(house: ServedModel, more: Mapping[str, ASGIApp]) -> StoppingServer:
    try:
        from batuta.standin.app import create_app
        from batuta.standin.uvicorn_server import StoppingServer
    except ImportError as error:
        raise _lacking(error) from error
    return StoppingServer(create_app(house, more), _SHUTDOWN_S)


def _lacking(error: ImportError) -> ConfigError:
    return missing_extra(f"The stand-in needs {error.name}", "standin")


def _listening(listen: Listen) -> socket.socket:
    host = "127.0.0.1" if listen.host == "localhost" else listen.host
    if not _is_loopback(host):
        raise ConfigError(
            f"The stand-in does not listen on {listen.host}: it asks nobody who they are",
            "Leave the host out, or set 127.0.0.1.",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends at once; without, each reply waits 40 ms for an ack.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, listen.port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"Cannot listen on {listen.host}, port {listen.port}: {reason}", "Give another port."
        ) from error
    return listener


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
