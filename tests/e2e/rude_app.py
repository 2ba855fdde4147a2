"""An App whose tools sleep for two minutes, or end the process."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from batuta.app import App
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.tool import tool

HOME = Path(os.environ.get("BATUTA_HOME", "."))
_LONG_S = 120


class Caller:
    """Calls the tool that the message names."""

    name = "caller:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        last = request.messages[-1]
        if last.role == "tool":
            return ModelReply("Done.", model=self.name)
        call = ToolCall("c1", last.text, {})
        return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)


@tool
def sleep_in_thread() -> str:
    """Sleep in a thread."""
    (HOME / "asleep").touch()
    time.sleep(_LONG_S)
    return "slept"


@tool
async def sleep_in_loop() -> str:
    """Sleep where everybody works."""
    (HOME / "asleep").touch()
    time.sleep(_LONG_S)  # noqa: ASYNC251 - what nobody should do, and somebody will
    return "slept"


@tool
async def leave() -> str:
    """End the process."""
    sys.exit(7)


@tool
async def leave_aside() -> str:
    """End the process, in a task of the tool's own."""

    async def aside() -> None:
        sys.exit(7)

    task = asyncio.create_task(aside())
    await asyncio.wait({task})
    task.result()
    return "left"


app = App(
    name="rude",
    instructions="Be rude.",
    tools=(sleep_in_thread, sleep_in_loop, leave, leave_aside),
    models={"default": Caller()},
)
