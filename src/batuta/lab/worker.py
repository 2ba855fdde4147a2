"""A process that takes samples for another one, which tells it what to take on its standard input.

What it writes is frames of pickled rows, on what was its standard output; whatever an App prints
goes to standard error. It ends when its input does: with whoever started it.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from batuta.errors import BatutaError, ConfigError
from batuta.lab.plan import ComparisonPlan, SampleJob
from batuta.lab.stands import Stand, StandParts

if TYPE_CHECKING:
    from batuta.settings import Settings

LENGTH = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerSetup:
    """What a worker is told first."""

    plan: ComparisonPlan
    settings: Settings


OpenParts = Callable[[WorkerSetup], Awaitable[StandParts]]


def framed(row: Any) -> bytes:
    """Write a row as a frame: its length, then it. It goes between processes of one comparison."""
    packed = pickle.dumps(row)
    return len(packed).to_bytes(LENGTH) + packed


def unframed(packed: bytes) -> Any:
    """Read what ``framed`` wrote behind its length."""
    return pickle.loads(packed)  # noqa: S301 - from a process that this one started, or was by


def serve_worker(open_parts: OpenParts) -> None:
    """Take samples until there is nothing more to take."""
    told, out = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        asyncio.run(_serve(open_parts, told, out))
    except BatutaError as error:
        what, mend = (
            (error.what, error.mend) if isinstance(error, ConfigError) else (f"{error}", "")
        )
        out.write(framed(("error", what, mend)))
        out.flush()
    except BrokenPipeError:  # whoever started this has gone: nobody is left to tell
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, out.fileno())
        os.close(nowhere)


async def _serve(open_parts: OpenParts, told: BinaryIO, out: BinaryIO) -> None:
    setup = await asyncio.to_thread(_frame, told)
    if setup is None:
        return
    parts = await open_parts(setup)
    try:
        while (lot := await asyncio.to_thread(_frame, told)) is not None:
            await _take(parts, lot, out)
            out.write(framed(("ready",)))
            out.flush()
    finally:
        if parts.app.close is not None:
            await parts.app.close()


async def _take(parts: StandParts, lot: Sequence[SampleJob], out: BinaryIO) -> None:
    async with Stand(parts, lot[0].subject) as stand:
        for job in lot:
            out.write(framed(("sample", job, await stand.sample(job))))
            out.flush()  # whoever has gone is noticed here


def _frame(told: BinaryIO) -> Any:
    head = told.read(LENGTH)
    if len(head) < LENGTH:
        return None
    return unframed(told.read(int.from_bytes(head)))
