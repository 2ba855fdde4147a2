"""One process that is kept alive: started, listened to, started again after a crash, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from batuta.core.redaction import redacted
from batuta.errors import AgentFailed

if TYPE_CHECKING:
    from batuta.core.clock import Clock

READY = "ready"
Say = Callable[[str, str], None]
"""Takes the name of a service and a line that it wrote, or that is told of it."""

_FIRST_WAIT_S, _MOST_WAIT_S = 0.1, 10.0
_STEADY_S = 10.0  # who lived that long begins with the shortest wait again
_GRACE_S = 6.0
_LAST_LINES = 8
_LONGEST_LINE = 2_000
_PIECE = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How a service is started.

    Args:
        command: Gives the words of the command, told the port to listen on; 0 for any.
        environment: The whole of it.
        port: Where it shall listen at first.
    """

    name: str
    command: Callable[[int], Sequence[str]]
    environment: Mapping[str, str]
    port: int = 0


class Service:
    """A process, and again a process whenever it ends, at the address that the first one had.

    The process says on its standard output that it is ready, as a line of JSON with its
    ``address``, and ends when its standard input does: so it never outlives this one.

    Args:
        say: Told every other line that it writes, and what becomes of it.
    """

    def __init__(self, plan: Plan, clock: Clock, say: Say) -> None:
        self.name = plan.name
        self.address = ""
        self.process_id: int | None = None
        self.ready = False
        self.starts = 0
        self._plan, self._clock, self._say = plan, clock, say
        self._first: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tail: deque[str] = deque(maxlen=_LAST_LINES)

    async def up(self) -> str:
        """Wait until it is ready for the first time and give its address.

        Raises:
            AgentFailed: It ended before it was.
        """
        return await asyncio.shield(self._first)

    async def keep(self) -> None:
        """Run it, and again whenever it ends, until cancelled."""
        wait_s = _FIRST_WAIT_S
        while True:
            began = self._clock.monotonic()
            code = await self._live()
            if not self._first.done():
                self._first.set_exception(self.failed(f"did not start ({_ending(code)})"))
                return
            if self._clock.monotonic() - began >= _STEADY_S:
                wait_s = _FIRST_WAIT_S
            self._say(self.name, f"ended ({_ending(code)}); starts again in {wait_s:g} s")
            await self._clock.sleep(wait_s)
            wait_s = min(2 * wait_s, _MOST_WAIT_S)

    def failed(self, what: str) -> AgentFailed:
        """Make the error that says so, with the last lines that it wrote."""
        said = " / ".join(self._tail)
        return AgentFailed(self.name, f"{what}: {said}" if said else f"{what} and said nothing")

    async def _live(self) -> int:
        """Start the process, listen to it, and give its exit code; cancelled, stop it first."""
        process = await asyncio.create_subprocess_exec(
            *self._plan.command(self._port),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(self._plan.environment),
            start_new_session=True,  # Ctrl-C in the terminal is for this process alone
        )
        self.process_id = process.pid
        self.starts += 1
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear(process.stdout))
                group.create_task(self._hear(process.stderr))
            return await process.wait()
        finally:
            await asyncio.shield(_ended(process))
            self.process_id, self.ready = None, False

    def kill(self) -> None:
        """End the process at once, as a crash would; it is started again as after one."""
        if self.process_id is not None:
            self.ready = False
            with suppress(ProcessLookupError):
                os.kill(self.process_id, signal.SIGKILL)

    @property
    def _port(self) -> int:
        return int(self.address.rpartition(":")[2]) if self.address else self._plan.port

    async def _hear(self, stream: asyncio.StreamReader | None) -> None:
        if stream is None:
            raise AssertionError("unreachable: both streams are pipes")
        async for line in _lines(stream):
            told = _ready(line)
            if told is not None:
                self._is_ready(str(told["address"]))
            elif line:
                self._tail.append(redacted(line))
                self._say(self.name, line)

    def _is_ready(self, address: str) -> None:
        self.address, self.ready = address, True
        self._say(self.name, f"ready on {address} (process {self.process_id})")
        if not self._first.done():
            self._first.set_result(address)


def _ready(line: str) -> Mapping[str, Any] | None:
    """Read the line that says a service is ready; None for any other."""
    if not line.startswith("{"):
        return None
    with suppress(ValueError):
        told: object = json.loads(line)
        if isinstance(told, dict) and cast("dict[str, Any]", told).get("event") == READY:
            return cast("dict[str, Any]", told)
    return None


async def _lines(stream: asyncio.StreamReader) -> AsyncGenerator[str]:
    """Give what is written line by line, cutting lines of any length."""
    rest = b""
    while piece := await stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield _shown(line)
        rest = rest[-_PIECE:]
    if rest:
        yield _shown(rest)


def _shown(line: bytes) -> str:
    text = line.decode(errors="replace").rstrip()
    return text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}…"


async def _ended(process: Process) -> None:
    """Stop a process: ask it, and where it does not listen, kill it."""
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(_GRACE_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _ending(code: int) -> str:
    """Say how a process ended.

    >>> _ending(-9), _ending(3)
    ('killed by SIGKILL', 'exit code 3')
    """
    if code >= 0:
        return f"exit code {code}"
    known = {each.value: each.name for each in signal.Signals}
    return f"killed by {known.get(-code, f'signal {-code}')}"
