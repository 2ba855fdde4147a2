"""The A2A door over gRPC, at a port of its own: the same agents, tasks, callers and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Never, Self

import grpc
from a2a.server.context import ServerCallContext
from a2a.server.request_handlers.grpc_handler import (
    DefaultGrpcServerCallContextBuilder,
    GrpcHandler,
)
from a2a.types import a2a_pb2, a2a_pb2_grpc
from a2a.utils.constants import PROTOCOL_VERSION_CURRENT, VERSION_HEADER
from a2a.utils.errors import (
    A2AError,
    PushNotificationNotSupportedError,
    UnsupportedOperationError,
    VersionNotSupportedError,
)

from batuta.errors import BatutaError, ConfigError
from batuta.errors.statuses import status_of
from batuta.serve.a2a.callers import known_as
from batuta.serve.http.encoding import shortened
from batuta.serve.http.identity import check_binding
from batuta.serve.http.problems import Refused, problem_of

if TYPE_CHECKING:
    from a2a.server.request_handlers import DefaultRequestHandler

    from batuta.core.principal import Principal
    from batuta.serve.http.door import Door

    Handlers = Callable[[str], DefaultRequestHandler]
    """Gives what holds a style's tasks, by the style's key."""

_STATUS = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
_UNIMPLEMENTED = (
    PushNotificationNotSupportedError,
    UnsupportedOperationError,
    VersionNotSupportedError,
)
_GRACE_S = 2.0
_PING_S = 20
_SERVICE = a2a_pb2.DESCRIPTOR.services_by_name["A2AService"]


class GrpcBinding:
    """Listens for calls; ``tenant`` of a request names the style, none the default one.

    Args:
        address: Host and port; port 0 takes a free one.

    Raises:
        ConfigError: The address cannot be listened on, or could be reached with no keys set.
    """

    def __init__(self, door: Door, handlers: Handlers, address: str) -> None:
        self._door, self._handlers = door, handlers
        settings = door.house.settings
        self._most = max(settings.api_body_bytes, settings.body_bytes)
        host, _, _ = address.rpartition(":")
        check_binding(host.strip("[]"), door.identity)
        self._server = grpc.aio.server(
            options=[
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", self._most + settings.attachment_bytes),
                ("grpc.keepalive_time_ms", _PING_S * 1_000),
            ],
            maximum_concurrent_rpcs=settings.connections,
        )
        servicer: Any = SimpleNamespace(
            **{
                method.name: partial(
                    self._stream if method.server_streaming else self._unary, method.name
                )
                for method in _SERVICE.methods
            }
        )
        a2a_pb2_grpc.add_A2AServiceServicer_to_server(servicer, self._server)  # pyright: ignore[reportUnknownMemberType]
        try:
            self.port = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise ConfigError(
                f"A2A cannot listen at {address}",
                "Set BATUTA_A2A_GRPC to another host:port, or stop what listens there.",
            ) from error

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._server.stop(_GRACE_S)

    async def _unary(self, name: str, request: Any, context: Any) -> Any:
        handler = await self._admitted(request, context)
        return await getattr(handler, name)(request, context)

    async def _stream(self, name: str, request: Any, context: Any) -> AsyncIterator[Any]:
        handler = await self._admitted(request, context)
        async for each in getattr(handler, name)(request, context):
            yield each

    async def _admitted(self, request: Any, context: Any) -> GrpcHandler:
        """Find out who is asking and which style, and give what answers them."""
        headers = {name: str(value) for name, value in context.invocation_metadata() or ()}
        try:
            principal = self._door.admit(headers, _host(context.peer()))
            key = self._door.choose(request.tenant or None)
            if isinstance(request, a2a_pb2.SendMessageRequest):
                self._measure(request)
        except Refused as error:
            code = _STATUS.get(error.status_code, grpc.StatusCode.INVALID_ARGUMENT)
            await _refuse(context, code, error.detail)
        except BatutaError as error:
            detail = problem_of(error).body["detail"]
            await _refuse(context, grpc.StatusCode[status_of(error).grpc], detail)
        handler = _Handler(self._handlers(key), _Callers(principal))
        spoken = headers.get(VERSION_HEADER.lower(), "")
        if spoken.partition(".")[0] != PROTOCOL_VERSION_CURRENT.partition(".")[0]:
            what = f"A2A-Version {shortened(spoken, 20) or 'of none'} is not spoken here: 1.0."
            await handler.abort_context(VersionNotSupportedError(message=what), context)
        return handler

    def _measure(self, request: a2a_pb2.SendMessageRequest) -> None:
        shown = sum(len(part.raw) for part in request.message.parts)
        if request.ByteSize() - shown > self._most:
            what = f"The message is too long. Longest: {self._most} bytes beside its files."
            raise Refused(413, "body_too_large", what)


class _Handler(GrpcHandler):
    """The library's own, with the status that the specification has for what is not done here."""

    async def abort_context(self, error: A2AError, context: Any) -> None:
        """End a call with an error of the protocol."""
        if isinstance(error, _UNIMPLEMENTED):
            context = _Unimplemented(context)
        await super().abort_context(error, context)  # pyright: ignore[reportUnknownMemberType]


class _Unimplemented:
    """A call's context whose end has another status."""

    def __init__(self, context: Any) -> None:
        self._context = context
        self.trailing_metadata = context.trailing_metadata
        self.set_trailing_metadata = context.set_trailing_metadata

    async def abort(self, _: grpc.StatusCode, details: str) -> None:
        """End the call."""
        await self._context.abort(grpc.StatusCode.UNIMPLEMENTED, details)


class _Callers(DefaultGrpcServerCallContextBuilder):
    """Tells the library who the door found to be asking."""

    def __init__(self, principal: Principal) -> None:
        self._principal = principal

    def build(self, context: Any) -> ServerCallContext:
        """Make the context of one call."""
        made = super().build(context)  # pyright: ignore[reportUnknownMemberType]
        return known_as(self._principal, made)


def _host(peer: str) -> str:
    """Give the address in gRPC's name of a peer, such as ipv4:127.0.0.1:5000."""
    return peer.partition(":")[2].rpartition(":")[0].strip("[]")


async def _refuse(context: Any, code: grpc.StatusCode, detail: str) -> Never:
    await context.abort(code, detail.encode("ascii", "replace").decode())
    raise AssertionError  # abort has raised
