"""What agents had answered by the time that whoever asked them was cut, or failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.errors import MessageStopped

if TYPE_CHECKING:
    from batuta.core.trace import Event

MOST = 20
"""Most answers that are told: the latest."""
_IN_TRACE = 2_000
_STOPPED = MessageStopped.__name__


@dataclass(frozen=True, kw_only=True, slots=True)
class PartialAnswer:
    """One agent's answer that went into no answer of whoever asked for it.

    Args:
        text: As much of it as a trace keeps; three dots at its end where that is not all.
    """

    agent: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """Turn into JSON-able data."""
        return {"agent": self.agent, "text": self.text}


def answers_in_hand(events: Sequence[Event], inside: str = "") -> tuple[PartialAnswer, ...]:
    """Read out of the events of what failed which agents had answered, in that order.

    What stands behind an answer that a check stopped is not told.

    Args:
        inside: Step path of the agent that failed, whose own end is not among its events.
    """
    path = f"{inside}." if inside else ""
    ended = [e for e in events if (e.kind, e.phase) == ("agent", "end") and e.span.startswith(path)]
    answered = {event.span: event for event in ended if event.error is None}
    for stopped in [f"{e.span}." for e in ended if (e.error or "").startswith(_STOPPED)]:
        answered = {span: e for span, e in answered.items() if not span.startswith(stopped)}
    return tuple(
        PartialAnswer(agent=event.name, text=_text(event))
        for event in answered.values()
        if _text(event) and not _went_on(event.span, answered)
    )[-MOST:]


def _went_on(span: str, answered: dict[str, Event]) -> bool:
    """Tell whether an answer went into that of an agent around it."""
    while span := span.rpartition(".")[0]:
        if span in answered:
            return True
    return False


def _text(event: Event) -> str:
    text: str = (event.data or {}).get("text", "").strip()
    return f"{text}…" if len(text) >= _IN_TRACE else text
