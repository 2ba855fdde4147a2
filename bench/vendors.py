"""What the vendors' adapter adds to each vendor's own SDK, on the stand-in over loopback.

    python bench/vendors.py [--calls N]

CPU of this process alone: the stand-in has one of its own. Bare and adapted calls take turns, so
that a busy machine slows both; streamed replies come word by word. Also: the seconds from a fresh
interpreter to a connected model.
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

from batuta.core.message import Message
from batuta.core.model import ModelRequest, ToolSchema
from batuta.core.redaction import Secret
from batuta.models.vendors import VendorAccess, VendorModel

AIM_PERCENT = 30.0
SYSTEM = "You are the desk of a tennis club. Be brief."
SAID = "Hello"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"court": {"type": "string"}, "start": {"type": "string"}},
    "required": ["court", "start"],
    "additionalProperties": False,
}
NAMES = [f"tool_{n}" for n in range(4)]
REQUEST = ModelRequest(
    [Message.system(SYSTEM), Message.user(SAID)],
    [ToolSchema(name, "Do something at the club.", SCHEMA) for name in NAMES],
)
Call = Callable[[], Awaitable[object]]


class Pair(NamedTuple):
    """One vendor's call, bare and adapted."""

    name: str
    bare: Call
    adapted: Call


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


def adapted(name: str, url: str, *, streamed: bool) -> Call:
    """Make a call through the adapter."""
    access = VendorAccess(key=Secret("sk-loopback"), base_url=url, region="us-east-1")
    model = VendorModel(name, access)
    return (lambda: model.reply(REQUEST, drop)) if streamed else (lambda: model.reply(REQUEST))


def openai_pairs(url: str) -> list[Pair]:
    """Make the calls of OpenAI's two APIs."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="sk-loopback", base_url=f"{url}/v1", max_retries=0)
    talk: Any = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": SAID}]
    about: dict[str, Any] = {"description": "Do something at the club.", "parameters": SCHEMA}
    flat: Any = [{"type": "function", "name": n, "strict": True, **about} for n in NAMES]
    nested: Any = [
        {"type": "function", "function": {"name": n, "strict": True, **about}} for n in NAMES
    ]

    async def responses() -> None:
        await client.responses.create(
            model="gpt-5-mini", input=talk, tools=flat, max_output_tokens=2048, store=False
        )

    async def responses_streamed() -> None:
        stream: Any = await client.responses.create(
            model="gpt-5-mini", input=talk, tools=flat, max_output_tokens=2048, store=False,
            stream=True,
        )  # fmt: skip
        async for _ in stream:
            pass

    async def chat() -> None:
        await client.chat.completions.create(
            model="gpt-5-mini", messages=talk, tools=nested, max_completion_tokens=2048
        )

    async def chat_streamed() -> None:
        stream: Any = await client.chat.completions.create(
            model="gpt-5-mini", messages=talk, tools=nested, max_completion_tokens=2048,
            stream=True, stream_options={"include_usage": True},
        )  # fmt: skip
        async for _ in stream:
            pass

    v1 = f"{url}/v1"
    names = ("openai:gpt-5-mini", "openai-chat:gpt-5-mini")
    return [
        Pair("openai", responses, adapted(names[0], v1, streamed=False)),
        Pair("openai, streamed", responses_streamed, adapted(names[0], v1, streamed=True)),
        Pair("openai-chat", chat, adapted(names[1], v1, streamed=False)),
        Pair("openai-chat, streamed", chat_streamed, adapted(names[1], v1, streamed=True)),
    ]


def anthropic_pairs(url: str) -> list[Pair]:
    """Make the calls of Anthropic Messages."""
    from anthropic import AsyncAnthropic

    client = AsyncAnthropic(api_key="sk-loopback", base_url=url, max_retries=0)
    tools: Any = [
        {"name": n, "description": "Do something at the club.", "input_schema": SCHEMA}
        for n in NAMES
    ]
    asked: dict[str, Any] = {
        "model": "claude-haiku-4-5", "max_tokens": 2048, "system": SYSTEM, "tools": tools,
        "messages": [{"role": "user", "content": SAID}],
    }  # fmt: skip

    async def plain() -> None:
        await client.messages.create(**asked)

    async def streamed() -> None:
        async for _ in await client.messages.create(**asked, stream=True):
            pass

    name = "anthropic:claude-haiku-4-5"
    return [
        Pair("anthropic", plain, adapted(name, url, streamed=False)),
        Pair("anthropic, streamed", streamed, adapted(name, url, streamed=True)),
    ]


def bedrock_pairs(url: str) -> list[Pair]:
    """Make the calls of Bedrock Converse; bare ones in a thread, as asyncio wants it."""
    import boto3  # pyright: ignore[reportMissingTypeStubs]

    sdk: Any = boto3
    client = sdk.client("bedrock-runtime", region_name="us-east-1", endpoint_url=url)
    tools = [
        {"toolSpec": {"name": n, "description": "Do something.", "inputSchema": {"json": SCHEMA}}}
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

    async def streamed() -> None:
        await asyncio.to_thread(lambda: list(client.converse_stream(**asked)["stream"]))

    return [
        Pair("bedrock", plain, adapted(f"bedrock:{model}", url, streamed=False)),
        Pair("bedrock, streamed", streamed, adapted(f"bedrock:{model}", url, streamed=True)),
    ]


async def cpu_ms(call: Call) -> float:
    """Measure the CPU of one call."""
    began = time.process_time()
    await call()
    return (time.process_time() - began) * 1_000


async def measure(pair: Pair, calls: int) -> tuple[float, float]:
    """Give the CPU of a bare and an adapted call: lower quartiles, which a busy machine spares."""
    for _ in range(20):
        await pair.bare()
        await pair.adapted()
    taken = [(await cpu_ms(pair.bare), await cpu_ms(pair.adapted)) for _ in range(calls)]
    bare, ours = (statistics.quantiles(column, n=4)[0] for column in zip(*taken, strict=True))
    return bare, ours


def start_s(name: str, url: str) -> float:
    """Measure the seconds from a fresh interpreter to a model that is connected."""
    code = (
        "import asyncio, time; began = time.perf_counter()\n"
        "from batuta.core.redaction import Secret\n"
        "from batuta.models.vendors import VendorAccess, VendorModel\n"
        "from batuta.models.vendors.connection import Line\n"
        f"access = VendorAccess(key=Secret('k'), base_url={url!r}, region='us-east-1')\n"
        f"Line({name!r}, access, asyncio.new_event_loop())\n"
        "print(time.perf_counter() - began)"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    times = [
        float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for _ in range(3)
    ]
    return min(times)


async def main(calls: int) -> int:
    """Print all figures; give 1 where OpenAI's aim is missed, whole or streamed."""
    missed = False
    with standin() as url:
        print(f"{'CPU per call':24} {'SDK ms':>8} {'ours ms':>8} {'added':>7}")
        for pair in (*openai_pairs(url), *anthropic_pairs(url), *bedrock_pairs(url)):
            bare, ours = await measure(pair, calls)
            added = (ours / bare - 1) * 100
            late = pair.name.startswith("openai") and added > AIM_PERCENT
            missed = missed or late
            verdict = f"  aim {AIM_PERCENT:.0f}% MISSED" if late else ""
            print(f"{pair.name:24} {bare:8.2f} {ours:8.2f} {added:6.0f}%{verdict}")
        print("\nSeconds to a connected model, import included")
        for name in ("openai:x", "openai-chat:x", "anthropic:x", "bedrock:x.y", "compatible:x"):
            print(f"{name.partition(':')[0]:24} {start_s(name, url):8.2f}")
    return int(missed)


if __name__ == "__main__":
    os.environ.setdefault("AWS_ACCESS_KEY_ID", "loopback")
    os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "loopback")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=300)
    sys.exit(asyncio.run(main(parser.parse_args().calls)))
