"""What attacks come to: no answer lost, no booking doubled, no statement false.

    make bench-faults                         # some ten minutes
    python -m bench.faults --quick            # a tenth of it
    python -m bench.faults --only kill -9     # rows whose name begins so

Every row is a real server in a process of its own, on the slow club: the tennis App with 0.1 s for
its model and 0.15 s after a booking's write. The disk is full by a limit on the size of files,
which stands in for a disk; under H a stand-in plays AWS, and C has its agents in
processes of their own. **Lost**: the same request with the same key was not answered with its
booking, or the booking is gone. **Doubled**: one key, more than one booking. **False**: an answer
that was given says done where the file has nothing, or nothing done where it has the booking.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
_APP = "tests.e2e.slow_club:app"
_SERVE = """
import asyncio, json, resource, sys
options = json.loads(sys.argv[1])
for name, most in options.pop("limits").items():
    resource.setrlimit(getattr(resource, name), (most, most))
from batuta.serve.http import Watch, serve
from batuta.settings import read_settings
ready = lambda address, *_: print(address, flush=True)
asyncio.run(serve(read_settings(), watch=Watch(on_ready=ready), **options))
"""
_PLACED = "cg"
_AT_ONCE = 8
_WAIT_S = 60.0
_FIRST_DAY = date(2019, 3, 1)
_TEXT = "Book court B tomorrow at 3pm"
_LOG_BYTES = 100_000


@dataclass
class Row:
    """What one attack came to."""

    attack: str
    tried: int = 0
    lost: int = 0
    doubled: int = 0
    false: int = 0
    what: str = ""

    @property
    def bad(self) -> bool:
        """Whether anything did not hold."""
        return bool(self.lost or self.doubled or self.false or self.what.startswith("MISSED"))

    def line(self) -> str:
        """Write it as a line of the table."""
        counts = f"{self.tried} | {self.lost} | {self.doubled} | {self.false}"
        return f"| {self.attack} | {counts} | {self.what} |"


@dataclass
class Server:
    """A server that runs."""

    process: subprocess.Popen[str]
    address: str
    home: Path

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.address.rpartition(":")[2])

    def client(self) -> httpx.AsyncClient:
        """Make a client of it."""
        return httpx.AsyncClient(base_url=self.address, timeout=_WAIT_S, trust_env=False)


def booked(home: Path) -> list[str]:
    """Read the slots that are booked in a home, from the file itself."""
    where = f"file:{home}/tennis.db?mode=ro"
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(where, uri=True)) as file:
        found = file.execute("SELECT slot_id FROM bookings WHERE status = 'confirmed'")
        return [row[0] for row in found]
    return []


def launched(home: Path, settings: Mapping[str, Any], **limits: int) -> Server:
    """Start a server."""
    given = {"home": home, "port": 0, "requests_per_minute": 0, "connections": 400, **settings}
    environment = {f"BATUTA_{name.upper()}": str(value) for name, value in given.items()}
    options = {"app_name": _APP, "test_mode": True, "limits": limits}
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", _SERVE, json.dumps(options)], stdout=subprocess.PIPE,
        stderr=(home.parent / f"{home.name}.log").open("a"), text=True, cwd=ROOT,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - it was asked for
    address = process.stdout.readline().strip()
    if not address:
        raise SystemExit(f"The server did not start: see {home}.log")
    return Server(process, address, home)


@asynccontextmanager
async def served(
    home: Path, settings: Mapping[str, Any] | None = None, **limits: int
) -> AsyncGenerator[Server]:
    """Serve while the block lasts."""
    server = launched(home, settings or {}, **limits)
    try:
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(server.process.wait)


@contextmanager
def services(home: Path, style: str) -> Generator[None]:
    """Run a style's agents in processes of their own while the block lasts."""
    process = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "batuta", "up", style, "--app", _APP],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
        env={**os.environ, "BATUTA_HOME": str(home), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        said: list[str] = []
        for line in process.stdout:
            said.append(line)
            if " answer; stop them" in line:
                break
        else:
            raise SystemExit(f"The services did not start: {''.join(said)}")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def trial(number: int) -> tuple[dict[str, str], str]:
    """Give the headers of a request that books a slot of its own, and that slot."""
    today = _FIRST_DAY + timedelta(days=number)
    headers = {"X-Batuta-Now": f"{today}T06:00", "Idempotency-Key": f"key-{number}"}
    return headers, f"{today + timedelta(days=1)}T15:00/B"


async def leave(server: Server, *, style: str, headers: Mapping[str, str], slot: str) -> None:
    """Ask, and leave once the row is written."""
    body = json.dumps({"message": _TEXT})
    lines = [
        f"POST /styles/{style}/chat HTTP/1.1", "Host: 127.0.0.1",
        "Content-Type: application/json", f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]  # fmt: skip
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body.encode())
    end = time.monotonic() + _WAIT_S
    while slot not in booked(server.home) and time.monotonic() < end:  # noqa: ASYNC110 - a file
        await asyncio.sleep(0.02)
    writer.close()


async def again(server: Server, style: str, headers: Mapping[str, str]) -> httpx.Response:
    """Send the request, maybe for the second time."""
    body = {"message": _TEXT}
    async with server.client() as client:
        try:
            return await client.post(f"/styles/{style}/chat", json=body, headers=dict(headers))
        except httpx.TransportError as error:  # it counts as lost
            return httpx.Response(599, text=repr(error))


def judge(row: Row, reply: httpx.Response, *, slot: str, home: Path) -> None:
    """Compare what was answered with what is in the file."""
    there, done = booked(home).count(slot), _claims(reply)
    row.tried += 1
    row.doubled += there > 1
    row.lost += not there or not done
    row.false += reply.status_code == 200 and done != bool(there)


async def lost_answers(row: Row, many: int, *, style: str, settings: Mapping[str, Any]) -> None:
    """The client leaves once the row is written, and sends the same again."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder) / "home"
        if style in _PLACED:
            stack.enter_context(services(home, style))
        async with served(home, settings) as server, asyncio.TaskGroup() as group:
            gate = asyncio.Semaphore(_AT_ONCE)

            async def attack(number: int) -> None:
                headers, slot = trial(number)
                async with gate:
                    await leave(server, style=style, headers=headers, slot=slot)
                    judge(row, await again(server, style, headers), slot=slot, home=home)

            for number in range(many):
                group.create_task(attack(number))
        row.doubled += max(0, len(booked(home)) - many)


async def kills(row: Row, many: int, *, style: str, settings: Mapping[str, Any]) -> None:
    """The server is killed once the row is written, and the next one is asked the same."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        server = launched(home, settings)
        for number in range(many // 2):
            headers, slot = trial(number)
            await leave(server, style=style, headers=headers, slot=slot)
            server.process.kill()
            await asyncio.to_thread(server.process.wait)
            server = launched(home, settings)
            judge(row, await again(server, style, headers), slot=slot, home=home)
        server.process.kill()
        await asyncio.to_thread(server.process.wait)
        row.doubled += max(0, len(booked(home)) - many // 2)


async def races(row: Row, many: int, *, style: str, settings: Mapping[str, Any]) -> None:
    """One key at two servers on one home, 50 times at once."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        async with served(home, settings) as one, served(home, settings) as other:
            for number in range(max(1, many // 50)):
                headers, slot = trial(number)
                asked = [again(s, style, headers) for _ in range(25) for s in (one, other)]
                for reply in await asyncio.gather(*asked):
                    judge(row, reply, slot=slot, home=home)
                row.doubled += max(0, len(booked(home)) - number - 1)


async def locks(row: Row, many: int) -> None:
    """Somebody locks the club's file for a while; the same is asked again when it is free."""
    with tempfile.TemporaryDirectory() as folder:
        async with served(Path(folder) / "home") as server:
            await again(server, "d", trial(999)[0])  # so that the file is there
            for number in range(max(1, many // 20)):
                headers, slot = trial(number)
                with closing(sqlite3.connect(server.home / "tennis.db", timeout=_WAIT_S)) as held:
                    held.execute("BEGIN EXCLUSIVE")
                    asked = asyncio.create_task(again(server, "d", headers))
                    await asyncio.sleep(8)
                    held.rollback()
                first = await asked
                row.false += _claims(first) and slot not in booked(server.home)
                judge(row, await again(server, "d", headers), slot=slot, home=server.home)


def _claims(reply: httpx.Response) -> bool:
    """Tell whether an answer says that something is booked."""
    said: dict[str, Any] = reply.json() if reply.status_code == 200 else {}
    return any(effect["status"] == "done" for effect in said.get("effects", ()))


async def full_disk(row: Row, many: int) -> None:
    """Files may grow no further; what is confirmed is there all the same."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        async with served(home, RLIMIT_FSIZE=256 * 1024) as server:
            confirmed: list[str] = []
            for number in range(many):
                headers, slot = trial(number)
                reply = await again(server, "d", headers)
                row.tried += 1
                if _claims(reply):
                    confirmed.append(slot)
            row.false += len(set(confirmed) - set(booked(server.home)))
            ready, done = await _ready(server), len(confirmed)
        row.what = f"{done} confirmed, {row.tried - done} refused, ready said {ready}"


async def _ready(server: Server) -> int:
    async with server.client() as client:
        return (await client.get("/health/ready")).status_code


async def gone_home(row: Row, _: int) -> None:
    """The home is deleted under the server; nothing is confirmed any more."""
    with tempfile.TemporaryDirectory() as folder:
        async with served(Path(folder) / "home") as server:
            await again(server, "d", trial(0)[0])
            shutil.rmtree(server.home)
            statuses: list[int] = []
            for number in range(1, 4):
                reply = await again(server, "d", trial(number)[0])
                row.tried += 1
                row.false += _claims(reply)
                statuses.append(reply.status_code)
            row.what = f"answers {statuses}, ready said {await _ready(server)}"


async def idle(row: Row, _: int) -> None:
    """48 silent and 48 dripping connections at 50 descriptors."""
    settings = {"header_seconds": 600}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder) / "home"
        async with served(home, settings, RLIMIT_NOFILE=50) as server, server.client() as one:
            made = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                for _ in range(96)
            ]
            slowest, late = 0.0, 0
            for _ in range(20):
                for each in made[48:]:
                    with suppress(OSError):
                        each.sendall(b"GET /health HTTP/1.1\r\nX: y\r\n")
                began = time.monotonic()
                health = await one.get("/health", headers={"Connection": "close"})
                took_s = time.monotonic() - began
                row.tried, slowest = row.tried + 1, max(slowest, took_s)
                late += took_s > 1 or health.status_code != 200
        log = (home.parent / "home.log").stat().st_size
        held = "" if not late and log < _LOG_BYTES else "MISSED: "
        row.what = f"{held}health in {slowest:.2f} s at most, {log} bytes of log"


async def wrong_keys(row: Row, many: int) -> None:
    """Keys are guessed from one address."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys.json"
        keys.write_text(json.dumps({"users": [{"id": "ana", "key": "right-key"}]}))
        async with served(Path(folder) / "home", {"keys": keys}) as server, server.client() as one:
            statuses = [
                (await one.get("/runs", headers={"X-API-Key": f"guess-{n}"})).status_code
                for n in range(max(30, many))
            ]
            right = (await one.get("/runs", headers={"X-API-Key": "right-key"})).status_code
        log = (Path(folder) / "home.log").read_text()
        row.tried = len(statuses)
        told, slowed = statuses.count(401), statuses.count(429)
        good = told + slowed == row.tried and slowed and right == 200
        held = "" if good and "guess" not in log and log else "MISSED: "
        row.what = f"{held}{told} told, {slowed} put off; the right key: {right}"


Attack = Callable[[Row, int], Coroutine[Any, Any, None]]


def _attacks() -> dict[str, Attack]:
    made: dict[str, Attack] = {}

    def add(name: str, attack: Any, *, style: str, settings: Mapping[str, Any]) -> None:
        made[name] = lambda row, many: attack(row, many, style=style, settings=settings)

    for where, settings in (("local", {}), ("durable", {"durable": "sqlite"})):
        for style in "abcdefgh":
            add(f"lost answer, {style}, {where}", lost_answers, style=style, settings=settings)
        add(f"kill -9 after the write, d, {where}", kills, style="d", settings=settings)
        add(f"50 at once at two servers, d, {where}", races, style="d", settings=settings)
    made |= {
        "file locked for 8 s": locks,
        "files may not grow": full_disk,
        "home deleted": gone_home,
        "96 silent or dripping connections": idle,
        "wrong keys": wrong_keys,
    }
    return made


def main(words: Sequence[str] | None = None) -> int:
    """Attack, and print the table as it grows; 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    chosen = parser.parse_args(words)
    print("| attack | tried | lost | doubled | false | what happened |\n|---|---|---|---|---|---|")
    missed = 0
    for name, attack in _attacks().items():
        if not name.startswith(chosen.only):
            continue
        row = Row(name)
        asyncio.run(attack(row, 20 if chosen.quick else 200))
        missed += row.bad
        print(row.line(), flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
