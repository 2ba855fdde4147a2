"""An App whose model waits until a file is there, and whose tool writes one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from batuta.app import App
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.tool import tool

HOME = Path(os.environ.get("BATUTA_HOME", "."))


class Slow:
    """Marks that it was asked, waits for ``go``, then uses the tool and says so."""

    name = "slow:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        if request.messages[-1].role == "tool":
            return ModelReply("Done.", model=self.name)
        emit("Wait")
        (HOME / "asked").touch()
        while not (HOME / "go").exists():  # noqa: ASYNC110 - the file is another process's
            await asyncio.sleep(0.01)
        call = ToolCall("c1", "mark", {})
        return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)


@tool(effect="write")
async def mark() -> str:
    """Leave a mark."""
    (HOME / "marked").touch()
    return "marked"


app = App(name="slow", instructions="Wait.", tools=(mark,), models={"default": Slow()})
