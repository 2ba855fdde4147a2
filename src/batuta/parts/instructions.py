"""What a model is given to read: instructions with the present time, and the talk so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from batuta.core.message import Message

if TYPE_CHECKING:
    from batuta.core.run import Run


def system_message(instructions: str, run: Run) -> Message:
    """Make a system message that says what to do and what the time is, by the run's clock."""
    return Message.system(f"{instructions}\n\nNow: {present(run)}")


def present(run: Run) -> str:
    """Say what the time is by the run's clock, in its zone, with the day of the week."""
    job = run.job
    now = job.clock.now().astimezone(ZoneInfo(job.time_zone))
    return f"{now:%Y-%m-%dT%H:%M} ({now:%A}), time zone {job.time_zone}"


def talk(history: Sequence[Message], limit: int = 6) -> list[Message]:
    """Take the last things said in words, without tool calls and results."""
    spoken = [m for m in history if m.role in ("user", "assistant") and m.text]
    return [Message(m.role, m.text) for m in spoken[-limit:]]
