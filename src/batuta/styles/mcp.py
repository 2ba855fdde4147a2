"""Gives an App the MCP servers that the settings name."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from batuta.core.toolset import LiveTools
from batuta.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from batuta.app import App
    from batuta.core.tool_context import ToolContext
    from batuta.mcp_tools import McpServer
    from batuta.settings import McpServerSettings, Settings


def with_mcp(app: App, settings: Settings) -> App:
    """Add the tools of the servers in ``[mcp.<name>]``, for the App and the specialists named.

    Raises:
        ConfigError: A server cannot be, or names no specialist of the App.
    """
    if not settings.mcp:
        return app
    known = {specialist.name for specialist in app.specialists}
    for server, given in settings.mcp.items():
        if strange := [name for name in given.specialists if name not in known]:
            raise ConfigError(
                f"[mcp.{server}] names {', '.join(strange)}, no specialist of App {app.name}",
                f"Its specialists: {', '.join(known) or 'none'}.",
            )
    specialists = [
        replace(each, tools=(*each.tools, *_used_by(each.name, settings)))
        for each in app.specialists
    ]
    own = app.tools.given if isinstance(app.tools, LiveTools) else tuple(app.tools)
    tools: Any = (*own, *(_server(name, each) for name, each in settings.mcp.items()))
    return replace(app, tools=tools, specialists=specialists)


def _used_by(specialist: str, settings: Settings) -> list[str]:
    return [name for name, each in settings.mcp.items() if specialist in each.specialists]


def _server(name: str, given: McpServerSettings) -> McpServer:
    from batuta.mcp_tools import McpServer

    fields: dict[str, Any] = asdict(given)
    del fields["specialists"]
    bound = {argument: _reader(path) for argument, path in fields.pop("bound").items()}
    fields |= {"cwd": fields["cwd"] or None, "bound": bound}
    return McpServer(name=name, **fields)


def _reader(path: str) -> Callable[[ToolContext], Any]:
    def read(context: ToolContext) -> Any:
        return reduce(getattr, path.split("."), context)

    return read
