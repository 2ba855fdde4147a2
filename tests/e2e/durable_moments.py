"""Kills the process it runs in at a chosen moment of a run, and counts what really was done."""

from __future__ import annotations

import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from batuta.core.agent import is_remote
from batuta.core.run import Op, UseOp


class Moments:
    """Counts the moments of one life, and ends the process at one of them.

    Args:
        log: File that gets a line for every moment and every real call, however the life ends.
        kill_at: Number of the moment, from 1; 0 for none.
    """

    def __init__(self, log: Path, kill_at: int = 0) -> None:
        self._log, self._kill_at = log, kill_at
        self.count = 0

    def note(self, what: str) -> None:
        """Write a line that outlives the process."""
        file = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{what}\n".encode())
        finally:
            os.close(file)

    def reach(self, where: str) -> None:
        """Be at a moment; where it is the chosen one, nothing more is done."""
        self.count += 1
        self.note(f"moment {where}")
        if self.count == self._kill_at:
            self.note(f"killed {where}")
            os.kill(os.getpid(), signal.SIGKILL)


class Above:
    """Stands around the recording: after it, a step is recorded."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments

    async def _through(self, op: Op, proceed: Callable[[Any], Awaitable[Any]]) -> Any:
        if op.span == "1":
            self._moments.reach("begin of the run")
        done = await proceed(op)
        self._moments.reach(f"recorded {_what(op)}")
        return done

    ask = use = call = step = _through


class Beneath:
    """Stands between the recording and the real call: after it, it is done and not recorded."""

    def __init__(self, moments: Moments) -> None:
        self._moments = moments

    async def _through(self, op: Op, proceed: Callable[[Any], Awaitable[Any]]) -> Any:
        if isinstance(op, UseOp) and op.tool.effect == "write":
            self._moments.reach(f"before the effect of {op.name}")
        self._moments.note(f"real {_what(op)}")
        done = await proceed(op)
        self._moments.reach(f"done Use {op.name}" if isinstance(op, UseOp) else "done")
        return done

    async def call(self, op: Any, proceed: Callable[[Any], Awaitable[Any]]) -> Any:
        return await (self._through(op, proceed) if is_remote(op.agent) else proceed(op))

    ask = use = step = _through


def _what(op: Op) -> str:
    return f"{type(op).__name__.removesuffix('Op')} {op.name} {op.run.job.run_id} {op.span}"


def kept(moments: Moments, name: str, save: Callable[..., Awaitable[None]]) -> Any:
    """Stand around a store's save."""

    async def saving(*args: Any, **more: Any) -> None:
        moments.reach(f"before {name}")
        await save(*args, **more)
        moments.reach(f"after {name}")

    return saving
