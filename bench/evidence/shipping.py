"""Whether a step of C can be shipped while requests come: its process gives way to a new one."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from batuta.core.redaction import Secret
from batuta.lab.report.words import estimate_text
from batuta.lab.stands import NOW
from batuta.lab.statistics import wilson
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app
from bench.evidence.finding import OFFLINE, Finding

STEP, OTHERS = "availability", ("parse", "choose", "book", "confirm")
ASKED = "Book a court tomorrow at 3pm"
TALKERS, SHIPPED, BETWEEN = 2, 6, 10


@dataclass(frozen=True, kw_only=True)
class Service:
    """A process that hosts steps."""

    process: Process
    address: str


@dataclass
class Count:
    """What became of the requests."""

    served: int = 0
    failed: int = 0
    ended: asyncio.Queue[bool] = field(default_factory=asyncio.Queue[bool])

    async def more(self, requests: int) -> None:
        """Wait until so many more of them ended."""
        for _ in range(requests):
            self.add(was_served=await self.ended.get())

    def add(self, *, was_served: bool) -> None:
        """Count one."""
        self.served += was_served
        self.failed += not was_served


async def findings() -> Sequence[Finding]:
    """Ship a step again and again under load."""
    count = await shipped()
    asked = count.served + count.failed
    share = wilson(count.failed, asked)
    return [
        Finding(
            number=13,
            measure=f"one step's process of C is replaced {SHIPPED} times at its addresses, the "
            f"new one ready before the old one is told to stop, under {TALKERS} talkers: requests "
            "that fail",
            figure=f"{count.failed} of {asked}" + (f", {estimate_text(share)}" if share else ""),
            model=OFFLINE,
            verdict="holds" if not count.failed else "in part",
            note="the other steps' processes run on; who may ship, and how often, is not measured",
        )
    ]


async def shipped() -> Count:
    """Hold conversations while the step's process gives way to another, and back."""
    count = Count()
    with TemporaryDirectory() as home:
        secret = secrets.token_hex(32)
        environment = {**os.environ, "BATUTA_HOME": home, "BATUTA_SECRET": secret}
        async with AsyncExitStack() as running:
            others = await running.enter_async_context(service(OTHERS, environment))
            old = await running.enter_async_context(service((STEP,), environment))
            spare = await running.enter_async_context(service((STEP,), environment))
            where = dict.fromkeys(OTHERS, (others.address,)) | {STEP: (old.address, spare.address)}
            settings = Settings(
                home=Path(home), now=NOW, secret=Secret(secret), placement={"c": where}
            )
            await _stop(spare.process)
            app = await open_app("tennis", settings)
            async with Assistants(app, settings) as assistants, asyncio.TaskGroup() as talkers:
                talking = [talkers.create_task(_talk(assistants, count)) for _ in range(TALKERS)]
                away = spare
                for _ in range(SHIPPED):
                    await count.more(BETWEEN)
                    new = await running.enter_async_context(
                        service((STEP,), environment, port=away.address.rpartition(":")[2])
                    )
                    await count.more(BETWEEN)
                    await _stop(old.process)
                    old, away = new, old
                await count.more(BETWEEN)
                for each in talking:
                    each.cancel()
    while not count.ended.empty():
        count.add(was_served=count.ended.get_nowait())
    return count


async def _talk(assistants: Assistants, count: Count) -> None:
    """Ask again and again, each time somebody new."""
    c = await assistants.style("c")
    while True:
        record = await c.chat(ASKED)
        await count.ended.put(record.reply is not None)


@asynccontextmanager
async def service(
    steps: Sequence[str], environment: dict[str, str], *, port: str = "0"
) -> AsyncGenerator[Service]:
    """Run a process with some of C's steps while the block lasts, or until it is told to stop."""
    words = ["-m", "batuta", "host", f"tennis:{','.join(steps)}", "--style", "c", "--port", port]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, "--now", NOW, stdout=PIPE, stderr=DEVNULL, env=environment
    )
    try:
        told = json.loads(await _first_line(process))
        yield Service(process=process, address=told["address"])
    finally:
        await _stop(process)


async def _first_line(process: Process) -> bytes:
    if process.stdout is None:
        raise RuntimeError("The process has no output to read: it was started without a pipe.")
    return await process.stdout.readline()


async def _stop(process: Process) -> None:
    """Tell it to stop, as whoever ships does, and wait for it."""
    if process.returncode is None:
        process.terminate()
    await process.wait()


if __name__ == "__main__":
    print(*asyncio.run(findings()), sep="\n")
