"""The servers that are attacked: real ones, of the slow club, in processes of their own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[1]
WAIT_S = 60.0
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
        return httpx.AsyncClient(base_url=self.address, timeout=WAIT_S, trust_env=False)


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
