#!/bin/sh
# Versions: pydantic 2.14.3, used by mcp 2.3.0, pydantic-ai-slim 2.68.0, openai-agents 0.24.0,
# langchain-core 1.8.3, agent-framework-core 1.23.0 and google-adk 2.13.0 (Python).
#
# Behaviour: a tool takes a pydantic model with `ConfigDict(strict=True)` and a date in it. Five frameworks
# tell the model, by JSON Schema, that the date is a string in the format `date`. A model that writes
# exactly that is refused by all five, always, also by pydantic-ai when it is given the arguments as
# JSON text. ADK calls the function all the same, with a dict where it asks for the model, so it breaks
# inside. pydantic itself takes the same JSON by `model_validate_json`: for JSON, strict mode has rules of its
# own, under which a string may be a date, an enum or a UUID. All six parse the JSON first and validate
# the Python objects, for which those rules do not hold.
#
# Why it matters: strict mode is the known answer to careless values, such as numbers that are read as dates.
# Put on a tool's arguments, it gives a tool that no model can ever call: each try is answered with
# "Input should be a valid date" about a valid date, the model tries again, and pays for it. A test that
# calls the function with a real date passes. Parse strict arguments from JSON text, or mark
# single fields as strict where the JSON type is the Python type.
#
# Output seen:
#   told: {'day': ('string', 'date')}
#   pydantic, JSON text: taken
#   mcp: refused, Input should be a valid date
#   pydantic-ai, object: refused, Input should be a valid date
#   pydantic-ai, JSON text: refused, Input should be a valid date
#   openai-agents: refused, An error occurred while running the tool
#   langchain: refused, Input should be a valid date
#   agent-framework: refused, Input should be a valid date
#   adk: called with a dict
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 130' INT TERM

python3 -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q --disable-pip-version-check \
    pydantic==2.14.3 mcp==2.3.0 pydantic-ai-slim==2.68.0 openai-agents==0.24.0 \
    langchain-core==1.8.3 agent-framework-core==1.23.0 google-adk==2.13.0

cat >"$dir/see.py" <<'PYTHON'
import asyncio
import datetime as dt
import json
import logging
import re
import warnings

from agent_framework import tool as framework_tool
from agents import function_tool
from agents.tool_context import ToolContext
from google.adk.tools import FunctionTool
from langchain_core.tools import tool
from mcp import Client
from mcp.server import MCPServer
from pydantic import BaseModel, ConfigDict
from pydantic_ai import Agent
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import FunctionModel

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
GIVEN = {"wish": {"day": "2026-03-02"}}
WORDS = json.dumps(GIVEN)
REASONS = ("Input should be a valid date", "An error occurred while running the tool")
seen = []


class Wish(BaseModel):
    model_config = ConfigDict(strict=True)

    day: dt.date


def look(wish: Wish) -> str:
    """Look for a court."""
    seen.append(type(wish).__name__)
    return f"looked at {wish.day.isoformat()}"


def said(text):
    why = re.search("|".join(REASONS), str(text))
    return f"refused, {why.group()}" if why else str(text)


async def by_mcp():
    server = MCPServer("club")
    server.tool()(look)
    async with Client(server) as client:
        (listed,) = (await client.list_tools()).tools
        fields = listed.input_schema["$defs"]["Wish"]["properties"]
        print("told:", {name: (told["type"], told["format"]) for name, told in fields.items()})
        taken = Wish.model_validate_json(json.dumps(GIVEN["wish"])).day == dt.date(2026, 3, 2)
        print("pydantic, JSON text:", "taken" if taken else "misread")
        return (await client.call_tool("look", GIVEN)).content[0].text


async def by_pydantic_ai(given):
    def model(messages, _):
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("look", given)])
        return ModelResponse(parts=[TextPart(str(messages[-1].parts[0].content))])

    return (await Agent(FunctionModel(model), tools=[look]).run("The 2nd?")).output


async def by_openai_agents():
    context = ToolContext(
        context=None, tool_name="look", tool_call_id="c1", tool_arguments=WORDS
    )
    return await function_tool(look).on_invoke_tool(context, WORDS)


async def error_of(call):
    try:
        return await call
    except Exception as error:
        return error


async def main():
    print("mcp:", said(await by_mcp()))
    print("pydantic-ai, object:", said(await by_pydantic_ai(GIVEN)))
    print("pydantic-ai, JSON text:", said(await by_pydantic_ai(WORDS)))
    print("openai-agents:", said(await by_openai_agents()))
    print("langchain:", said(await error_of(tool(look).ainvoke(GIVEN))))
    print("agent-framework:", said(await error_of(framework_tool(look).invoke(arguments=GIVEN))))
    assert not seen, "so far the function was never called"
    await error_of(FunctionTool(look).run_async(args=GIVEN, tool_context=None))
    print("adk: called with a", *seen)


asyncio.run(main())
PYTHON

"$dir/venv/bin/python" "$dir/see.py" | tee "$dir/seen"

cat >"$dir/expected" <<'EXPECTED'
told: {'day': ('string', 'date')}
pydantic, JSON text: taken
mcp: refused, Input should be a valid date
pydantic-ai, object: refused, Input should be a valid date
pydantic-ai, JSON text: refused, Input should be a valid date
openai-agents: refused, An error occurred while running the tool
langchain: refused, Input should be a valid date
agent-framework: refused, Input should be a valid date
adk: called with a dict
EXPECTED
diff "$dir/expected" "$dir/seen" || { echo "This has changed." >&2; exit 1; }
