"""What attacks come to: no answer lost, no booking doubled, no statement false.

    make bench-faults                         # row after row
    python -m bench.faults --jobs 4 --write   # four rows at a time, into docs/faults.md
    python -m bench.faults --quick            # a tenth of the trials
    python -m bench.faults --only "lost"      # rows whose name begins so

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
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections.abc import (
    Callable,
    Coroutine,
    Iterable,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx

from batuta.core.clock import machine_time
from bench.faults_page import HEAD, Row, write
from bench.faults_servers import WAIT_S, Server, booked, launched, served, services

_PLACED = "cg"
_AT_ONCE = 8
_FIRST_DAY = date(2019, 3, 1)
_TEXT = "Book court B tomorrow at 3pm"
_LOG_BYTES = 100_000


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
    end = time.monotonic() + WAIT_S
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
                with closing(sqlite3.connect(server.home / "tennis.db", timeout=WAIT_S)) as held:
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
        row.what = f"{done} confirmed, {row.tried - done} refused, `/health/ready` {ready}"


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
            told = ", ".join(map(str, sorted(set(statuses))))
            row.what = f"answers {told}, `/health/ready` {await _ready(server)}"


async def idle(row: Row, _: int) -> None:
    """48 silent and 48 dripping connections at 50 descriptors."""
    settings = {"header_seconds": 600}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder) / "home"
        async with served(home, settings, RLIMIT_NOFILE=50) as server, server.client() as one:
            alone = [await _health_s(one) for _ in range(20)]
            made = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                for _ in range(96)
            ]
            beside: list[float] = []
            for _ in range(20):
                for each in made[48:]:
                    with suppress(OSError):
                        each.sendall(b"GET /health HTTP/1.1\r\nX: y\r\n")
                beside.append(await _health_s(one))
        log = (home.parent / "home.log").stat().st_size
        row.tried, slowest = len(beside), max(beside)
        held = "" if slowest <= 1 and log < _LOG_BYTES else "MISSED: "
        took = f"{held}`/health` in {slowest:.2f} s at most"
        row.what = f"{took} ({max(alone):.2f} s without them), {log} bytes of log"


async def _health_s(client: httpx.AsyncClient) -> float:
    """Time how long a server takes to say that it is well; for ever where it does not."""
    began = time.monotonic()
    health = await client.get("/health", headers={"Connection": "close"})
    return time.monotonic() - began if health.status_code == 200 else float("inf")


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
        passes = "passes" if right == 200 else f"gets {right}"
        row.what = f"{held}{told} told, {slowed} put off; the right key {passes}"


Attack = Callable[[Row, int], Coroutine[Any, Any, None]]


def _attacks() -> dict[str, Attack]:
    """Name those that may run beside each other."""
    made: dict[str, Attack] = {}

    def add(name: str, attack: Any, *, style: str, settings: Mapping[str, Any]) -> None:
        made[name] = lambda row, many: attack(row, many, style=style, settings=settings)

    for where, settings in (("local", {}), ("durable", {"durable": "sqlite"})):
        for style in "abcdefgh":
            name = f"lost answer, {style.upper()}, {where}"
            add(name, lost_answers, style=style, settings=settings)
        add(f"`kill -9` after the write, D, {where}", kills, style="d", settings=settings)
        add(f"50 at once at two servers, D, {where}", races, style="d", settings=settings)
    return made | {"file locked for 8 s": locks}


_ALONE: dict[str, Attack] = {
    "files may not grow": full_disk,
    "home deleted": gone_home,
    "48 silent and 48 dripping connections, 50 descriptors": idle,
    "wrong keys": wrong_keys,
}
"""Those that take a moment, and of which one is about time."""


def main(words: Sequence[str] | None = None) -> int:
    """Attack, and print the table as it grows; 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the trials")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--jobs", type=int, default=1, help="rows at a time")
    parser.add_argument("--write", action="store_true", help="put the rows into docs/faults.md")
    chosen = parser.parse_args(words)
    beside, many = _attacks(), 20 if chosen.quick else 200
    today = machine_time().date().isoformat()

    def made(name: str) -> Row:
        row, began = Row(name), time.monotonic()
        asyncio.run((beside | _ALONE)[name](row, many))
        print(row.line(today), flush=True)
        sys.stderr.write(f"  {name}: {time.monotonic() - began:.0f} s\n")
        return row

    def wanted(names: Iterable[str]) -> list[str]:
        return [name for name in names if name.lower().startswith(chosen.only.lower())]

    print(HEAD, flush=True)
    longest_first = sorted(wanted(beside), key=lambda name: "kill" not in name)
    with ThreadPoolExecutor(chosen.jobs) as pool:
        rows = list(pool.map(made, longest_first))
    rows += [made(name) for name in wanted(_ALONE)]
    if chosen.write:
        write(rows, [*beside, *_ALONE], today)
    return int(any(row.bad for row in rows) or not rows)


if __name__ == "__main__":
    sys.exit(main())
