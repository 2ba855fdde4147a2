#!/bin/sh
# Versions: mcp 2.3.0 and, for comparison, mcp 1.30.0 (Python).
#
# Behaviour: a tool that raises an ordinary exception gives the client isError and the sentence
# "Error executing tool book", nothing more: the exception's own words stay in the server. Only
# those of the SDK's ToolError travel. In version 1 all of them did. A tool that gives an empty
# list has, for the client, no content at all: the result's content has no block, and the empty
# list is in structuredContent alone, which a client that shows text to its model does not show.
#
# Why it matters: "court A is closed on Monday, ask for Tuesday" is what lets a model mend its
# call; after an update it sees that something failed and tries the same again, and no test of the
# tool's function notices. An empty answer reads as no answer, and models then invent one. Raise
# ToolError for what the model may know, and say "none" in words.
#
# Output seen:
#   1: ValueError: Error executing tool book: court A is closed on Monday, ask for Tuesday
#   1: ToolError: Error executing tool refuse: court A is closed on Monday, ask for Tuesday
#   1: empty list: content []
#   2: ValueError: Error executing tool book
#   2: ToolError: Error executing tool refuse: court A is closed on Monday, ask for Tuesday
#   2: empty list: content []
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    mcp==2.3.0
python3 -m venv "$dir/old"
"$dir/old/bin/python" -m pip install -q --disable-pip-version-check mcp==1.30.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import importlib.metadata
import logging

logging.disable(logging.CRITICAL)
major = importlib.metadata.version("mcp")[0]
if major == "1":
    from mcp.server.fastmcp import FastMCP as Server
    from mcp.server.fastmcp.exceptions import ToolError
    from mcp.shared.memory import create_connected_server_and_client_session as connected
else:
    from mcp import Client as connected
    from mcp.server import MCPServer as Server
    from mcp.server.mcpserver.exceptions import ToolError

server = Server("club")
CLOSED = "court A is closed on Monday, ask for Tuesday"


@server.tool()
def book(court: str) -> str:
    """Book a court."""
    raise ValueError(CLOSED)


@server.tool()
def refuse(court: str) -> str:
    """Book a court, too."""
    raise ToolError(CLOSED)


@server.tool()
def free(court: str) -> list[str]:
    """List the hours that are free."""
    return []


async def main():
    async with connected(server._mcp_server if major == "1" else server) as client:
        for name, tool in (("ValueError", "book"), ("ToolError", "refuse")):
            result = await client.call_tool(tool, {"court": "A"})
            print(f"{major}: {name}: {result.content[0].text}")
        result = await client.call_tool("free", {"court": "A"})
        print(f"{major}: empty list: content {[block.text for block in result.content]}")


asyncio.run(main())
PYTHON

for each in old venv; do "$dir/$each/bin/python" "$dir/see.py"; done | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
1: ValueError: Error executing tool book: court A is closed on Monday, ask for Tuesday
1: ToolError: Error executing tool refuse: court A is closed on Monday, ask for Tuesday
1: empty list: content []
2: ValueError: Error executing tool book
2: ToolError: Error executing tool refuse: court A is closed on Monday, ask for Tuesday
2: empty list: content []
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
