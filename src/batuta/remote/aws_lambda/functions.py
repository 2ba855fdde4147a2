"""Calls functions on Lambda."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from batuta.aws.client import ClientOptions, ServiceClient
from batuta.aws.errors import aws_failure, raised_by_aws
from batuta.aws.guard import Guard
from batuta.core.clock import SystemClock

LARGEST = 6 * 1_048_576
"""Bytes that a function takes and gives.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, read 2025-11.
"""
_LONGEST_S = 15 * 60 + 10
_MOST_BYTES = LARGEST + 1_048_576


class Function(NamedTuple):
    """A function's name and qualifier: a version or an alias; empty for the newest code."""

    name: str
    qualifier: str = ""

    def __str__(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


class FunctionAnswer(NamedTuple):
    """What a function gave.

    Args:
        error: Lambda's kind of error where the function failed; empty where it did not.
    """

    body: bytes
    error: str


@dataclass(frozen=True, kw_only=True, slots=True)
class FunctionOptions(ClientOptions):
    """How Lambda is reached; a call may take as long as a function may.

    Args:
        throttled_tries: Of a call that Lambda throttles, the first included: nothing has begun
            then. Any other second call would be a second piece of work.
        wait_s: Pause before the second of them; doubles with each further one.
    """

    connections: int = 64
    timeout_s: float = _LONGEST_S
    connect_s: float = 5.0
    throttled_tries: int = 4
    wait_s: float = 0.1


class Functions:
    """Functions of one account and region.

    Args:
        reply_bytes: Longest answer that is read.
    """

    def __init__(
        self, options: FunctionOptions | None = None, *, reply_bytes: int = _MOST_BYTES
    ) -> None:
        self._options = options or FunctionOptions()
        self._guard = Guard(reply_bytes)
        self._service = ServiceClient("lambda", self._options, what="Lambda")
        self._clock = SystemClock()

    async def invoke(self, function: Function, payload: bytes) -> FunctionAnswer:
        """Call a function and wait for what it gives; left by a cancellation, hang up.

        Raises:
            ConfigError: boto3 is missing, or no region is set.
            BotoCoreError, ClientError, HTTPError, OSError, ReplyTooLong: See
                ``aws.errors.raised_by_aws``.
        """
        wait_s = self._options.wait_s
        for left in range(self._options.throttled_tries - 1, -1, -1):
            try:
                return await self._once(function, payload)
            except raised_by_aws() as error:
                if not left or aws_failure(error).kind != "throttled":
                    raise
            await self._clock.sleep(wait_s)
            wait_s *= 2
        raise AssertionError("unreachable: the last try returns or raises")

    async def connect(self) -> None:
        """Import boto3 and make the client now; asks AWS nothing.

        Raises:
            ConfigError: boto3 is missing, or no region is set.
        """
        await self._service.connect()

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        await self._service.aclose()

    async def _once(self, function: Function, payload: bytes) -> FunctionAnswer:
        qualified = {"Qualifier": function.qualifier} if function.qualifier else {}

        def ask(client: Any) -> FunctionAnswer:
            told = client.invoke(FunctionName=function.name, Payload=payload, **qualified)
            return FunctionAnswer(self._guard.read(told["Payload"]), told.get("FunctionError", ""))

        with self._guard():
            return await self._service.call(ask)
