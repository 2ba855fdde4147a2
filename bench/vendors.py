"""What our mapping adds to each vendor's own SDK, on the stand-in over loopback.

    python bench/vendors.py [--calls N] [WIRE...]

Each call is made three ways, which take turns, so that a busy machine slows all: by the SDK with
the types that it makes of an answer, by the SDK with the same answer read as raw JSON, and by ours.
What is added is reckoned against raw JSON, the least that any reader of the answer must do. CPU of
this process alone: the stand-in has one of its own. Streamed replies come word by word. Also: the
CPU from a fresh interpreter to a connected model, and to the SDK's client.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Any, NamedTuple

from pydantic_core import from_json

from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.core.redaction import Secret
from batuta.models.vendors import VendorAccess, VendorModel

AIM_PERCENT = {"plain": 12.0, "streamed": 20.0}
AIM_START = 1.2
SYSTEM = "You are the desk of a tennis club. Be brief."
SAID = "Hello"
DESCRIPTION = "Do something at the club."
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"court": {"type": "string"}, "start": {"type": "string"}},
    "required": ["court", "start"],
    "additionalProperties": False,
}
NAMES = [f"tool_{n}" for n in range(4)]
REQUEST = ModelRequest(
    [Message.system(SYSTEM), Message.user(SAID)],
    [ToolSchema(name, DESCRIPTION, SCHEMA) for name in NAMES],
)
Call = Callable[[], Awaitable[object]]


class Trio(NamedTuple):
    """One vendor's call: with the SDK's types, with raw JSON, and by our mapping."""

    name: str
    typed: Call
    raw: Call
    ours: Call


@contextmanager
def standin() -> Generator[str]:
    """Run the stand-in in a process of its own; give its address."""
    code = "from batuta.cli import main; main()"
    command = [sys.executable, "-c", code, "standin", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.terminate()


def drop(piece: str) -> None:
    """Take streamed text as a listener would."""


def ours(name: str, url: str, *, streamed: bool) -> Call:
    """Make a call by our mapping."""
    access = VendorAccess(key=Secret("sk-loopback"), base_url=url, region="us-east-1")
    model = VendorModel(name, access)
    return (lambda: model.reply(REQUEST, drop)) if streamed else (lambda: model.reply(REQUEST))


def sdk_calls(resource: Any, asked: dict[str, Any], more: dict[str, Any]) -> list[Call]:
    """Make the calls of an SDK of OpenAI's kind: typed, raw, and both streamed."""

    async def typed() -> None:
        await resource.create(**asked)

    async def raw() -> None:
        answer = await resource.with_raw_response.create(**asked)
        from_json(answer.http_response.content)

    async def typed_stream() -> None:
        async for _ in await resource.create(**asked, **more, stream=True):
            pass

    async def raw_stream() -> None:
        made = resource.with_streaming_response.create(**asked, **more, stream=True)
        async with made as answer:
            async for line in answer.iter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    from_json(line[6:])

    return [typed, raw, typed_stream, raw_stream]


def trios(calls: list[Call], name: str, url: str) -> list[Trio]:
    """Put a wire's calls beside ours."""
    typed, raw, typed_stream, raw_stream = calls
    wire = name.partition(":")[0]
    return [
        Trio(f"{wire}, plain", typed, raw, ours(name, url, streamed=False)),
        Trio(f"{wire}, streamed", typed_stream, raw_stream, ours(name, url, streamed=True)),
    ]


def openai_trios(url: str) -> list[Trio]:
    """Make the calls of OpenAI's two APIs."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="sk-loopback", base_url=f"{url}/v1", max_retries=0)
    talk: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": SAID}]
    about: dict[str, Any] = {"description": DESCRIPTION, "parameters": SCHEMA, "strict": True}
    flat: Any = [{"type": "function", "name": n, **about} for n in NAMES]
    nested: Any = [{"type": "function", "function": {"name": n, **about}} for n in NAMES]
    responses = {
        "model": "gpt-5-mini", "input": talk, "tools": flat, "max_output_tokens": 2048,
        "store": False, "tool_choice": "auto", "include": ["reasoning.encrypted_content"],
    }  # fmt: skip
    chat = {
        "model": "gpt-5-mini", "messages": talk, "tools": nested, "tool_choice": "auto",
        "max_completion_tokens": 2048,
    }  # fmt: skip
    usage = {"stream_options": {"include_usage": True}}
    first = sdk_calls(client.responses, responses, {})
    second = sdk_calls(client.chat.completions, chat, usage)
    v1 = f"{url}/v1"
    return [
        *trios(first, "openai:gpt-5-mini", v1),
        *trios(second, "openai-chat:gpt-5-mini", v1),
    ]


def anthropic_trios(url: str) -> list[Trio]:
    """Make the calls of Anthropic Messages."""
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(api_key="sk-loopback", base_url=url, max_retries=0)
    tools = [{"name": n, "description": DESCRIPTION, "input_schema": SCHEMA} for n in NAMES]
    asked = {
        "model": "claude-haiku-4-5", "max_tokens": 2048, "system": SYSTEM, "tools": tools,
        "messages": [{"role": "user", "content": [{"type": "text", "text": SAID}]}],
    }  # fmt: skip
    calls = sdk_calls(client.messages, asked, {})
    return trios(calls, "anthropic:claude-haiku-4-5", url)


def bedrock_trios(url: str) -> list[Trio]:
    """Make the calls of Bedrock Converse; the SDK's in a thread, as asyncio wants it."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    sdk: Any = boto3
    client = sdk.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url)
    tools = [
        {"toolSpec": {"name": n, "description": DESCRIPTION, "inputSchema": {"json": SCHEMA}}}
        for n in NAMES
    ]
    model = "anthropic.claude-haiku-4-5-20251001-v1:0"
    asked: dict[str, Any] = {
        "modelId": model, "system": [{"text": SYSTEM}], "toolConfig": {"tools": tools},
        "messages": [{"role": "user", "content": [{"text": SAID}]}],
        "inferenceConfig": {"maxTokens": 2048},
    }  # fmt: skip

    async def plain() -> None:
        await asyncio.to_thread(client.converse, **asked)

    async def typed_stream() -> None:
        await asyncio.to_thread(lambda: list(client.converse_stream(**asked)["stream"]))

    def read() -> None:
        for event in client.converse_stream(**asked)["stream"]._event_generator:  # noqa: SLF001
            from_json(event.payload)

    async def raw_stream() -> None:
        await asyncio.to_thread(read)

    calls: list[Call] = [plain, plain, typed_stream, raw_stream]
    return trios(calls, f"bedrock:{model}", url)


async def cpu_ms(call: Call) -> float:
    """Measure the CPU of one call."""
    began = time.process_time()
    await call()
    return (time.process_time() - began) * 1_000


async def measure(trio: Trio, calls: int) -> tuple[float, float, float]:
    """Give the CPU of each way: lower quartiles, which a busy machine spares."""
    ways = trio[1:]
    for _ in range(20):
        for way in ways:
            await way()
    taken = [[await cpu_ms(way) for way in ways] for _ in range(calls)]
    typed, raw, mine = (statistics.quantiles(way, n=4)[0] for way in zip(*taken, strict=True))
    return typed, raw, mine


STARTS = {
    "openai": "import openai\nopenai.AsyncOpenAI(api_key='k', base_url=url)",
    "openai-chat": "import openai\nopenai.AsyncOpenAI(api_key='k', base_url=url)",
    "anthropic": "import anthropic\nanthropic.AsyncAnthropic(api_key='k', base_url=url)",
    "bedrock": "import botocore.session\nbotocore.session.Session().create_client("
    "'bedrock-runtime', region_name='us-east-1', endpoint_url=url)",
}
OURS = """from batuta.core.redaction import Secret
from batuta.models.vendors import VendorAccess
from batuta.models.vendors.connection import VendorConnection
access = VendorAccess(key=Secret('k'), base_url=url, region='us-east-1')
VendorConnection(name, access, asyncio.new_event_loop())"""


def start_s(code: str, name: str, url: str) -> float:
    """Measure the CPU seconds that code takes in a fresh interpreter that has asyncio."""
    whole = (
        f"import asyncio, time; began = time.process_time(); url = {url!r}; name = {name!r}\n"
        f"{code}\nprint(time.process_time() - began)"
    )
    command = [sys.executable, "-W", "ignore", "-c", whole]
    times = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for _ in range(5)
    ]
    return min(times)


async def calls_table(url: str, calls: int, wires: list[str]) -> bool:
    """Print what calls take; say whether an aim is missed."""
    missed = False
    print(
        f"{'CPU per call, ms':22} {'typed':>7} {'raw':>7} {'ours':>7} {'to typed':>9} {'added':>7}"
    )
    for trio in (*openai_trios(url), *anthropic_trios(url), *bedrock_trios(url)):
        wire, _, how = trio.name.partition(", ")
        if wires and wire not in wires:
            continue
        typed, raw, mine = await measure(trio, calls)
        added, aim = (mine / raw - 1) * 100, AIM_PERCENT[how]
        missed = missed or added > aim
        verdict = f"  aim {aim:.0f} % MISSED" if added > aim else ""
        beside = (mine / typed - 1) * 100
        figures = f"{typed:7.2f} {raw:7.2f} {mine:7.2f} {beside:+8.0f}% {added:+6.0f}%"
        print(f"{trio.name:22} {figures}{verdict}", flush=True)
    return missed


def starts_table(url: str, wires: list[str]) -> bool:
    """Print what connecting takes; say whether an aim is missed."""
    missed = False
    print("\nCPU seconds to a client, import included: the SDK's, ours")
    for wire, code in STARTS.items():
        if wires and wire not in wires:
            continue
        sdk, mine = start_s(code, "", url), start_s(OURS, f"{wire}:anthropic.x", url)
        missed = missed or mine > AIM_START * sdk
        verdict = f"  aim {AIM_START} MISSED" if mine > AIM_START * sdk else ""
        print(f"{wire:22} {sdk:7.2f} {mine:7.2f} {mine / sdk:7.2f}{verdict}", flush=True)
    return missed


async def main(calls: int, wires: list[str]) -> int:
    """Print all figures; give 1 where an aim is missed."""
    with standin() as url:
        late = await calls_table(url, calls, wires)
        slow = starts_table(url, wires)
    return int(late or slow)


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "loopback")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "loopback")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("wires", nargs="*", help="only these")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.calls, given.wires)))
