"""How many chats a second the HTTP door answers, beside a bare FastAPI route in the same run.

    python bench/http_load.py [--at-once N] [--seconds S] [--rounds R]
        [--beside PYTHON] [--only PART]

Server and client are processes of their own on loopback, and share the machine's cores: compare
the ratios, which are taken round by round. ``--beside`` measures the Batuta of another Python too,
such as that of an earlier checkout. Fails where an aim is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle, product
from pathlib import Path
from typing import NamedTuple

from bench.http_servers import MODEL_S
from bench.timing import Row

SHARE_OF_ECHO = 0.25
SHARE_OF_CHAT = 0.85
CHAT, COMPLETIONS = "/chat", "/v1/chat/completions"
LATE_S = 1.5
WAITING = 500
DAYS = (
    "tomorrow",
    "on Monday",
    "on Tuesday",
    "on Wednesday",
    "on Thursday",
    "on Friday",
    "on Sunday",
)
HOURS = "8am", "9am", "10am", "11am", "noon", "1pm", "2pm", "3pm", "4pm", "5pm", "6pm", "19:00"
ASKED = (
    *("What is free {when}?", "Is a court free {when}?", "Which courts are open {when}?"),
    *("Show me what is available {when}", "Is there anything open {when}, please?"),
)
THANKS = "", " Thanks.", " Thank you!", " Cheers."
MESSAGES: dict[str, Sequence[str]] = {
    "hello": ("Hello",),
    "courts": ("What is free tomorrow at 3pm?",),
    # More than the offline rules remember to have read.
    "courts, in 1,680 ways": tuple(
        asked.format(when=f"{day} at {hour}") + thanks
        for asked, day, hour, thanks in product(ASKED, DAYS, HOURS, THANKS)
    ),
}
_SERVERS = Path(__file__).with_name("http_servers.py")
_GOOD = b" 200 "


class Told(NamedTuple):
    """What was asked for."""

    at_once: int
    seconds: float
    rounds: int
    beside: str
    only: str = ""


class Server(NamedTuple):
    """A server in a process of its own."""

    port: int
    process: int

    def cpu_s(self) -> float:
        """Give the CPU that it has taken; none where the machine does not tell."""
        told = Path(f"/proc/{self.process}/stat")
        if not told.exists():
            return math.nan
        after_name = told.read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


class Load(NamedTuple):
    """What came of loading a server: answers a second, and its CPU for each."""

    rate: float
    cpu_ms: float


@contextmanager
def served(python: str, which: str) -> Generator[Server]:
    """Run a server in a process of its own."""
    command = [python, str(_SERVERS), which]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line:
                raise SystemExit(f"The server {which} of {python} did not start.")
            yield Server(int(line.strip().rpartition(":")[2]), process.pid)
        finally:
            process.terminate()


def request(said: str, path: str = CHAT) -> bytes:
    """Write a whole request, in the words of the door at that address."""
    talk = [{"role": "user", "content": said}]
    asked = {"message": said} if path == CHAT else {"model": "batuta-d", "messages": talk}
    body = json.dumps(asked).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """One client that sends the same request again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int) -> Connection:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, raw: bytes) -> None:
        """Send a request and read its answer, which must be a good one."""
        self._writer.write(raw)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if _GOOD not in head.partition(b"\r\n")[0]:
            raise SystemExit(f"The server answered {head.decode()}")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()


async def load(
    server: Server, said: Sequence[str], *, at_once: int, seconds: float, path: str = CHAT
) -> Load:
    """Keep so many requests on at any time, each with the next of what is to be said."""
    raw, answered = cycle([request(each, path) for each in said]), 0
    clients = [await Connection.to(server.port) for _ in range(at_once)]
    began, spent = time.perf_counter(), server.cpu_s()
    end = began + seconds

    async def work(client: Connection) -> None:
        nonlocal answered
        while time.perf_counter() < end:
            await client.ask(next(raw))
            answered += 1

    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(work(client))
    took, spent = time.perf_counter() - began, server.cpu_s() - spent
    for client in clients:
        await client.close()
    return Load(answered / took, spent / answered * 1e3)


async def crowd(server: Server, count: int) -> float:
    """Give the seconds until so many requests, sent together, have all been answered."""
    raw = request("Are you there?")
    clients = [await Connection.to(server.port) for _ in range(count)]
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for client in clients:
            group.create_task(client.ask(raw))
    took = time.perf_counter() - began
    for client in clients:
        await client.close()
    return took


async def throughput(told: Told) -> bool:
    """Load the servers in turn and compare within each round; tell whether the aim was met."""
    with ExitStack() as stack:
        servers = {
            "echo": stack.enter_context(served(sys.executable, "echo")),
            "here": stack.enter_context(served(sys.executable, "club")),
        }
        if told.beside:
            servers["beside"] = stack.enter_context(served(told.beside, "club"))
        met = True
        for name, said in MESSAGES.items():
            loads: dict[str, list[Load]] = {which: [] for which in servers}
            for server in servers.values():
                await load(server, said, at_once=told.at_once, seconds=told.seconds / 4)
            for _ in range(told.rounds):
                for which, server in servers.items():
                    done = await load(server, said, at_once=told.at_once, seconds=told.seconds)
                    loads[which].append(done)
            part = _ratio(loads["here"], loads["echo"])
            met = met and part >= SHARE_OF_ECHO
            _show(f"{name}, {told.at_once} at once", loads, part)
    return met


def _show(what: str, loads: dict[str, list[Load]], part: float) -> None:
    for which, each in loads.items():
        rate = statistics.median(one.rate for one in each)
        cpu_ms = statistics.median(one.cpu_ms for one in each)
        print(Row(f"{what}: {which}", f"{rate:.0f} chats/s"), f"  {cpu_ms:.2f} ms CPU each")
    print(Row(f"{what}: part of echo's", f"{part:.0%}"), f"  (aim: at least {SHARE_OF_ECHO:.0%})")
    # What a busy machine changes less: who waits for a disk is not waited for by the rate alone.
    by_cpu = statistics.median(
        theirs.cpu_ms / ours.cpu_ms
        for ours, theirs in zip(loads["here"], loads["echo"], strict=True)
    )
    print(Row(f"{what}: part of echo's, by CPU", f"{by_cpu:.0%}"))
    if "beside" in loads:
        times = _ratio(loads["here"], loads["beside"])
        print(Row(f"{what}: times the one beside", f"{times:.1f}"), flush=True)


def _ratio(ours: Sequence[Load], theirs: Sequence[Load]) -> float:
    pairs = zip(ours, theirs, strict=True)
    return statistics.median(mine.rate / other.rate for mine, other in pairs)


async def doors(told: Told) -> bool:
    """Load one server by two of its doors in turn; tell whether the aim was met."""
    met = True
    with served(sys.executable, "club") as server:
        for name, said in MESSAGES.items():
            loads: dict[str, list[Load]] = {CHAT: [], COMPLETIONS: []}
            for each in range(told.rounds + 1):
                for path, rounds in loads.items():
                    seconds = told.seconds if each else told.seconds / 4
                    made = await load(
                        server, said, at_once=told.at_once, seconds=seconds, path=path
                    )
                    if each:
                        rounds.append(made)
            part = _ratio(loads[COMPLETIONS], loads[CHAT])
            met = met and part >= SHARE_OF_CHAT
            for path, done in loads.items():
                rate = statistics.median(one.rate for one in done)
                cpu_ms = statistics.median(one.cpu_ms for one in done)
                print(Row(f"{name}: {path}", f"{rate:.0f} chats/s"), f"  {cpu_ms:.2f} ms CPU each")
            what = f"{name}: {COMPLETIONS}, part of {CHAT}'s"
            print(Row(what, f"{part:.0%}"), f"  (aim: at least {SHARE_OF_CHAT:.0%})", flush=True)
    return met


async def waiting(told: Told) -> bool:
    """Send many requests at once to a model that takes a second; tell whether the aim was met."""
    with served(sys.executable, "waiting") as server:
        await crowd(server, 1)
        late = [await crowd(server, WAITING) - MODEL_S for _ in range(told.rounds)]
    what = f"{WAITING} waiting runs of {MODEL_S:g} s: later than the ideal"
    print(Row(what, f"{statistics.median(late):.2f} s", LATE_S))
    return statistics.median(late) <= LATE_S


async def main(told: Told) -> bool:
    """Measure and print; tell whether every aim was met."""
    return all([await part(told) for part in PARTS.values() if told.only in {"", part.__name__}])


PARTS = {part.__name__: part for part in (throughput, doors, waiting)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--at-once", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", default="")
    parser.add_argument("--only", default="", choices=["", *PARTS])
    raise SystemExit(0 if asyncio.run(main(Told(**vars(parser.parse_args())))) else 1)
