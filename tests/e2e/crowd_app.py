"""An App that is told what to do: answer, wait for ``go``, or use a plain tool that does either."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from batuta.app import App
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.tool import tool

HOME = Path(os.environ.get("BATUTA_HOME", "."))
GO = HOME / "go"


class Told:
    """Does what the user says: ``hello``, ``wait``, ``use quick`` or ``use slow``."""

    name = "told:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        last = request.messages[-1]
        word, _, which = last.text.partition(" ")
        if last.role == "user" and word == "use":
            call = ToolCall("c1", which, {})
            return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)
        while word == "wait" and not GO.exists():  # noqa: ASYNC110 - the file is another process's
            await asyncio.sleep(0.01)
        return ModelReply("Done.", model=self.name)


@tool
def quick() -> str:
    """Answer at once."""
    return "quick"


@tool
def slow() -> str:
    """Answer once the file is there."""
    while not GO.exists():
        time.sleep(0.01)
    return "slow"


app = App(name="crowd", instructions="Do it.", tools=(quick, slow), models={"default": Told()})
