"""An MCP server of the official SDK, which speaks both revisions: ``stdio``, or ``http``.

Over HTTP it prints its address. What becomes of its calls stands in the file that it is given.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context, Image
from mcp_types import ToolAnnotations

KIND, NOTED = sys.argv[1], Path(sys.argv[2])
READS = ToolAnnotations(read_only_hint=True)
server = MCPServer("weather")


def note(**what: object) -> None:
    with NOTED.open("a") as file:
        file.write(json.dumps(what) + "\n")


@server.tool(annotations=READS)
async def forecast(city: str, days: int = 1) -> dict[str, object]:
    """Tell the weather in a city."""
    return {"city": city, "days": days, "sky": "clear"}


@server.tool()
async def keep(text: str, user: str, ctx: Context) -> str:
    """Keep a note."""
    meta = dict(ctx.request_context.meta or {})
    note(kept=text, user=user, key=meta.get("batuta/idempotencyKey"))
    return f"kept {text} for {user}"


@server.tool(annotations=READS)
async def wait() -> str:
    """Wait until it is told not to."""
    note(waits=True)
    try:
        await asyncio.Event().wait()
    finally:
        note(cancelled=True)
    return ""


@server.tool(annotations=READS)
async def grow(ctx: Context) -> str:
    """Have one tool more."""

    async def grown() -> str:
        """Say that it is there."""
        return "here"

    server.add_tool(grown, annotations=READS)
    await ctx.notify_tools_changed()
    return "grown"


@server.tool(annotations=READS)
async def fail() -> str:
    """Fail for a reason that it keeps to itself."""
    raise RuntimeError("hush")


@server.tool()
async def draw(text: str) -> list[Any]:
    """Keep a drawing, and show it."""
    note(drawn=text)
    return [text, Image(data=b"drawn", format="png")]


if __name__ == "__main__":
    if KIND == "stdio":
        server.run("stdio")
    else:
        listener = socket.create_server(("127.0.0.1", 0))
        sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp\n")
        sys.stdout.flush()
        config = uvicorn.Config(server.streamable_http_app(), log_level="error", ws="none")
        asyncio.run(uvicorn.Server(config).serve([listener]))
