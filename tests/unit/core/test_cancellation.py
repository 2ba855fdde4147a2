"""Work in a task of its own: what is cut before it began is closed, and ends nobody else."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

import pytest

from batuta.core.cancellation import ExitAttempted, begun, contained, ended


@dataclass
class NoWrites:
    writes: set[asyncio.Future[Any]] | None = None


async def _answer() -> str:
    return "done"


async def test_work_that_is_cut_before_it_began_is_closed() -> None:
    work = _answer()
    task = asyncio.get_running_loop().create_task(contained(work))  # as where none begins at once
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ended(task, NoWrites(), work)
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (SystemExit(3), r"sys\.exit\(3\) ends this call"),
        (BaseExceptionGroup("two", [SystemExit(3), ValueError("x")]), r"two \(SystemExit: 3; Val"),
    ],
    ids=["exit", "group"],
)
async def test_work_that_would_end_the_process_ends_itself(error: Any, says: str) -> None:
    async def leaves() -> None:
        await asyncio.sleep(0)
        raise error

    work = leaves()
    with pytest.raises(ExitAttempted, match=says):
        await ended(begun(work), NoWrites(), work)
