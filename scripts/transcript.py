"""Write what goes over each vendor's wire with an image, an MCP server's tool, and thoughts.

Run: ``python scripts/transcript.py``. The vendors' own SDKs talk to the stand-in server over real
sockets, the MCP server is a process of its own. Behind the stand-in answers no AI but the few lines
of ``Measuring``, which read images' headers.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import struct
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from batuta import FunctionCalling, McpServer, Message, ModelSettings, local_runtime
from batuta.core.agent import started, stopped
from batuta.core.attachment import Attachment
from batuta.core.clock import FixedClock
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, Usage, ignore
from batuta.core.redaction import Secret
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.settings import Settings, VendorSettings
from batuta.standin import serve_standin
from batuta.standin.wire import Exchange, Wire

PAGE = Path(__file__).resolve().parents[1] / "docs" / "transcript.md"
THOUGHTS = "A picture of the court, and I may look at the net."
WIRES: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("OpenAI Responses", "openai:gpt-5-mini", {"reasoning_effort": "low"}, ""),
    ("Chat Completions", "compatible:qwen3-vl", {}, "vllm"),
    ("Anthropic Messages", "anthropic:claude-opus-4-6", {"reasoning_effort": "low"}, ""),
    ("Bedrock Converse", "bedrock:anthropic.claude-opus-4-6-v1:0", {"reasoning_effort": "low"}, ""),
)
HEAD = """\
# An image, an MCP tool and thoughts, on each wire

What the vendors' SDKs sent and what was heard, with `reasoning_summary="auto"`: the user shows a
picture of the court, the model thinks, looks at the net by a tool of an [MCP server](mcp.md) in a
process of its own, which gives a picture too, and answers. Long texts are cut by `…`; ids,
signatures and encrypted thoughts are left out.

The server is the [stand-in](standin.md), and behind it answers no AI: a few lines of code that read
how large an image is. Made by `python scripts/transcript.py`; a test makes it anew and compares.
"""
_LONG = re.compile(r"[A-Za-z0-9+/=]{28,}")
_ID = re.compile(r"\b(call|toolu|tooluse|rs|msg|fc|chatcmpl-tool)[_-][A-Za-z0-9_-]{6,}")
_SHORT = 90


def picture(red: int, width: int, height: int) -> bytes:
    """Draw a PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes((red, 90, 40)) * width for _ in range(height))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


COURT = Attachment.of(picture(200, 32, 18), name="court.png")
NET = picture(20, 12, 4)
SERVER = McpServer(
    name="camera",
    command=sys.executable,
    args=[str(Path(__file__).resolve()), "--camera"],
    images=True,
)
TOOLS = cast("Any", [SERVER])


def camera() -> None:
    """Be the MCP server whose tool shows the net, on standard input and output."""
    from mcp.server import MCPServer
    from mcp.server.mcpserver import Image
    from mcp_types import ToolAnnotations

    server = MCPServer("camera")

    @server.tool(annotations=ToolAnnotations(read_only_hint=True), structured_output=False)
    def look(at: str) -> list[Any]:
        """Take a picture of a part of the court."""
        return [f"A picture of the {at}:", Image(data=NET, format="png")]

    server.run("stdio")


class Measuring:
    """Looks at the net first, then says how large every image is that it was shown."""

    name = "measuring:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        """Answer by what stands in the images' headers."""
        if not any(message.role == "tool" for message in request.messages):
            call = ToolCall("call_look", "look", {"at": "net"})
            return ModelReply("", (call,), usage=Usage(1_600, 20), stop_reason="tool_calls")
        shown = [each for message in request.messages for each in message.attachments]
        sizes = [struct.unpack(">II", each.data[16:24]) for each in shown]
        text = "I was shown " + " and ".join(f"{w} by {h} pixels" for w, h in sizes) + "."
        emit(text)
        return ModelReply(text, usage=Usage(3_200, 30))


async def played(model: str, asked: dict[str, Any], like: str) -> str:
    """Have one conversation over one wire, and write it down."""
    heard: list[Event] = []
    wire = Wire(thoughts=THOUGHTS, like=like)
    async with serve_standin(Measuring(), wire) as server:
        runtime = local_runtime(model=model, settings=_settings(model, server.url))
        options = RunOptions(
            listener=heard.append,
            settings=ModelSettings(reasoning_summary="auto", **asked),
            clock=FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC)),
        )
        desk = FunctionCalling(tools=TOOLS, instructions="Say what you see.")
        said = Message.user("How large is this?").attaching(COURT)
        try:
            record = (await runtime.run(desk, said, options)).raised()
        finally:
            await runtime.stop()
        sent = _sent(server.requests[-1])
    told = dict[str, str]()
    for event in heard:
        if event.kind == "reasoning" and event.data:
            told[event.span] = told.get(event.span, "") + event.data["text"]
    used = record.usage
    counted = f"{used.reasoning_tokens:,} of them for thoughts" if used.reasoning_tokens else ""
    thought = counted or "its thoughts among them, which this wire counts apart for nobody"
    return (
        f"{sent}\n\nHeard beside the answer, as `reasoning` of each of the two calls:\n\n"
        + "".join(f"- {each}\n" for each in told.values())
        + f"\nThe answer:\n\n> {record.text}\n\n"
        f"{used.input_tokens:,} tokens in, {used.output_tokens:,} out, {thought}.\n"
    )


async def page() -> str:
    """Write the whole page."""
    made = [HEAD]
    holder = FunctionCalling(name="holder", tools=TOOLS)  # one process of the server for all
    await started(holder)
    try:
        for title, model, asked, like in WIRES:
            made.append(f"## {title}\n\n`{model}`\n\n{await played(model, asked, like)}")
    finally:
        await stopped(holder)
    return "\n".join(made)


def _settings(model: str, url: str) -> Settings:
    provider = model.partition(":")[0]
    address = url if provider in {"anthropic", "bedrock"} else f"{url}/v1"
    own = VendorSettings(key=Secret("any"), base_url=address, region="us-east-1")
    return Settings(vendors={provider: own})


def _sent(exchange: Exchange) -> str:
    """Write the last request, which holds all that came before."""
    body = {name: value for name, value in exchange.body.items() if name in _TALK}
    written = json.dumps(_shortened(body), indent=1, ensure_ascii=False)
    return f"The second request, `POST {exchange.path}`:\n\n```json\n{written}\n```"


_TALK = ("input", "messages", "reasoning", "thinking", "output_config", "outputConfig")


_SEALED = ("id", "signature", "encrypted_content")


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        held = cast("dict[str, Any]", value)
        return {k: _shortened(v) for k, v in held.items() if k not in _SEALED}
    if isinstance(value, list):
        return [_shortened(each) for each in cast("list[Any]", value)]
    if not isinstance(value, str):
        return value
    plain = _ID.sub(r"\1_…", _LONG.sub(lambda found: f"{found[0][:12]}…", value))
    return plain if len(plain) <= _SHORT else f"{plain[:_SHORT]}…"


def main() -> None:
    """Write the page."""
    PAGE.write_text(asyncio.run(page()), "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--camera"]:
        camera()
        raise SystemExit
    os.environ |= {"AWS_ACCESS_KEY_ID": "loopback", "AWS_SECRET_ACCESS_KEY": "loopback"}
    main()
