"""What to say where something was done and the rest failed: an effect must never go untold."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import Message
from batuta.core.principal import WRITE
from batuta.core.tool import result_text
from batuta.errors import BatutaError, ConfigError, ReplayMismatch

if TYPE_CHECKING:
    from batuta.core.run import Run


async def or_tell(work: Awaitable[Message], run: Run) -> Message:
    """Await an answer; where it fails after something was done, tell what was done instead.

    Raises:
        BatutaError: It failed and nothing was done, or a recording or setting is at fault.
    """
    try:
        return await work
    except (ConfigError, ReplayMismatch):
        raise
    except BatutaError as error:
        done = done_in(run)
        if not done:
            raise
        run.decide("tell what was done", f"it failed after that: {error.code}", by="code")
        said = "; ".join(f"{name} ({_facts(result)})" for name, result in done)
        return Message.assistant(
            f"This is done and need not be done again: {said}.\n"
            f"I could not finish my answer after that. {error}"
        )


def done_in(run: Run) -> list[tuple[str, Any]]:
    """List what writing tools did for this agent and those that it called: name and result."""
    inside = f"{run.path}."
    writing: set[str] = set()
    done: list[tuple[str, Any]] = []
    for event in run.job.trace.events:
        if event.kind != "tool" or not event.span.startswith(inside) or event.data is None:
            continue
        if event.phase == "start" and event.data.get("effect") == WRITE:
            writing.add(event.span)
        elif event.phase == "end" and event.span in writing and event.error is None:
            done.append((event.name, event.data.get("result")))
    return done


def _facts(result: Any) -> str:
    if not isinstance(result, Mapping):
        return result_text(result)
    pairs = cast("Mapping[str, Any]", result).items()
    return ", ".join(f"{name.replace('_', ' ')} {result_text(value)}" for name, value in pairs)
