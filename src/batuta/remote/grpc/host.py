"""Serves agents to other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Never, Self, cast

import grpc
from grpc.aio import EOF, Server

from batuta.core.agent import Agent, is_remote
from batuta.errors import AgentNotFound, BatutaError, ConfigError, RuntimeFailure
from batuta.errors.statuses import status_of
from batuta.remote.grpc import wire
from batuta.remote.grpc.channels import message_limit
from batuta.remote.grpc.health import HealthService
from batuta.remote.grpc.identity import principal_from
from batuta.remote.grpc.serving import Context, Serving
from batuta.remote.grpc.v1 import batuta_pb2 as pb
from batuta.remote.signing import UsedTokens

if TYPE_CHECKING:
    from batuta.core.tool import Hook
    from batuta.remote.call import RemoteCall
    from batuta.remote.frame import AgentHost
    from batuta.remote.grpc.access import Access

_START_S = 10.0
_MOST_METADATA = 6_000


class Host:
    """Serves a runtime's agents to other processes, with health checking and reflection.

    Args:
        runtime: Its own models, prices, layers and limit hold here; the budget is the caller's.
        address: Where to listen; port 0 picks a free one.
        hooks: Asked before every tool call here. Functions do not travel: the caller's hooks are
            not asked about what is done here.
        agents: Names of those served; none serves all that live here.
    """

    def __init__(
        self,
        runtime: AgentHost,
        address: str = "127.0.0.1:0",
        *,
        access: Access,
        hooks: Sequence[Hook] = (),
        agents: Sequence[str] = (),
    ) -> None:
        self._runtime, self._wanted, self._access = runtime, address, access
        self._hooks, self._chosen = tuple(hooks), tuple(agents)
        self._used = UsedTokens()
        self._port = 0
        self._bound: Server | None = None
        self._server: Server | None = None
        self._health: HealthService | None = None

    @property
    def port(self) -> int:
        """The port that it listens on; known once it is bound."""
        return self._port

    @property
    def address(self) -> str:
        """Where it listens; known once it is bound."""
        host, _, port = self._wanted.rpartition(":")
        return f"{host}:{self._port}" if port.isdecimal() else self._wanted

    @property
    def names(self) -> tuple[str, ...]:
        """The agents that it serves."""
        return self._chosen or tuple(
            name for name in self._runtime.names() if not is_remote(self._runtime.find(name))
        )

    def bind(self) -> str:
        """Take the port and give the address, so that others can be told before the start.

        Raises:
            ConfigError: A TLS file cannot be read, or nobody can listen there.
        """
        if self._server is None and self._bound is None:
            self._bound = self._listening()
            self._wanted = self.address
        return self.address

    async def start(self) -> None:
        """Start the agents, then listen; once it was stopped, again at the same address.

        Raises:
            ConfigError: No secret is set, a TLS file cannot be read, or nobody can listen there.
            AgentNotFound: An agent that it should serve is not there.
        """
        if self._server is not None:
            return
        self._access.key()
        for name in self._chosen:
            self._runtime.find(name)
        self.bind()
        server, self._bound = cast("Server", self._bound), None
        await self._runtime.start()
        if self._health is not None:
            await self._health.start()
        await server.start()
        self._server = server

    async def stop(self, grace_s: float = 2.0) -> None:
        """Take no more calls, leave those under way some seconds, then stop the agents."""
        bound, self._bound = self._bound, None
        if bound is not None:
            await bound.stop(None)
        server, self._server = self._server, None
        if server is None:
            return
        if self._health is not None:
            await self._health.stop()
        await server.stop(grace_s)
        await self._runtime.stop()

    async def wait(self) -> None:
        """Wait until it is stopped."""
        if self._server is not None:
            await self._server.wait_for_termination()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.stop()

    def _listening(self) -> Server:
        """Make the server and take the port.

        Raises:
            ConfigError: A TLS file cannot be read, or the port cannot be had.
        """
        credentials = self._access.server_credentials()
        server = grpc.aio.server(options=_options(self._access))
        method = grpc.stream_stream_rpc_method_handler(
            self._execute, wire.Sent.read, pb.ExecuteResponse.SerializeToString
        )
        server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(wire.SERVICE, {wire.METHOD: method})]
        )
        self._health = HealthService(server, self._runtime, lambda: self.names)
        try:
            if credentials is None:
                self._port = server.add_insecure_port(self._wanted)
            else:
                self._port = server.add_secure_port(self._wanted, credentials)
        except RuntimeError as error:
            raise ConfigError(
                f"Nobody can listen at {self._wanted}",
                "Free the port, or give another address, or port 0 for any.",
            ) from error
        return server

    async def _execute(self, requests: AsyncIterator[wire.Sent], context: Context) -> None:
        """Serve one call."""
        try:
            agent, call = await self._admitted(context)
        except BatutaError as error:
            await _refuse(context, error)
        limit = self._access.message_bytes
        serving = Serving(call, self._runtime, hooks=self._hooks, limit=limit)
        await serving.serve(agent, context)

    async def _admitted(self, context: Context) -> tuple[Agent, RemoteCall]:
        """Read what is wanted and of whom, and check that the caller may have it.

        Raises:
            RuntimeFailure: The call does not begin as it should.
            AccessDenied: Nobody vouches for the principal.
            AgentUnreachable: Too many calls came in a minute.
            AgentNotFound: No such agent is served here.
        """
        sent = await _start_of(context)
        start = sent.request.start
        header = next(
            (value for key, value in context.invocation_metadata() or () if key == "authorization"),
            "",
        )
        principal = principal_from(str(header), sent, self._access.key(), used=self._used)
        if start.agent not in self.names:
            raise AgentNotFound(start.agent, self.names)
        try:
            return self._runtime.find(start.agent), wire.call_from(start, principal)
        except (ValueError, TypeError, KeyError) as error:
            raise RuntimeFailure(start.agent, f"its call cannot be read: {error}") from error


async def _start_of(context: Context) -> wire.Sent:
    """Wait for the first message.

    Raises:
        RuntimeFailure: It does not come, or is of another version.
    """
    try:
        async with asyncio.timeout(_START_S):
            sent: Any = await context.read()
    except TimeoutError as error:
        raise RuntimeFailure("of no name", "its call did not say what is wanted") from error
    if sent is EOF or sent.request.WhichOneof("kind") != "start":
        raise RuntimeFailure(
            "of no name",
            "its call does not begin with Start. Install the same version of batuta in both "
            "processes.",
        )
    start: pb.Start = sent.request.start
    if start.protocol != wire.PROTOCOL:
        raise RuntimeFailure(
            start.agent,
            f"the caller speaks version {start.protocol} of the protocol and the host "
            f"{wire.PROTOCOL}. Install the same version of batuta in both processes.",
        )
    return sent


async def _refuse(context: Context, error: BatutaError) -> Never:
    """End a call before it has begun, with our error and gRPC's status for it."""
    told = wire.error_of(error)
    if told.ByteSize() > _MOST_METADATA:
        told = pb.Error(classes=told.classes, message=told.message[:1_000])
    code = grpc.StatusCode[status_of(error).grpc]
    details = told.message.encode("ascii", "replace").decode()
    await context.abort(code, details, ((wire.ERROR_KEY, told.SerializeToString()),))


def _options(access: Access) -> list[tuple[str, str | int]]:
    return [
        *message_limit(access),
        # Two processes on one port would each get some of the calls.
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_time_ms", 20_000),
        ("grpc.keepalive_timeout_ms", 10_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ]
