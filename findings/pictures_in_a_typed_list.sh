#!/bin/sh
# Versions: mcp 2.3.0 (the MCP Python SDK).
#
# Behaviour: a tool may give text and pictures in one list. Annotated as `list`, as `list[str | Image]`
# or not at all, it works. Annotated as `list[Any]`, each call ends as an error, "Error executing tool",
# though the function ran to its end: such a list gets an output schema, its value is made JSON for the
# structured half of the result, and an `Image` cannot be. `structured_output=False` makes it work.
#
# Why it matters: the server starts, lists the tool and logs nothing until the first call, and what the
# model reads does not tell that the work was done. A model that is told of an error calls again: a tool
# that books, pays or sends does it twice. What brings it on is that somebody made an annotation more
# exact for a type checker. Call each tool once in a test, through a client.
#
# Output seen:
#   no annotation: no schema, TextContent, ImageContent; ran once
#   list: no schema, TextContent, ImageContent; ran once
#   list[str | Image]: no schema, TextContent, ImageContent; ran once
#   list[Any]: output schema, error 'Error executing tool list[Any]'; ran once
#   list[Any], structured_output=False: no schema, TextContent, ImageContent; ran once
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check mcp==2.3.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import logging
from typing import Any

from mcp.client import Client
from mcp.server import MCPServer
from mcp.server.mcpserver import Image

logging.disable(logging.CRITICAL)
WHITE_DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550"
    "000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)
ran = []


def court_picture():
    """Show the court."""
    ran.append("court")
    return ["Court A:", Image(data=WHITE_DOT, format="png")]


def annotated(as_what):
    def tool():
        return court_picture()

    tool.__annotations__ = {"return": as_what} if as_what else {}
    return tool


server = MCPServer("club")
server.add_tool(annotated(None), name="no annotation")
server.add_tool(annotated(list), name="list")
server.add_tool(annotated(list[str | Image]), name="list[str | Image]")
server.add_tool(annotated(list[Any]), name="list[Any]")
server.add_tool(
    annotated(list[Any]), name="list[Any], structured_output=False", structured_output=False
)


async def main():
    async with Client(server) as client:
        for tool in (await client.list_tools()).tools:
            ran.clear()
            result = await client.call_tool(tool.name, {})
            schema = "output schema" if tool.output_schema else "no schema"
            kinds = ", ".join(type(part).__name__ for part in result.content)
            told = f"error {result.content[0].text!r}" if result.is_error else kinds
            times = "once" if len(ran) == 1 else f"{len(ran)} times"
            print(f"{tool.name}: {schema}, {told}; ran {times}")


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" 2>/dev/null | tee "$dir/seen"
cat >"$dir/expected" <<'EXPECTED'
no annotation: no schema, TextContent, ImageContent; ran once
list: no schema, TextContent, ImageContent; ran once
list[str | Image]: no schema, TextContent, ImageContent; ran once
list[Any]: output schema, error 'Error executing tool list[Any]'; ran once
list[Any], structured_output=False: no schema, TextContent, ImageContent; ran once
EXPECTED
cmp "$dir/expected" "$dir/seen"
