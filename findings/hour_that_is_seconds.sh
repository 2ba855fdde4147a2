#!/bin/sh
# Versions: pydantic 2.14.3, used by mcp 2.3.0, pydantic-ai-slim 2.68.0, openai-agents 0.24.0 and
# langchain-core 1.8.3 (Python).
#
# Behaviour: a tool takes a `datetime.time` and a `datetime.datetime`. All four tell the model, by JSON
# Schema, that both are strings, with the formats `time` and `date-time`. A model that gives the numbers
# 15 and 20260302 all the same breaks that schema, and is not refused: the tool runs with 00:00:15 UTC,
# and with a moment on 23 August 1970. pydantic reads numbers as seconds since midnight, and since the
# epoch, unless it is strict. The text "20260302" for the moment is read in the same way; the text "15"
# for the time is refused.
#
# Why it matters: "3 pm" as 15 and a compact ISO date are what models write when they are careless, and a
# check against the schema is what one relies on to send such calls back. Instead a court is looked for
# at a quarter of a minute past midnight and "nothing is free", or a date is stored that no one said. No
# test finds it that gives text. Check a call against the schema before pydantic sees it, or refuse
# numbers in a validator of one's own.
#
# Output seen:
#   told: {'start': ('string', 'time'), 'at': ('string', 'date-time')}
#   mcp: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
#   pydantic-ai: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
#   openai-agents: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
#   langchain: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
#   mcp, as text: at 1970-08-23T11:51:42+00:00, start refused
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    pydantic==2.14.3 mcp==2.3.0 pydantic-ai-slim==2.68.0 openai-agents==0.24.0 \
    langchain-core==1.8.3

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import datetime as dt
import json
import logging

from agents import function_tool
from agents.tool_context import ToolContext
from langchain_core.tools import tool
from mcp import Client
from mcp.server import MCPServer
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

logging.disable(logging.CRITICAL)
GIVEN = {"start": 15, "at": 20260302}


def look(start: dt.time, at: dt.datetime) -> str:
    """Look for a court."""
    return f"{start.isoformat()} and {at.isoformat()}"


def look_at(at: dt.datetime) -> str:
    """Look at a day."""
    return f"at {at.isoformat()}"


def look_from(start: dt.time) -> str:
    """Look from an hour on."""
    return f"from {start.isoformat()}"


async def by_mcp():
    server = MCPServer("club")
    for each in (look, look_at, look_from):
        server.tool()(each)
    async with Client(server) as client:
        listed = {each.name: each for each in (await client.list_tools()).tools}
        fields = listed["look"].input_schema["properties"]
        print("told:", {name: (told["type"], told["format"]) for name, told in fields.items()})
        print("mcp:", (await client.call_tool("look", GIVEN)).content[0].text)
        at = await client.call_tool("look_at", {"at": "20260302"})
        start = await client.call_tool("look_from", {"start": "15"})
        return f"{at.content[0].text}, start {'refused' if start.is_error else 'taken'}"


async def by_pydantic_ai():
    def model(messages, _):
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("look", GIVEN)])
        return ModelResponse(parts=[TextPart(messages[-1].parts[0].content)])

    return (await Agent(FunctionModel(model), tools=[look]).run("3 pm?")).output


async def by_openai_agents():
    words = json.dumps(GIVEN)
    context = ToolContext(
        context=None, tool_name="look", tool_call_id="c1", tool_arguments=words
    )
    return await function_tool(look).on_invoke_tool(context, words)


async def main():
    as_text = await by_mcp()
    print("pydantic-ai:", await by_pydantic_ai())
    print("openai-agents:", await by_openai_agents())
    print("langchain:", await tool(look).ainvoke(GIVEN))
    print("mcp, as text:", as_text)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
told: {'start': ('string', 'time'), 'at': ('string', 'date-time')}
mcp: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
pydantic-ai: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
openai-agents: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
langchain: 00:00:15+00:00 and 1970-08-23T11:51:42+00:00
mcp, as text: at 1970-08-23T11:51:42+00:00, start refused
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
