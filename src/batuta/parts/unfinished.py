"""What to say where something was done and the rest failed: an effect must never go untold."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from batuta.core.message import Message
from batuta.core.principal import WRITE
from batuta.core.tool import result_text
from batuta.errors import BatutaError, ConfigError, ReplayMismatch

if TYPE_CHECKING:
    from batuta.core.run import Run
    from batuta.core.trace import Event


def said_done(events: Sequence[Event], inside: str = "") -> str:
    """Say what writing tools have done; empty where nothing was.

    Args:
        inside: Step path of the agent whose part is looked at, with those that it called.
    """
    done = "; ".join(f"{name} ({_facts(result)})" for name, result in _done(events, inside))
    return f"This is done and need not be done again: {done}." if done else ""


def with_done(text: str, run: Run) -> str:
    """Put what was done before a text that says nothing of it, such as that a loop gave up."""
    return f"{said_done(run.job.trace.events, run.path)}\n{text}".lstrip()


async def or_tell(work: Awaitable[Message], run: Run) -> Message:
    """Await an agent's answer; where it fails after something was done, tell its caller of that.

    A caller that only hears of an error would have it done again. The outermost agent's error ends
    the run and says the same to the user.

    Raises:
        BatutaError: It failed and nothing was done, or nobody called it for a task.
    """
    try:
        return await work
    except (ConfigError, ReplayMismatch):
        raise
    except BatutaError as error:
        done = said_done(run.job.trace.events, run.path)
        if not done or run.depth < _CALLED:
            raise
        run.decide("tell what was done", f"{error.code} after that", by="code")
        return Message.assistant(f"{done}\nI could not finish my answer after that. {error}")


_CALLED = 2
"""Depth from which on an agent was called by another one."""


def _done(events: Sequence[Event], inside: str) -> Iterator[tuple[str, Any]]:
    path = f"{inside}." if inside else ""
    writing: set[str] = set()
    for event in events:
        if event.kind != "tool" or event.data is None or not event.span.startswith(path):
            continue
        if event.phase == "start" and event.data.get("effect") == WRITE:
            writing.add(event.span)
        elif event.phase == "end" and event.span in writing and event.error is None:
            yield event.name, event.data.get("result")


def _facts(result: Any) -> str:
    if not isinstance(result, Mapping):
        return result_text(result)
    pairs = cast("Mapping[str, Any]", result).items()
    return ", ".join(f"{name.replace('_', ' ')} {result_text(value)}" for name, value in pairs)
