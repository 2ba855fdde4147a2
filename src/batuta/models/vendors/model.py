"""One vendor's model as a ``Model``, connected when it is first asked."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from batuta.core.model import Abilities, Emit, ModelReply, ModelRequest, ignore
from batuta.errors import ConfigError
from batuta.models.vendors.access import OWN_SERVERS, PROVIDERS, VendorAccess, missing_of

if TYPE_CHECKING:
    from batuta.models.vendors.connection import VendorConnection


class VendorModel:
    """A model of OpenAI, Anthropic, Bedrock, or whatever speaks OpenAI's protocol.

    The SDK is imported and the connection made at the first call, in a thread. No call is tried
    again in here: that is for the run.

    Args:
        name: The model, as ``provider:model``.

    Raises:
        ConfigError: The provider is unknown, its extra is not installed, or its key is not set.
    """

    def __init__(self, name: str, access: VendorAccess | None = None) -> None:
        provider, _, model = name.partition(":")
        if provider not in PROVIDERS or not model:
            raise ConfigError(
                f"There is no model {name!r}",
                f"Write provider:model; providers: {', '.join(PROVIDERS)}.",
            )
        self._name = name
        self._access = access or VendorAccess()
        missing = missing_of(provider, self._access)
        if missing is not None:
            raise missing.error(f"Model {name}")
        self._line: VendorConnection | None = None
        self._connecting = threading.Lock()

    @property
    def name(self) -> str:
        """The name, as ``provider:model``."""
        return self._name

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Ask the vendor; give its text to ``emit`` piece by piece.

        Raises:
            ModelError: No usable reply could be had; names provider and model.
            ConfigError: The provider cannot be used as it is set.
        """
        return await (await self._connected()).ask(request, emit)

    async def connect(self) -> None:
        """Import the SDK now, so that the first call need not wait for it; asks the vendor nothing.

        Raises:
            ConfigError: The provider cannot be used as it is set.
        """
        await self._connected()

    async def abilities(self) -> Abilities:
        """Ask the server what its model can, where it is a server of one's own."""
        provider, _, model = self._name.partition(":")
        if provider not in OWN_SERVERS:
            return Abilities()
        from batuta.models.vendors.abilities import abilities_of

        return await abilities_of(model, self._access)

    async def aclose(self) -> None:
        """Close the connections; a later call makes new ones."""
        line, self._line = self._line, None
        if line is not None and line.loop is asyncio.get_running_loop():
            await line.close()

    def __repr__(self) -> str:
        return f"VendorModel({self._name!r})"

    async def _connected(self) -> VendorConnection:
        loop = asyncio.get_running_loop()
        line = self._line
        if line is None or line.loop is not loop:
            line = await asyncio.to_thread(self._connect, loop)
        return line

    def _connect(self, loop: asyncio.AbstractEventLoop) -> VendorConnection:
        """Import the SDK and connect, once for each event loop."""
        from batuta.models.vendors.connection import VendorConnection

        with self._connecting:
            line = self._line
            if line is None or line.loop is not loop:
                line = self._line = VendorConnection(self._name, self._access, loop)
            return line
