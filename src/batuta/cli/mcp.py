"""``batuta mcp``: the App as an MCP server on standard input and output."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

import typer

from batuta.cli.command import AppName, FrameworkName, Home, ModelName, Now
from batuta.cli.opening import TENNIS, find_modules_here, settings_for
from batuta.errors import missing_extra


@dataclass(frozen=True, kw_only=True)
class McpOptions:
    """What ``batuta mcp`` takes."""

    app: AppName = "tennis"
    model: ModelName = ""
    framework: FrameworkName = ""
    style: Annotated[
        str, typer.Option(metavar="KEY", help="Offer this style alone; else all that can run.")
    ] = ""
    now: Now = ""
    home: Home = None


def mcp(options: McpOptions) -> None:
    """Serve the App over MCP on standard input and output."""
    if find_spec("mcp") is None:
        raise missing_extra("The MCP door needs mcp", "mcp")
    from batuta.serve.mcp.stdio import serve_stdio

    if options.app != TENNIS:
        find_modules_here()
    settings = settings_for(options.home, options.now, options.model, framework=options.framework)
    asyncio.run(serve_stdio(settings, options.app, style=options.style))
