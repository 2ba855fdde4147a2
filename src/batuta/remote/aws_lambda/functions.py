"""Calls functions on Lambda by boto3's client, in threads of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from batuta.core.clock import SystemClock
from batuta.errors import ConfigError, missing_extra

LARGEST = 6 * 1_048_576
"""Bytes that a function takes and gives.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2025-11.
"""
_LONGEST_S = 15 * 60 + 10
_THROTTLED = ("TooManyRequestsException", "ThrottlingException", "EC2ThrottledException")


class Function(NamedTuple):
    """A function's name and qualifier: a version or an alias; empty for the newest code."""

    name: str
    qualifier: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


class Answer(NamedTuple):
    """What a function gave.

    Args:
        error: Lambda's kind of error where the function failed; empty where it did not.
    """

    body: bytes
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How Lambda is reached.

    Args:
        region: Empty for that of AWS's own settings.
        endpoint_url: Empty for AWS itself.
        connections: Most calls at once; others wait for their turn.
        tries: Of a call that Lambda throttles, the first included: nothing has begun then.
        wait_s: Pause before the second of them; doubles with each further one.
        signed: False sends no signature, so that no credentials are needed: for a stand-in.
    """

    region: str = ""
    endpoint_url: str = ""
    connections: int = 64
    tries: int = 4
    wait_s: float = 0.1
    signed: bool = True


class _ThrottledError(Exception):
    """Lambda did not take the call: nothing has begun.

    Args:
        said: In boto3's words.
    """

    def __init__(self, said: Exception) -> None:
        self.said = said
        super().__init__(str(said))


class Functions:
    """Functions of one account and region.

    Args:
        watch: Lets a client make connections that ``guard`` can close.
        guard: Makes what stands around one call; left by a cancellation it closes its connection.
            Without one, the thread of a call that was given up waits on for its answer.
    """

    def __init__(
        self,
        reach: Reach | None = None,
        *,
        watch: Callable[[Any], None] = lambda client: None,
        guard: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        self._reach = reach or Reach()
        self._watch, self._guard = watch, guard
        self._clock = SystemClock()
        self._making = threading.Lock()
        self._client: Any = None
        self._threads: ThreadPoolExecutor | None = None

    async def invoke(self, function: Function, payload: bytes) -> Answer:
        """Call a function and wait for what it gives.

        Raises:
            ConfigError: boto3 is missing.
            BotoCoreError, ClientError, HTTPError, OSError: What boto3 raises.
        """
        wait_s = self._reach.wait_s
        for left in range(self._reach.tries - 1, -1, -1):
            try:
                return await self._once(function, payload)
            except _ThrottledError as error:
                if not left:
                    raise error.said from error
            await self._clock.sleep(wait_s)
            wait_s *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    async def connect(self) -> None:
        """Import boto3 and make the client now; asks AWS nothing.

        Raises:
            ConfigError: boto3 is missing, or no region is set.
        """
        await asyncio.get_running_loop().run_in_executor(self._pool(), self._connected)

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        threads, self._threads = self._threads, None
        client, self._client = self._client, None
        if threads is not None:
            if client is not None:
                await asyncio.get_running_loop().run_in_executor(threads, client.close)
            threads.shutdown(wait=False)

    async def _once(self, function: Function, payload: bytes) -> Answer:
        with self._guard():
            context, ask = copy_context(), partial(self._ask, function, payload)
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool(), lambda: context.run(ask))

    def _ask(self, function: Function, payload: bytes) -> Answer:
        """Ask and read it all; runs in a thread, as botocore blocks."""
        qualified = {"Qualifier": function.qualifier} if function.qualifier else {}
        client = self._connected()
        try:
            told = client.invoke(FunctionName=function.name, Payload=payload, **qualified)
        except client.exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in _THROTTLED:
                raise _ThrottledError(error) from error
            raise
        return Answer(told["Payload"].read(), told.get("FunctionError", ""))

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self._reach.connections, thread_name_prefix="aws-lambda"
            )
        return self._threads

    def _connected(self) -> Any:
        with self._making:
            if self._client is None:
                self._client = _client(self._reach)
                self._watch(self._client)
            return self._client


def _client(reach: Reach) -> Any:
    try:
        from botocore import UNSIGNED  # pyright: ignore[reportMissingTypeStubs]
        from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
        from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
            BotoCoreError,
        )
        from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]
    except ModuleNotFoundError as error:
        raise missing_extra("Agents on Lambda need boto3", "aws") from error
    from batuta.core.redaction import redacted_text

    config = Config(
        connect_timeout=5.0,
        read_timeout=_LONGEST_S,
        max_pool_connections=reach.connections,
        retries={"total_max_attempts": 1},  # a second call would be a second piece of work
        signature_version=None if reach.signed else UNSIGNED,
        tcp_keepalive=True,  # silent for as long as the function works
    )
    session: Any = Session()
    try:
        return session.create_client(
            "lambda",
            region_name=reach.region or None,
            endpoint_url=reach.endpoint_url or None,
            config=config,
        )
    except BotoCoreError as error:
        raise ConfigError(
            f"Lambda cannot be used: {redacted_text(error).rstrip('.')}",
            "Set AWS_REGION, and credentials.",
        ) from error
