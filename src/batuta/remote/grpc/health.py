"""gRPC's own health checking and reflection, for a host's agents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection

from batuta.core.agent import is_ready
from batuta.remote.grpc import wire

if TYPE_CHECKING:
    from grpc.aio import Server

    from batuta.remote.frame import AgentHost

_CHECK_S = 0.5
_UP = health_pb2.HealthCheckResponse.SERVING
_DOWN = health_pb2.HealthCheckResponse.NOT_SERVING


class HealthService:
    """Tells of each agent by its name, and of all of them by no name, whether it can answer.

    Args:
        names: Gives the agents that are served now.
    """

    def __init__(
        self, server: Server, runtime: AgentHost, names: Callable[[], tuple[str, ...]]
    ) -> None:
        self._runtime, self._names = runtime, names
        self._known: dict[str, bool] = {}
        self._telling: asyncio.Task[None] | None = None
        # Without types of its own: the async half of the package.
        health = import_module("grpc_health.v1.health")
        self._servicer: Any = health.aio.HealthServicer()
        stubs: Any = import_module("grpc_health.v1.health_pb2_grpc")
        stubs.add_HealthServicer_to_server(self._servicer, server)
        services = (wire.SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(services, server)

    async def start(self) -> None:
        """Tell how things stand, and go on telling it."""
        await self._tell()
        self._telling = asyncio.create_task(self._go_on())

    async def stop(self) -> None:
        """Tell that nobody is served any more."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.wait({self._telling})
        await self._servicer.enter_graceful_shutdown()

    async def _go_on(self) -> None:
        while True:
            await self._runtime.clock.sleep(_CHECK_S)
            await self._tell()

    async def _tell(self) -> None:
        ready = self._runtime.ready()
        now = {"": ready, wire.SERVICE: ready}
        for name in self._names():
            now[name] = is_ready(self._runtime.find(name))
        for name in {*now, *self._known}:
            up = now.get(name, False)
            if self._known.get(name) is not up:
                await self._servicer.set(name, _UP if up else _DOWN)
        self._known = now
