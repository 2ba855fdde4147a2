"""One of AWS's services, called by botocore in threads of its own; loaded at the first call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

from batuta.core.redaction import mask_logs, redacted_text
from batuta.errors import ConfigError, missing_extra

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientOptions:
    """How a service is reached.

    Args:
        region: Empty for that of AWS's own settings.
        endpoint_url: Empty for AWS itself.
        connections: Most calls at once; others wait for their turn.
        tries: Of one call, the first included; waits between them grow, and when throttled so does
            the client's own pace.
        timeout_s: For an answer to one try.
        connect_s: For a connection, within that time.
        signed: False sends no signature, so that no credentials are needed: for a stand-in.
        checked: False leaves it to the service to check what is asked of it.
    """

    region: str = ""
    endpoint_url: str = ""
    connections: int = 50
    tries: int = 1
    timeout_s: float = 60.0
    connect_s: float = 10.0
    signed: bool = True
    checked: bool = True


class ServiceClient:
    """A service, its client and its threads; both are made at the first call.

    Calls within a ``Guard`` are closed when they are given up; others run on in their thread.

    Args:
        service: As botocore calls it, such as ``dynamodb``.
        what: What needs it, for messages.
        section: Of the settings, that names a region; empty where none does.
    """

    def __init__(
        self, service: str, options: ClientOptions, *, what: str, section: str = ""
    ) -> None:
        self.options = options
        self._service, self._what, self._section = service, what, section
        self._making = threading.Lock()
        self._client: Any = None
        self._threads: ThreadPoolExecutor | None = None

    async def call(self, ask: Callable[[Any], _T]) -> _T:
        """Ask something of botocore's client, in a thread.

        Raises:
            ConfigError: boto3 is missing, or cannot use what is set.
            BotoCoreError, ClientError, HTTPError, OSError: See ``errors.aws_failure``.
        """
        return await self.work(lambda: ask(self._connected()))

    async def work(self, work: Callable[[], _T]) -> _T:
        """Do other work in one of the threads."""
        context = copy_context()
        return await asyncio.get_running_loop().run_in_executor(
            self._pool(), lambda: context.run(work)
        )

    async def connect(self) -> None:
        """Import botocore and make the client now; asks AWS nothing.

        Raises:
            ConfigError: boto3 is missing, or cannot use what is set.
        """
        await self.work(self._connected)

    async def aclose(self, *, wait: bool = False) -> None:
        """Close the connections; a later call makes new ones.

        Args:
            wait: For the work that has begun.
        """
        threads, self._threads = self._threads, None
        client, self._client = self._client, None
        if threads is not None and wait:
            await asyncio.to_thread(threads.shutdown)
        elif threads is not None:
            threads.shutdown(wait=False)
        if client is not None:
            await asyncio.to_thread(client.close)

    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(
                self.options.connections, thread_name_prefix=self._service
            )
        return self._threads

    def _connected(self) -> Any:
        with self._making:
            if self._client is None:
                self._client = sdk_client(
                    self._service, self.options, what=self._what, section=self._section
                )
            return self._client


def sdk_client(service: str, options: ClientOptions, *, what: str, section: str = "") -> Any:
    """Make botocore's client of a service, whose calls a ``Guard`` can close.

    Args:
        what: What needs it, for messages.
        section: Of the settings, that names a region; empty where none does.

    Raises:
        ConfigError: boto3 is missing, finds no region, or cannot use what is set.
    """
    check_installed(what)
    from botocore import UNSIGNED  # pyright: ignore[reportMissingTypeStubs]
    from botocore.config import Config  # pyright: ignore[reportMissingTypeStubs]
    from botocore.exceptions import (  # pyright: ignore[reportMissingTypeStubs]
        BotoCoreError,
        NoRegionError,
    )
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

    from batuta.aws.connections import watch

    retries: dict[str, Any] = {"total_max_attempts": options.tries}
    if options.tries > 1:
        retries["mode"] = "adaptive"
    config = Config(
        connect_timeout=min(options.connect_s, options.timeout_s),
        read_timeout=options.timeout_s,
        max_pool_connections=options.connections,
        retries=retries,
        parameter_validation=options.checked,
        signature_version=None if options.signed else UNSIGNED,
        tcp_keepalive=True,  # a service may be silent for as long as it works
    )
    mask_logs("botocore")
    session: Any = Session()
    session.register_component("data_loader", _loader())
    region, endpoint = options.region or None, options.endpoint_url or None
    try:
        client = session.create_client(
            service, region_name=region, endpoint_url=endpoint, config=config
        )
    except BotoCoreError as error:
        lacking = isinstance(error, NoRegionError)
        why = "no AWS region is set" if lacking else redacted_text(error).rstrip(".")
        place = f", or region in [{section}]," if section else ""
        mend = f"Set AWS_REGION{place} and credentials."
        raise ConfigError(f"{what} cannot be used: {why}", mend) from error
    mask_logs("botocore")  # what making the client has imported
    watch(client)
    return client


def check_installed(what: str) -> None:
    """Say what to install where boto3 is not.

    Raises:
        ConfigError: It is missing.
    """
    missing = next((name for name in ("boto3", "botocore") if find_spec(name) is None), "")
    if missing:
        raise missing_extra(f"{what} needs {missing}, which is not installed", "aws")


@cache
def _loader() -> Any:
    """Share what botocore reads of a service: it takes most of the time that a client takes."""
    from botocore.session import Session  # pyright: ignore[reportMissingTypeStubs]

    session: Any = Session()
    return session.get_component("data_loader")
