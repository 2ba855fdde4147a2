"""What a run has changed by then, in words: an effect must never go untold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.principal import WRITE
from batuta.core.tool import result_text

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Event
    from batuta.errors import BatutaError


def done_text(events: Sequence[Event], inside: str = "") -> str:
    """Say what writing tools have done; empty where nothing was.

    Args:
        inside: Step path of the agent whose part is looked at, with those that it called.
    """
    done = "; ".join(f"{name} ({_facts(result)})" for name, result in _done(events, inside))
    return f"This is done and need not be done again: {done}." if done else ""


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


def _done(events: Sequence[Event], inside: str) -> Iterator[tuple[str, Any]]:
    path = f"{inside}." if inside else ""
    writing: set[str] = set()
    for event in events:
        if event.kind != "tool" or not event.span.startswith(path):
            continue
        data = event.data or {}
        if event.phase == "start" and data.get("effect") == WRITE:
            writing.add(event.span)
        elif event.phase == "end" and event.span in writing and event.error is None:
            yield event.name, data.get("result")


def _facts(result: Any) -> str:
    if not isinstance(result, Mapping):
        return result_text(result)
    pairs = cast("Mapping[str, Any]", result).items()
    return ", ".join(f"{name.replace('_', ' ')} {result_text(value)}" for name, value in pairs)
