"""What settings, images and files cost who uses none of them: calls of functions, counted.

Run: ``python -m bench.unset``. Counts are exact, whatever else the machine does: one tool loop of
two model calls, warmed, every call of a function of this package by the module that it is in.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from types import FrameType
from typing import Any

from batuta import FunctionCalling, Message, ModelSettings, local_runtime, tool
from batuta.core.attachment import Attachment
from batuta.core.runtime import RunOptions
from batuta.testing import ScriptedModel, calls

PARTS: Mapping[str, tuple[str, ...]] = {
    "settings": ("core/model_settings", "core/configured_model", "vendors/"),
    "images and files": ("core/attachment", "storage/attachments", "parts/shown"),
}
_PACKAGE = "/batuta/"


@tool
async def look(at: str) -> str:
    """Look at something."""
    return f"{at} is free"


async def counted(options: RunOptions, asked: Message) -> Counter[str]:
    """Count the calls of one run, after two that warm up what is made once."""
    found: Counter[str] = Counter()

    def heard(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and _PACKAGE in (name := frame.f_code.co_filename):
            found[name.rpartition(_PACKAGE)[2]] += 1

    runtime = local_runtime(model=ScriptedModel([calls(("look", {"at": "A"})), "A."], repeat=True))
    desk = FunctionCalling(tools=[look], instructions="Look first.")
    try:
        for measured in (False, False, True):
            sys.setprofile(heard if measured else None)
            (await runtime.run(desk, asked, options)).raised()
    finally:
        sys.setprofile(None)
        await runtime.stop()
    return found


def table(found: Mapping[str, Counter[str]]) -> str:
    """Write what was counted."""
    rows = [f"| calls of functions in a run | {' | '.join(found)} |", "|---|" + "---|" * len(found)]
    for part, names in PARTS.items():
        each = [str(among(counts, names)) for counts in found.values()]
        rows.append(f"| for {part} | {' | '.join(each)} |")
    whole = [str(counts.total()) for counts in found.values()]
    return "\n".join([*rows, f"| in all | {' | '.join(whole)} |"])


def among(found: Counter[str], names: tuple[str, ...]) -> int:
    """Add up the calls of some modules."""
    return sum(count for module, count in found.items() if any(name in module for name in names))


async def measured() -> dict[str, Counter[str]]:
    """Count a run with nothing of it, one with a setting, and one with a file."""
    plain = Message.user("Is A free?")
    shown = plain.attaching(Attachment.of(b"Look at A.", name="note.txt"))
    settings = ModelSettings(temperature=0.2)
    return {
        "nothing set": await counted(RunOptions(), plain),
        "a temperature set": await counted(RunOptions(settings=settings), plain),
        "a file beside the words": await counted(RunOptions(), shown),
    }


if __name__ == "__main__":
    print(table(asyncio.run(measured())))
