"""The MCP door on standard input and output, for the one who started the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.errors import ConfigError
from batuta.serve.http.door import Door
from batuta.serve.http.identity import WrongKey, identity_of
from batuta.wiring import Assistants, open_app

if TYPE_CHECKING:
    from batuta.core.principal import Principal
    from batuta.serve.http.identity import Identity
    from batuta.settings import Settings


async def serve_stdio(settings: Settings, app_name: str = "tennis", *, style: str = "") -> None:
    """Serve an App until its input ends.

    Args:
        app_name: ``tennis``, or ``module:attribute``.
        style: Serve this one alone; empty serves all, and the App's tools.

    Raises:
        ConfigError: A setting does not fit, the style cannot run here, or nobody says who asks.
    """
    identity = identity_of(settings)
    who = _caller(identity, settings)
    from mcp.server.stdio import stdio_server

    from batuta.serve.mcp.server import McpDoor

    async with Assistants(await open_app(app_name, settings), settings) as house:
        alone = None if not style else house.cast.find(style)
        if alone is not None and (missing := alone.missing()):
            what = f"Style {alone.key} cannot run here: {missing}"
            raise alone.cannot_run(what, "Choose another style.")
        door = Door(house=house, identity=identity, alone=alone, test_mode=False)
        server = McpDoor(door, who).server()
        async with stdio_server() as (received, sent):
            await server.run(received, sent, server.create_initialization_options())
        await door.runs.stop()


def _caller(identity: Identity, settings: Settings) -> Principal:
    """Find out who started it: by the key in the environment where there are keys."""
    key = settings.api_key.reveal()
    if identity.proves and not key:
        raise ConfigError(
            "Nobody says who asks, and this App has users with API keys",
            "Set BATUTA_API_KEY to the key of whoever asks.",
        )
    try:
        return identity.caller({"authorization": f"Bearer {key}"} if key else {})
    except WrongKey as error:
        raise ConfigError("BATUTA_API_KEY is nobody's key here", "Mend it.") from error
