"""What a run has changed by then, in words: an effect must never go untold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.errors import MessageStopped

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Event
    from batuta.errors import BatutaError

_MOST_SAID = 200
"""Characters of an answer that an error's message tells."""


def done_text(events: Sequence[Event], inside: str = "") -> str:
    """Say what writing tools have done, and may have done; empty where nothing was.

    Args:
        inside: Step path of the agent whose part is looked at, with those that it called.
    """
    from batuta.core.effect import effects_in

    effects = effects_in(events, inside)
    done = "; ".join(effect.text for effect in effects if effect.status == "done")
    unknown = ", ".join(effect.text for effect in effects if effect.status == "unknown")
    said = f"This is done and need not be done again: {done}." if done else ""
    return f"{said} Whether this was done is not known: {unknown}.".lstrip() if unknown else said


def tell_done(error: BatutaError, events: Sequence[Event], inside: str = "") -> None:
    """Let an agent's error say what was done, and what had been answered, before it.

    So nobody has it done again, and no answer that is in hand is lost.

    Args:
        inside: As ``done_text`` takes it; whatever an error said before of a smaller part is void.
    """
    done = done_text(events, inside)
    if done or error.done:
        error.done = done
    stopped = isinstance(error, MessageStopped)
    in_hand = "" if stopped else in_hand_text(events, inside)
    if in_hand or error.in_hand:
        error.in_hand = in_hand


def in_hand_text(events: Sequence[Event], inside: str = "") -> str:
    """Say what agents had answered; empty where none had.

    Args:
        inside: As ``answers_in_hand`` takes it.
    """
    from batuta.core.in_hand import answers_in_hand

    answers = answers_in_hand(events, inside)
    said = "; ".join(f"{answer.agent}: {_short(answer.text)}" for answer in answers)
    return f"Answered by then: {said}" if said else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _MOST_SAID else f"{line[:_MOST_SAID]}…"


def with_done(text: str, run: Run) -> str:
    """Put what was done before a text that says nothing of it, such as that a loop gave up."""
    return f"{done_text(run.job.trace.inside(run.path), run.path)}\n{text}".lstrip()
