"""Connects to Bedrock Converse. boto3 blocks, so each call has a thread; see ``_Watched``."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import boto3  # pyright: ignore[reportMissingTypeStubs]
from botocore.awsrequest import (  # pyright: ignore[reportMissingTypeStubs]
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
    BotoCoreError,
    ClientError,
)
from pydantic_ai.models.bedrock import BedrockConverseModel
from pydantic_ai.providers.bedrock import BedrockModelProfile, BedrockProvider
from urllib3.exceptions import HTTPError, IncompleteRead

from batuta.core.redaction import told
from batuta.errors import ConfigError
from batuta.models.standin.wire import STAND_IN_HEADER
from batuta.models.vendors.wire import ReplyTooLong, Seen, Wire

if TYPE_CHECKING:
    from batuta.models.vendors.access import Access

_CONNECT_S = 10.0
_CONNECTIONS = 50
_CALL: ContextVar[_Call | None] = ContextVar("bedrock_call", default=None)


def connect(name: str, access: Access) -> Wire:
    """Make the way to a model, given as ``provider:model``.

    Raises:
        ConfigError: boto3 finds no region or cannot use what is set.
    """
    config = Config(
        connect_timeout=min(_CONNECT_S, access.timeout_s),
        read_timeout=access.timeout_s,
        max_pool_connections=_CONNECTIONS,
        retries={"total_max_attempts": 1},
    )
    sdk: Any = boto3
    try:
        client = sdk.Session(region_name=access.region or None).client(
            "bedrock-runtime", config=config, endpoint_url=access.base_url or None
        )
    except BotoCoreError as error:
        raise ConfigError(
            f"Bedrock cannot be used: {told(error)}", "Set AWS_DEFAULT_REGION, and credentials."
        ) from error
    _watch(client)
    model = name.partition(":")[2]
    # Of a family that nobody knows, such as behind an ARN, the whole of Converse is expected.
    known = BedrockProvider.model_profile(model) is not None
    made = BedrockConverseModel(
        model,
        provider=BedrockProvider(bedrock_client=client),
        profile=None if known else BedrockModelProfile(bedrock_supports_tool_choice=True),
    )

    async def close() -> None:
        await anyio.to_thread.run_sync(client.close)

    profile: Any = made.profile
    return Wire(
        model=made,
        dresser=made,
        close=close,
        raises=(BotoCoreError, ClientError, HTTPError, ReplyTooLong),
        takes_temperature=not (
            profile.get("anthropic_disallows_sampling_settings")
            or profile.get("bedrock_disallows_sampling_settings")
        ),
        guard=_Guard(access.reply_bytes),
    )


class _Call(Seen):
    """One call under way: the connections that it holds, and what it may read."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.connections: list[Any] = []

    def give_up(self) -> None:
        """Close the connections, which wakes the thread that waits for an answer."""
        for connection in self.connections:
            sock = connection.sock
            if connection.call is self and sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connections of a call that failed: one in mid-stream goes back to no pool."""
        for connection in self.connections:
            if connection.call is self:
                connection.close()


class _Guard:
    """Makes the context of each call."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes

    @contextmanager
    def __call__(self) -> Generator[Seen]:
        call = _Call(self._most_bytes)
        token = _CALL.set(call)
        try:
            yield call
        except asyncio.CancelledError:
            call.give_up()
            raise
        except Exception:
            call.close()
            raise
        finally:
            _CALL.reset(token)


class _Watched:
    """A connection that knows for which call it works and bounds what that call reads."""

    call: _Call | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request, for the call under way."""
        self.call = _CALL.get()
        if self.call is not None:
            self.call.connections.append(self)
        inner: Any = super()
        return inner.request(*args, **kwargs)

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        """Give the response, bounded."""
        inner: Any = super()
        made = inner.getresponse(*args, **kwargs)
        if self.call is not None:
            self.call.stand_in = STAND_IN_HEADER in made.headers
            made.stream = _bounded(made, self.call.most_bytes)
        return made


def _bounded(response: Any, most_bytes: int) -> Any:
    """Bound the one way by which botocore reads a response, whole or as events.

    botocore takes a response that ends too early for a whole one; this does not.
    """
    stream = response.stream
    declared = response.headers.get("content-length", "")

    def read(*args: Any, **kwargs: Any) -> Iterator[bytes]:
        count = 0
        for piece in stream(*args, **kwargs):
            count += len(piece)
            if count > most_bytes:
                raise ReplyTooLong(most_bytes)
            yield piece
        del response.stream  # a ring of references would keep its connection from being closed
        if declared.isdigit() and count < int(declared):
            raise IncompleteRead(count, int(declared) - count)

    return read


class _Connection(_Watched, AWSHTTPConnection):
    pass


class _SecureConnection(_Watched, AWSHTTPSConnection):
    pass


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _watch(client: Any) -> None:
    """Let the client make watched connections.

    botocore offers no way to say so: its session keeps the classes in a dict that its pools share.
    Where a later botocore has none, a call that is given up runs on to its read timeout.
    """
    with suppress(AttributeError):
        classes = client._endpoint.http_session._pool_classes_by_scheme  # noqa: SLF001
        classes.update({"http": _Pool, "https": _SecurePool})
