"""An agent in another process, as an Agent here."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

import grpc
from grpc.aio import EOF, AioRpcError, BaseError, StreamStreamCall

from batuta.core.cancellation import WRITE_GRACE_S, begun, is_cancelled, left_alone, settled
from batuta.errors import AgentUnreachable, BatutaError, RuntimeFailure
from batuta.remote.call import RemoteCall
from batuta.remote.grpc import wire
from batuta.remote.grpc.channels import Channels
from batuta.remote.grpc.identity import bearer
from batuta.remote.grpc.receiving import Receiving, UnknownItemError
from batuta.remote.grpc.v1 import batuta_pb2 as pb

if TYPE_CHECKING:
    from batuta.core.message import Message
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.remote.grpc.access import Access
    from batuta.remote.result import RemoteResult

_LATE_S = WRITE_GRACE_S + 2.0
"""How long after the run's deadline gRPC ends a call that nobody ended: a write may go on."""
_Stream: TypeAlias = StreamStreamCall[bytes, pb.ExecuteResponse]
_OTHER_VERSION = "Install the same version of batuta in both processes."


class RemoteAgent:
    """An agent that lives in another process; an Agent like any other.

    Args:
        addresses: Where it is served, each as ``host:port``; taken in turn, and one that cannot be
            reached is passed over. A call that may have begun is never made again elsewhere.
    """

    remote = True

    def __init__(
        self,
        name: str,
        addresses: tuple[str, ...],
        channels: Channels,
        *,
        role: str = "",
        decides: Decider = "agent",
    ) -> None:
        if not addresses:
            raise ValueError(f"Agent {name} needs an address at least, such as 127.0.0.1:50051.")
        self.name = name
        self.addresses = addresses
        self.role = role or f"agent at {', '.join(addresses)}"
        self.decides: Decider = decides
        self._channels = channels
        self._turn = 0

    def __repr__(self) -> str:
        return f"RemoteAgent({self.name!r}, {', '.join(map(repr, self.addresses))})"

    async def execute(self, message: Message, run: Run) -> Message:
        """Fetch the answer, or raise the agent's own error."""
        return (await self.fetch(message, run)).answer()

    async def fetch(self, message: Message, run: Run) -> RemoteResult:
        """Have the message answered; what happens there is put into the run as it happens.

        The agent's own error is in what it gives, not raised.

        Raises:
            AgentUnreachable: No address can be reached, or the connection broke; retryable.
            AgentNotFound: The host serves no agent of that name.
            AccessDenied: The host does not trust who is asking.
            RuntimeFailure: The message cannot be sent, or the other side is of another version.
            ConfigError: No secret is set.
        """
        call = RemoteCall.of(run, self.name, message)
        key = self._channels.access.key()
        request = self._request(call)
        address = await self._reached()
        signed = bearer(call, request, key)
        stream: _Stream = self._channels.execute(address)(
            timeout=None if call.seconds_left is None else call.seconds_left + _LATE_S,
            metadata=(("authorization", signed), ("traceparent", call.traceparent)),
        )
        receiving = Receiving(run, partial(_write, stream))
        try:
            brought = await self._exchange(stream, request, receiving)
        except BaseException as error:
            failure = self._failure(error, address, run)
            receiving.close(failure, lost=self._lost(failure))
            if failure is error:
                raise
            raise failure from error
        finally:
            if not stream.done():
                stream.cancel()
        receiving.close()
        if brought is None:
            raise AgentUnreachable(self.name, f"{address} ended the call without an answer.")
        return brought

    async def start(self) -> None:
        """Begin to connect, so that no run has to wait for it; nobody need be there yet."""
        self._channels.connect(self.addresses)

    async def stop(self) -> None:
        """Close the connections."""
        await self._channels.close()

    def ready(self) -> bool:
        """Tell whether an address is connected, or not known to be out of reach."""
        return self._channels.reachable(self.addresses)

    async def _exchange(
        self, stream: _Stream, request: bytes, receiving: Receiving
    ) -> RemoteResult | None:
        """Send, then take what comes until the call has ended; None where that was no answer."""
        await _write(stream, request)
        brought: RemoteResult | None = None
        while True:
            if receiving.writes:
                return await _to_end(stream, receiving)
            response = await stream.read()
            if response is EOF:
                return brought
            brought = await _taken(response, receiving)

    def _request(self, call: RemoteCall) -> bytes:
        """Write the call's first message; as its token is for these bytes, they are sent as such.

        Raises:
            RuntimeFailure: It cannot be sent.
        """
        try:
            request = pb.ExecuteRequest(start=wire.start_of(call)).SerializeToString()
        except (TypeError, ValueError) as error:
            raise RuntimeFailure(
                self.name,
                f"its message, or the conversation's state, cannot be sent to "
                f"{' or '.join(self.addresses)}: {error}. Only JSON-able data crosses processes.",
            ) from error
        size, limit = len(request), self._channels.access.message_bytes
        if size > limit:
            raise RuntimeFailure(
                self.name,
                f"its message has {size:,} bytes with all that travels with it, and at most "
                f"{limit:,} go to {' or '.join(self.addresses)}. Send less, or set call_bytes "
                "higher in both processes.",
            )
        return request

    async def _reached(self) -> str:
        first, self._turn = self._turn, (self._turn + 1) % len(self.addresses)
        order = self.addresses[first:] + self.addresses[:first]
        address = await self._channels.reach(order)
        if not address:
            reasons = [f"{each}: {await self._channels.why_not(each)}" for each in order]
            raise AgentUnreachable(self.name, f"cannot be reached at {'; '.join(reasons)}")
        return address

    def _failure(self, error: BaseException, address: str, run: Run) -> BaseException:
        """Say in our words why a call failed; what is not of gRPC's making stays as it is."""
        if isinstance(error, UnknownItemError):
            return RuntimeFailure(
                self.name, f"{address} sent what this version does not know. {_OTHER_VERSION}"
            )
        if isinstance(error, asyncio.CancelledError) and not is_cancelled():
            # The channel was closed: gRPC cancels its calls then, as if somebody had asked for it.
            return AgentUnreachable(self.name, f"the connection to {address} was closed")
        return self._ended(error, address, run) if isinstance(error, AioRpcError) else error

    def _lost(self, failure: BaseException) -> str:
        """Say why the run's cost is known no more, if it began there and was not heard to its end.

        A call that the other side refused, or that ran out of time there, was.
        """
        if isinstance(failure, asyncio.CancelledError):
            return f"agent {self.name} was given up"
        if isinstance(failure, AgentUnreachable):
            return f"agent {self.name} did not answer"
        return ""

    def _ended(self, error: AioRpcError, address: str, run: Run) -> BatutaError:
        refused = _refusal(error)
        if refused is not None:
            refused.args = (f"{refused.args[0]} (agent {self.name} at {address})",)
            return refused
        code, details = error.code(), error.details() or "no details"
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            return run.job.account.out_of_time(run.job.trace.elapsed_s())
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return RuntimeFailure(
                self.name, f"{address}: {details}. Set call_bytes higher in both processes."
            )
        if code is grpc.StatusCode.UNIMPLEMENTED:
            return RuntimeFailure(
                self.name, f"{address} serves no agents that this version knows. {_OTHER_VERSION}"
            )
        return AgentUnreachable(
            self.name, f"the call to {address} broke off ({code.name}: {details})"
        )


def connect(
    name: str, *addresses: str, access: Access, role: str = "", decides: Decider = "agent"
) -> RemoteAgent:
    """Make an Agent of one that another process serves.

    ``GrpcRuntime.connect`` does the same for a whole runtime, over shared connections.

    Args:
        addresses: Where it is served, each as ``host:port``.
        role: What it is for; empty tells its addresses.
        decides: Who decides inside it.
    """
    return RemoteAgent(name, addresses, Channels(access), role=role, decides=decides)


async def _taken(response: object, receiving: Receiving) -> RemoteResult | None:
    brought: RemoteResult | None = None
    for item in cast("pb.ExecuteResponse", response).items:
        brought = await receiving.take(item)
    return brought


async def _rest(stream: _Stream, receiving: Receiving) -> RemoteResult | None:
    """Take what comes until the call has ended."""
    brought: RemoteResult | None = None
    while (response := await stream.read()) is not EOF:
        brought = await _taken(response, receiving)
    return brought


async def _to_end(stream: _Stream, receiving: Receiving) -> RemoteResult | None:
    """Take the rest of a call in which something is written there.

    Where this is cut, the host is told, and heard until what it writes has ended, so that it is
    known: gRPC itself would cut the line at once.
    """
    rest = begun(_rest(stream, receiving))
    try:
        return await asyncio.shield(rest)
    except asyncio.CancelledError:
        if receiving.writes and not rest.done():
            with suppress(asyncio.InvalidStateError, BaseError):
                await stream.done_writing()
            await settled({rest}, WRITE_GRACE_S)
        rest.cancel()
        left_alone(rest)
        raise


async def _write(stream: _Stream, request: bytes) -> None:
    with suppress(asyncio.InvalidStateError):  # it has ended already; reading tells why
        await stream.write(request)


def _refusal(error: AioRpcError) -> BatutaError | None:
    """Give the error that a host refused the call with; None where it did not say."""
    for key, value in error.trailing_metadata() or ():
        if key == wire.ERROR_KEY and isinstance(value, bytes):
            return wire.error_from(pb.Error.FromString(value))
    return None
