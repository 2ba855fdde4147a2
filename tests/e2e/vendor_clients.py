"""The vendors' own clients, unmodified, each holding the same conversation with tools.

They are told a base URL and a made-up key, and nothing else. Each runs the loop of a tool-using
assistant the way its vendor's guide does: ask, do what was called, give back the results, until
there is text.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import agents
import anthropic
import boto3
import openai
from botocore.config import Config

from batuta.standin import StandIn

INSTRUCTIONS = "You book tennis courts.\nNow: 2025-11-20T10:00 (Thursday), time zone UTC"
QUESTION = "Book a court tomorrow at 3pm"
SLOT = "A-2025-11-21-15"
GPT, CLAUDE = "gpt-5-mini", "claude-haiku-4-5"
BEDROCK = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
_DATE = {"type": "string", "format": "date", "description": "Day, as YYYY-MM-DD."}
_SLOT_ID = {"type": "string", "description": "The slot_id of a free slot."}


def _schema(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields)}


TOOLS = {
    "find_slots": ("Find the free slots of a day.", _schema(date=_DATE)),
    "book_slot": ("Book one free slot.", _schema(slot_id=_SLOT_ID)),
}


@dataclass
class Desk:
    """A tennis club of two functions; it counts what was booked."""

    booked: list[str] = field(default_factory=list[str])
    asked: list[tuple[str, dict[str, Any]]] = field(
        default_factory=list[tuple[str, dict[str, Any]]]
    )

    def use(self, name: str, arguments: dict[str, Any]) -> str:
        self.asked.append((name, arguments))
        return json.dumps(getattr(self, name)(**arguments))

    def find_slots(self, date: str) -> dict[str, Any]:
        times = {"start": f"{date}T15:00", "end": f"{date}T16:00"}
        return {"slots": [{"slot_id": f"A-{date}-15", "court": "Court A", **times}]}

    def book_slot(self, slot_id: str) -> dict[str, Any]:
        self.booked.append(slot_id)
        return {"booking_id": "BK0001", "slot_id": slot_id, "status": "confirmed"}


Talk = Callable[[StandIn, Desk, bool], Awaitable[str]]
_CHAT_TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": said, "parameters": schema}}
    for name, (said, schema) in TOOLS.items()
]
_RESPONSES_TOOLS: Any = [
    {"type": "function", "name": name, "description": said, "parameters": schema, "strict": False}
    for name, (said, schema) in TOOLS.items()
]
_CLAUDE_TOOLS: Any = [
    {"name": name, "description": said, "input_schema": schema}
    for name, (said, schema) in TOOLS.items()
]
_BEDROCK_TOOLS: Any = [
    {"toolSpec": {"name": name, "description": said, "inputSchema": {"json": schema}}}
    for name, (said, schema) in TOOLS.items()
]


def _results(desk: Desk, calls: Any) -> list[dict[str, Any]]:
    return [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "content": desk.use(call.function.name, json.loads(call.function.arguments)),
        }
        for call in calls
    ]


async def openai_chat(server: StandIn, desk: Desk, streamed: bool) -> str:
    messages: list[Any] = [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": QUESTION},
    ]
    options: Any = {"model": GPT, "tools": _CHAT_TOOLS}
    async with openai_client(server) as client:
        while True:
            if streamed:
                async with client.chat.completions.stream(messages=messages, **options) as stream:
                    made = await stream.get_final_completion()
            else:
                made = await client.chat.completions.create(messages=messages, **options)
            said = made.choices[0].message
            if not said.tool_calls:
                return said.content or ""
            messages += [said, *_results(desk, said.tool_calls)]


def openai_client(server: StandIn, **options: Any) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=server.openai_url, api_key="made-up", **options)


async def openai_chat_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    return await asyncio.to_thread(_openai_chat_blocking, server, desk, streamed)


def _openai_chat_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    messages: list[Any] = [
        {"role": "system", "content": INSTRUCTIONS},
        {"role": "user", "content": QUESTION},
    ]
    options: Any = {"model": GPT, "tools": _CHAT_TOOLS}
    with openai.OpenAI(base_url=server.openai_url, api_key="made-up") as client:
        while True:
            if streamed:
                with client.chat.completions.stream(messages=messages, **options) as stream:
                    made = stream.get_final_completion()
            else:
                made = client.chat.completions.create(messages=messages, **options)
            said = made.choices[0].message
            if not said.tool_calls:
                return said.content or ""
            messages += [said, *_results(desk, said.tool_calls)]


def _outputs(desk: Desk, response: Any) -> list[dict[str, Any]]:
    return [
        {
            "type": "function_call_output",
            "call_id": item.call_id,
            "output": desk.use(item.name, json.loads(item.arguments)),
        }
        for item in response.output
        if item.type == "function_call"
    ]


async def openai_responses(server: StandIn, desk: Desk, streamed: bool) -> str:
    items: list[Any] = [{"role": "user", "content": QUESTION}]
    options: Any = {"model": GPT, "instructions": INSTRUCTIONS, "tools": _RESPONSES_TOOLS}
    async with openai_client(server) as client:
        while True:
            if streamed:
                async with client.responses.stream(input=items, **options) as stream:
                    made = await stream.get_final_response()
            else:
                made = await client.responses.create(input=items, **options)
            outputs = _outputs(desk, made)
            if not outputs:
                return made.output_text
            items += [*made.output, *outputs]


async def openai_responses_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    return await asyncio.to_thread(_openai_responses_blocking, server, desk, streamed)


def _openai_responses_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    items: list[Any] = [{"role": "user", "content": QUESTION}]
    options: Any = {"model": GPT, "instructions": INSTRUCTIONS, "tools": _RESPONSES_TOOLS}
    with openai.OpenAI(base_url=server.openai_url, api_key="made-up") as client:
        while True:
            if streamed:
                with client.responses.stream(input=items, **options) as stream:
                    made = stream.get_final_response()
            else:
                made = client.responses.create(input=items, **options)
            outputs = _outputs(desk, made)
            if not outputs:
                return made.output_text
            items += [*made.output, *outputs]


def _claude_results(desk: Desk, message: Any) -> list[dict[str, Any]]:
    return [
        {
            "type": "tool_result",
            "tool_use_id": block.id,
            "content": desk.use(block.name, block.input),
        }
        for block in message.content
        if block.type == "tool_use"
    ]


def _claude_text(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


async def claude(server: StandIn, desk: Desk, streamed: bool) -> str:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    options: Any = {
        "model": CLAUDE, "max_tokens": 500, "system": INSTRUCTIONS, "tools": _CLAUDE_TOOLS,
    }  # fmt: skip
    async with claude_client(server) as client:
        while True:
            if streamed:
                async with client.messages.stream(messages=messages, **options) as stream:
                    made: Any = await stream.get_final_message()
            else:
                made = await client.messages.create(messages=messages, **options)
            results = _claude_results(desk, made)
            if not results:
                return _claude_text(made)
            messages += [
                {"role": "assistant", "content": made.content},
                {"role": "user", "content": results},
            ]


def claude_client(server: StandIn, **options: Any) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(base_url=server.url, api_key="made-up", **options)


async def claude_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    return await asyncio.to_thread(_claude_blocking, server, desk, streamed)


def _claude_blocking(server: StandIn, desk: Desk, streamed: bool) -> str:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    blocks: Any = [{"type": "text", "text": INSTRUCTIONS}]
    options: Any = {
        "model": CLAUDE, "max_tokens": 500, "system": blocks, "tools": _CLAUDE_TOOLS,
    }  # fmt: skip
    with anthropic.Anthropic(base_url=server.url, api_key="made-up") as client:
        while True:
            if streamed:
                with client.messages.stream(messages=messages, **options) as stream:
                    made: Any = stream.get_final_message()
            else:
                made = client.messages.create(messages=messages, **options)
            results = _claude_results(desk, made)
            if not results:
                return _claude_text(made)
            messages += [
                {"role": "assistant", "content": made.content},
                {"role": "user", "content": results},
            ]


def bedrock_client(server: StandIn) -> Any:
    return boto3.client(
        "bedrock-runtime",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
        config=Config(retries={"total_max_attempts": 1}),
    )


async def bedrock(server: StandIn, desk: Desk, streamed: bool) -> str:
    return await asyncio.to_thread(_bedrock, server, desk, streamed)


def _bedrock(server: StandIn, desk: Desk, streamed: bool) -> str:
    messages: list[Any] = [{"role": "user", "content": [{"text": QUESTION}]}]
    options: Any = {
        "modelId": BEDROCK,
        "system": [{"text": INSTRUCTIONS}],
        "toolConfig": {"tools": _BEDROCK_TOOLS},
    }
    client = bedrock_client(server)
    try:
        while True:
            if streamed:
                blocks = gathered(client.converse_stream(messages=messages, **options)["stream"])
            else:
                made = client.converse(messages=messages, **options)
                blocks = made["output"]["message"]["content"]
            uses = [block["toolUse"] for block in blocks if "toolUse" in block]
            if not uses:
                return "".join(block["text"] for block in blocks)
            results = [
                {
                    "toolUseId": use["toolUseId"],
                    "content": [{"text": desk.use(use["name"], use["input"])}],
                }
                for use in uses
            ]
            messages += [
                {"role": "assistant", "content": blocks},
                {"role": "user", "content": [{"toolResult": result} for result in results]},
            ]
    finally:
        client.close()


def gathered(stream: Any) -> list[dict[str, Any]]:
    """The blocks of a streamed reply, put together as AWS's guide does it."""
    blocks: dict[int, dict[str, Any]] = {}
    for event in stream:
        if "contentBlockStart" in event:
            start = event["contentBlockStart"]
            use = {**start["start"]["toolUse"], "input": ""}
            blocks[start["contentBlockIndex"]] = {"toolUse": use}
        elif "contentBlockDelta" in event:
            delta = event["contentBlockDelta"]
            block = blocks.setdefault(delta["contentBlockIndex"], {"text": ""})
            if "text" in delta["delta"]:
                block["text"] += delta["delta"]["text"]
            else:
                block["toolUse"]["input"] += delta["delta"]["toolUse"]["input"]
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return [blocks[place] for place in sorted(blocks)]


async def _agents(model: agents.Model, desk: Desk, streamed: bool) -> str:
    def tool(name: str) -> agents.FunctionTool:
        async def use(_: Any, arguments: str) -> str:
            return desk.use(name, json.loads(arguments))

        said, schema = TOOLS[name]
        return agents.FunctionTool(name, said, schema, use, strict_json_schema=False)

    assistant = agents.Agent(
        name="club", instructions=INSTRUCTIONS, model=model, tools=[tool(name) for name in TOOLS]
    )
    untraced = agents.RunConfig(tracing_disabled=True)
    if not streamed:
        return (await agents.Runner.run(assistant, QUESTION, run_config=untraced)).final_output
    run = agents.Runner.run_streamed(assistant, QUESTION, run_config=untraced)
    async for _ in run.stream_events():
        pass
    return run.final_output


async def agents_responses(server: StandIn, desk: Desk, streamed: bool) -> str:
    async with openai_client(server) as client:
        return await _agents(agents.OpenAIResponsesModel(GPT, client), desk, streamed)


async def agents_chat(server: StandIn, desk: Desk, streamed: bool) -> str:
    async with openai_client(server) as client:
        return await _agents(agents.OpenAIChatCompletionsModel(GPT, client), desk, streamed)


TALKS: dict[str, Talk] = {
    "openai chat": openai_chat,
    "openai chat, blocking": openai_chat_blocking,
    "openai responses": openai_responses,
    "openai responses, blocking": openai_responses_blocking,
    "anthropic": claude,
    "anthropic, blocking": claude_blocking,
    "bedrock": bedrock,
    "agents sdk responses": agents_responses,
    "agents sdk chat": agents_chat,
}
