"""What a run has changed by then, in words: an effect must never go untold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.effect import effects_in

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Event
    from batuta.errors import BatutaError


def done_text(events: Sequence[Event], inside: str = "") -> str:
    """Say what writing tools have done, and may have done; empty where nothing was.

    Args:
        inside: Step path of the agent whose part is looked at, with those that it called.
    """
    effects = effects_in(events, inside)
    done = "; ".join(effect.text for effect in effects if effect.status == "done")
    unknown = ", ".join(effect.text for effect in effects if effect.status == "unknown")
    said = f"This is done and need not be done again: {done}." if done else ""
    return f"{said} Whether this was done is not known: {unknown}.".lstrip() if unknown else said


def tell_done(error: BatutaError, events: Sequence[Event], inside: str = "") -> None:
    """Let an agent's error say what was done before it, so that nobody has it done again.

    Args:
        inside: As ``done_text`` takes it; whatever an error said before of a smaller part is void.
    """
    done = done_text(events, inside)
    if done or error.done:
        error.done = done


def with_done(text: str, run: Run) -> str:
    """Put what was done before a text that says nothing of it, such as that a loop gave up."""
    return f"{done_text(run.job.trace.inside(run.path), run.path)}\n{text}".lstrip()
