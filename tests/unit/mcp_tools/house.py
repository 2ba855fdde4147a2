"""MCP servers for the tests of this folder, and what they were told."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from batuta import FunctionAgent, McpServer, Message, Run, RunOptions, RunRecord, ScriptedModel
from batuta.runtimes.local import LocalRuntime
from batuta.wiring import local_runtime
from tests.patience import LONG_S, scaled

SCRIPT = Path(__file__).parents[2] / "mcp_server.py"


def server(folder: Path, **options: Any) -> McpServer:
    """Give the server by hand, which notes what it hears in the folder."""
    given: dict[str, Any] = {
        "command": sys.executable,
        "args": [str(SCRIPT), str(folder / "heard.jsonl")],
        "timeout_s": scaled(LONG_S),
        "connect_timeout_s": scaled(LONG_S),
    }
    return McpServer(name="weather", **{**given, **options})


def heard(folder: Path, method: str = "") -> list[dict[str, Any]]:
    """Read what it was told."""
    file = folder / "heard.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [m for m in map(json.loads, lines) if not method or m["method"] == method]


async def within(work: Callable[[], object]) -> Any:
    """Wait until something is there."""
    async with asyncio.timeout(scaled(LONG_S)):
        while not (found := work()):  # noqa: ASYNC110 - another process writes a file
            await asyncio.sleep(0.01)
    return found


async def ran(
    work: Callable[[Run], Awaitable[object]], options: RunOptions | None = None
) -> tuple[RunRecord, LocalRuntime]:
    """Run a step of plain code."""

    async def answer(_: Message, run: Run) -> Message:
        return Message.assistant(str(await work(run)))

    runtime = local_runtime(model=ScriptedModel([]))
    record = await runtime.run(
        FunctionAgent(name="step", answer=answer), Message.user("go"), options
    )
    return record, runtime


async def used(source: McpServer, name: str, **arguments: Any) -> RunRecord:
    """Use one tool in a run of its own."""

    async def work(run: Run) -> object:
        return await run.use(await source.tool(name), arguments)

    record, _ = await ran(work)
    return record
