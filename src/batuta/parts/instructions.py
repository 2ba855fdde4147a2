"""What a model is given to read: instructions with the present time, and the talk so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from batuta.core.clock import zone_of
from batuta.core.message import VOLATILE, Message

if TYPE_CHECKING:
    from batuta.core.run import Run


def system_message(instructions: str, run: Run) -> Message:
    """Make a system message that says what to do and what the time is, by the run's clock.

    Within a minute it is the same message.
    """
    time = present(run)
    found = _made.get(instructions)
    if found is not None and found[0] is time:
        return found[1]
    message = Message.system(f"{instructions}{VOLATILE}{time}")
    if len(_made) >= _MOST_MADE:
        _made.clear()
    _made[instructions] = (time, message)
    return message


def present(run: Run) -> str:
    """Say what the time is by the run's clock, in its zone, with the day of the week."""
    now, zone = run.job.clock.now(), run.job.time_zone
    said = _said.get(zone)
    if said is not None and said[0] <= now < said[1]:
        return said[2]
    local = now.astimezone(zone_of(zone))
    text = f"{local:%Y-%m-%dT%H:%M} ({local:%A}), time zone {zone}"
    if local.second == now.second:  # a minute there is a minute here: all zones since 1972
        minute = now.replace(second=0, microsecond=0)
        _said[zone] = (minute, minute + _MINUTE, text)
    return text


_MINUTE = timedelta(minutes=1)
_MOST_MADE = 256
_made: dict[str, tuple[str, Message]] = {}
"""The system message of the latest instructions, with the time that it tells."""
_said: dict[str, tuple[datetime, datetime, str]] = {}
"""What was said last in each zone, with the minute in which it holds."""


def talk(history: Sequence[Message], limit: int = 6) -> list[Message]:
    """Take the last things said in words, without tool calls and results."""
    spoken = [m for m in history if m.role in ("user", "assistant") and m.text]
    return [Message(m.role, m.text) for m in spoken[-limit:]]
