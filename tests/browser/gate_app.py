"""An App that waits when it is told to, speaks in HTML, and asks before it writes."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from batuta.app import App, StoreTable
from batuta.core.message import ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.tool import Approve, AskPerson, ToolUse, Verdict, tool

HOME = Path(os.environ.get("BATUTA_HOME", "."))
HTML = (
    "<img src=x onerror=document.title='broken'><script>document.title='broken'</script><b>no</b>"
)


class Gate:
    """``wait for NAME`` waits for a file of that name, ``mark`` uses the tool, else it is HTML."""

    name = "gate:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        last = request.messages[-1]
        if last.role == "tool":
            return ModelReply(f"Marked, and {HTML}", model=self.name)
        first, _, rest = last.text.partition(" ")
        if first == "wait":
            emit("Waiting at the gate. ")
            while not (HOME / rest.split()[-1]).exists():  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.01)
            emit("It is open.")
            return ModelReply("Waiting at the gate. It is open.", model=self.name)
        if first == "mark":
            call = ToolCall("c1", "mark", {"what": rest})
            return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)
        return ModelReply(HTML, model=self.name)


@tool(effect="write")
async def mark(what: str) -> str:
    """Leave a mark."""
    (HOME / "marks").write_text(what)
    return f"{HTML} {what}"


async def ask_first(use: ToolUse) -> Verdict:
    if use.tool.effect == "write":
        return AskPerson("ana", f"May it mark {use.arguments['what']}?")
    return Approve()


async def marks(_principal_id: str | None) -> list[StoreTable]:
    """Show the mark that was left."""
    file = HOME / "marks"
    rows = [(file.read_text(),)] if file.exists() else []
    return [StoreTable(name="marks", columns=("what",), rows=rows)]


app = App(
    name="gate",
    title=f"The gate {HTML[:12]}",
    instructions="Wait.",
    tools=(mark,),
    models={"default": Gate()},
    hooks=(ask_first,),
    suggestions=("wait for nothing", HTML),
    store_view=marks,
)
