"""An App whose tools sleep for two minutes, in a thread or on the event loop itself."""

from __future__ import annotations

import os
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
        call = ToolCall("c1", f"sleep_in_{last.text}", {})
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


app = App(
    name="sleepy",
    instructions="Sleep.",
    tools=(sleep_in_thread, sleep_in_loop),
    models={"default": Caller()},
)
