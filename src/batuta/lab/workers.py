"""Has samples taken by several processes at once, as each becomes free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from batuta.errors import ConfigError
from batuta.lab.plan import SampleJob
from batuta.lab.results import Sample
from batuta.lab.worker import LENGTH, WorkerSetup, framed, unframed

Taken = Callable[[SampleJob, Sample], None]
Lots = list[list[SampleJob]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Workers:
    """Processes that take samples.

    Args:
        command: Starts one.
        count: How many work at once.
    """

    command: Sequence[str]
    count: int

    async def take(self, setup: WorkerSetup, lots: Lots, taken: Taken) -> None:
        """Have all lots taken; a worker's first error ends them all.

        Args:
            taken: Called with each sample as it comes.

        Raises:
            ConfigError: A worker could not go on.
        """
        left = list(lots)
        left.reverse()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self.count, len(lots))):
                    group.create_task(self._one(setup, left, taken))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def _one(self, setup: WorkerSetup, left: Lots, taken: Taken) -> None:
        async with self._process() as process:
            if process.stdin is None or process.stdout is None:
                raise ConfigError("A worker has no streams", "Start it with pipes.")
            process.stdin.write(framed(setup))
            while left:
                process.stdin.write(framed(left.pop()))
                await process.stdin.drain()
                while (row := await _row(process))[0] != "ready":
                    taken(*row[1:])

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
