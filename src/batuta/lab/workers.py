"""Has samples taken by several processes at once, as each becomes free."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batuta.errors import ConfigError
from batuta.lab.plan import SampleJob
from batuta.lab.results import Sample, Subject
from batuta.lab.worker import LENGTH, WorkerSetup, framed, unframed

if TYPE_CHECKING:
    from batuta.core.clock import Clock

Taken = Callable[[SampleJob, Sample, float | None], None]
"""Takes a sample as it comes, and the seconds from its process's start where it was the first."""
Lots = list[list[SampleJob]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workers:
    """Processes that take samples; each subject's first one is of a process of its own.

    Args:
        command: Starts one.
        count: How many work at once.
        clock: By which a cold start is told.
    """

    command: Sequence[str]
    count: int
    clock: Clock

    async def take(self, setup: WorkerSetup, lots: Lots, taken: Taken) -> None:
        """Have all lots taken; a worker's first error ends them all.

        Args:
            taken: Called with each sample as it comes.

        Raises:
            ConfigError: A worker could not go on.
        """
        left = LotsLeft(lots)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.count, len(lots))):
                    group.create_task(self._one(setup, left, taken))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _one(self, setup: WorkerSetup, left: LotsLeft, taken: Taken) -> None:
        """Take lots by processes, one after the other."""
        while left.next_one(fresh=True) is not None:
            began: float | None = self.clock.monotonic()
            async with self._process() as process:
                if process.stdin is None or process.stdout is None:
                    raise ConfigError("A worker has no streams", "Start it with pipes.")
                process.stdin.write(framed(setup))
                fresh = True
                while (lot := left.pop(fresh=fresh)) is not None:
                    fresh = False
                    process.stdin.write(framed(lot))
                    await process.stdin.drain()
                    while (row := await _row(process))[0] != "ready":
                        cold_s = None if began is None else self.clock.monotonic() - began
                        _, job, sample = row
                        taken(job, sample, cold_s)
                        began = None

    @asynccontextmanager
    async def _process(self) -> AsyncGenerator[asyncio.subprocess.Process]:
        process = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C is this process's to deal with
        )
        try:
            yield process
        finally:
            if process.stdin is not None:
                process.stdin.close()  # at which it stops its services, and ends
            try:
                async with asyncio.timeout(_ENDS_S):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


class LotsLeft:
    """Lots that are to be taken still; a subject's first is for a process that has done nothing."""

    def __init__(self, lots: Lots) -> None:
        self._left, self._begun = deque(lots), set[Subject]()

    def next_one(self, *, fresh: bool) -> list[SampleJob] | None:
        """Give the next lot that a process may have; None where there is none for it."""
        if not self._left or (not fresh and self._left[0][0].subject not in self._begun):
            return None
        return self._left[0]

    def pop(self, *, fresh: bool) -> list[SampleJob] | None:
        """Take it."""
        lot = self.next_one(fresh=fresh)
        if lot is not None:
            self._left.popleft()
            self._begun.add(lot[0].subject)
        return lot


async def _row(process: asyncio.subprocess.Process) -> tuple[Any, ...]:
    if process.stdout is None:
        raise ConfigError("A worker has no streams", "Start it with pipes.")
    try:
        head = await process.stdout.readexactly(LENGTH)
        row: tuple[Any, ...] = unframed(await process.stdout.readexactly(int.from_bytes(head)))
    except asyncio.IncompleteReadError as error:
        code = await process.wait()
        raise ConfigError(
            f"A worker that took samples has ended (exit {code})",
            "What it said stands above; the same command goes on from the last sample.",
        ) from error
    if row[0] == "error":
        raise ConfigError(row[1].removesuffix("."), row[2] or "The same command goes on.")
    return row


_ENDS_S = 10.0
