"""Faults in a process that is told by a folder what shall strike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from batuta import FunctionAgent, Message, Run, tool
from batuta.core.clock import ManualClock
from batuta.errors import ToolFailed
from batuta.faults import ToldClock, ToldFaultLayer, ToldFaults, fault_plan, tell_faults
from batuta.wiring import local_runtime
from batuta.wiring.faults import fault_layers

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@tool
def look() -> str:
    """Look."""
    return "seen"


async def answer(message: Message, run: Run) -> Message:
    del message
    try:
        return Message.assistant(str(await run.use(look, {})))
    except ToolFailed as error:
        return Message.assistant(f"failed: {error}")


class Process:
    """What a process of its own has: agents, and faults that a folder tells of."""

    def __init__(self, folder: Path) -> None:
        self.told = ToldFaults(folder=folder)
        self.clock = ToldClock(ManualClock(NOON), self.told)
        self.runtime = local_runtime(beneath=(ToldFaultLayer(self.told),), clock=self.clock)
        self.runtime.register(FunctionAgent(name="looker", answer=answer))

    async def says(self) -> str:
        """Ask it."""
        return (await self.runtime.run("looker", Message.user("Look."))).text


async def test_what_shall_strike_is_read_again_whenever_it_changes(tmp_path: Path) -> None:
    process = Process(tmp_path)
    assert await process.says() == "seen"
    tell_faults(tmp_path, "tool-error", seed=1)
    assert (await process.says()).startswith("failed")
    assert await process.says() == "seen"  # it strikes once
    tell_faults(tmp_path, "tool-error", seed=2)
    assert (await process.says()).startswith("failed")
    tell_faults(tmp_path, "", seed=3)
    assert await process.says() == "seen"


async def test_what_strikes_once_strikes_once_in_all_processes(tmp_path: Path) -> None:
    marks = tell_faults(tmp_path, "tool-error", seed=1)
    said = [await Process(tmp_path).says() for _ in range(3)]
    assert [text.startswith("failed") for text in said] == [True, False, False]
    assert [(each.name, each.at) for each in marks.struck()] == [("tool-error", "look")]
    here = local_runtime(beneath=fault_layers(fault_plan("tool-error", seed=1, shared=marks), ()))
    here.register(FunctionAgent(name="looker", answer=answer))  # nor where they are told
    assert (await here.run("looker", Message.user("Look."))).text == "seen"


async def test_a_clock_is_set_by_what_is_told_and_back_for_the_next(tmp_path: Path) -> None:
    process = Process(tmp_path)
    tell_faults(tmp_path, "clock-jump", seed=1)
    assert process.clock.now() == NOON
    await process.says()
    assert process.clock.now() == NOON + timedelta(days=1)
    tell_faults(tmp_path, "", seed=2)
    assert process.clock.now() == NOON
