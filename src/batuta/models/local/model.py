"""A model on this machine as a ``Model``: its server is started when it is first asked."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import missing_extra
from batuta.models.local.server import CHILD, SERVERS, LocalServer, ServerSpec
from batuta.models.local.weights import PROVIDER, weights_of
from batuta.models.vendors import PROVIDERS, VendorAccess, VendorModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batuta.core.model import Abilities


class LocalModel:
    """A GGUF file behind llama.cpp's own server, asked by the wire of Chat Completions.

    Everybody in this process who asks the same file shares one server; it ends with the last of
    them, and with this process, however that ends. One that crashed is started again by the next
    request.

    Args:
        name: ``local:smollm2``, or ``local:`` and the path of a GGUF file.
        command: Starts the server, where it is another than llama.cpp's.

    Raises:
        ConfigError: The extra ``local`` is not installed, or the file cannot be used.
    """

    def __init__(
        self, name: str, access: VendorAccess | None = None, *, command: Sequence[str] = CHILD
    ) -> None:
        absent = [each for each in PROVIDERS[PROVIDER].modules if find_spec(each) is None]
        if absent:
            what = f"Model {name} cannot be used: {' and '.join(absent)} not installed"
            raise missing_extra(what, PROVIDER)
        self._name = name
        self._access = access or VendorAccess()
        self._spec = ServerSpec(name, weights_of(name), command)
        self._server: LocalServer | None = None
        self._inner: VendorModel | None = None
        self._starting = threading.Lock()

    @property
    def name(self) -> str:
        """The name, as ``local:…``."""
        return self._name

    @property
    def runs(self) -> bool:
        """Whether its server runs; one that does not is started by the next request."""
        return self._server is not None and self._server.alive

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the server; see ``VendorModel.reply``.

        Raises:
            ModelError: No usable reply could be had.
            ConfigError: The server does not start.
        """
        return await (await self._connected()).reply(request, emit)

    async def connect(self) -> None:
        """Start the server, and connect to it.

        Raises:
            ConfigError: The server does not start.
        """
        await (await self._connected()).connect()

    async def abilities(self) -> Abilities:
        """Ask the server what it can.

        Raises:
            ConfigError: The server does not start.
        """
        return await (await self._connected()).abilities()

    async def aclose(self) -> None:
        """Leave the server; a later call takes it again."""
        inner, self._inner = self._inner, None
        server, self._server = self._server, None
        if inner is not None:
            await inner.aclose()
        if server is not None:
            await asyncio.to_thread(SERVERS.leave, self._spec)

    def __repr__(self) -> str:
        return f"LocalModel({self._name!r})"

    async def _connected(self) -> VendorModel:
        inner, server = self._inner, self._server
        if inner is not None and server is not None and server.alive:
            return inner
        return await asyncio.to_thread(self._connect)

    def _connect(self) -> VendorModel:
        with self._starting:
            server = self._server
            if server is not None and server.alive and self._inner is not None:
                return self._inner
            taken = SERVERS.take(self._spec) if server is None else SERVERS.again(self._spec)
            access = replace(self._access, base_url=f"{taken.address}/v1", key=taken.key)
            self._server, self._inner = taken, VendorModel(self._name, access)
            return self._inner
