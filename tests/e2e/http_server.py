"""A real server in a process of its own, on a port of its own."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.patience import client, scaled

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
NOW = {"X-Batuta-Now": "2019-03-01T06:00"}
_SERVE = """
import asyncio, json, resource, sys
options = json.loads(sys.argv[1])
if most := options.pop("descriptors", 0):
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
if most := options.pop("file_bytes", 0):
    sys.dont_write_bytecode = True  # else imports leave half a file of it to everybody
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
from batuta.serve.doors import mounts_of
from batuta.serve.http import Watch, serve
from batuta.settings import read_settings

def ready(address, _app):
    print(address, flush=True)

asyncio.run(serve(
    read_settings(),
    mounts=mounts_of("" if options.get("style") else read_settings().doors),
    watch=Watch(on_ready=ready),
    **options,
))
"""


@dataclass
class Server:
    """What is running."""

    address: str
    process: subprocess.Popen[str]
    home: Path

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def client(self, **options: Any) -> httpx.AsyncClient:
        return client(base_url=self.address, **options)

    def stop(self, how: int = signal.SIGTERM) -> tuple[int, str]:
        """Tell it to stop, and give its exit code and what it said on the way."""
        self.process.send_signal(how)
        _, said = self.process.communicate(timeout=scaled(PATIENCE_S))
        return self.process.returncode, said


def launch(
    home: Path, options: Mapping[str, Any], settings: Mapping[str, Any]
) -> subprocess.Popen[str]:
    """Start a server on a free port; its settings come through the environment, as a user's do."""
    given = {"home": home, "port": 0, **settings}
    environment = {f"BATUTA_{name.upper()}": str(value) for name, value in given.items()}
    return subprocess.Popen(
        [sys.executable, "-c", _SERVE, json.dumps(options)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def given_up(
    home: Path, options: Mapping[str, Any], settings: Mapping[str, Any]
) -> tuple[int, str, str]:
    """Start a server that cannot serve, and give its exit code and what it printed and said."""
    process = launch(home, options, settings)
    try:
        printed, said = process.communicate(timeout=scaled(PATIENCE_S))
    finally:
        process.kill()
    return process.returncode, printed, said


@contextmanager
def serving(
    home: Path, settings: Mapping[str, Any] | None = None, *, says: str = "", **options: Any
) -> Iterator[Server]:
    """Serve while the block lasts; what it says on its standard error must be as expected.

    Args:
        says: Part of what it says; empty for nothing at all.
        options: As ``batuta.serve.serve`` takes them; test mode where it is not said. With
            ``descriptors`` the process has no more of them, with ``file_bytes`` no longer files.
    """
    process = launch(home, {"test_mode": True, **options}, settings or {})
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        raise AssertionError(process.communicate(timeout=scaled(PATIENCE_S))[1])
    server = Server(address, process, home)
    try:
        yield server
    finally:
        if process.poll() is None:
            _, said = server.stop()
            assert says in said if says else not said, said
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


async def polled(read: Callable[[], Awaitable[Any]]) -> Any:
    """Read again until there is something to see."""
    end = time.monotonic() + scaled(PATIENCE_S)
    while time.monotonic() < end:
        if found := await read():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


def users_file(folder: Path, *names: str, bookings: Any = ()) -> str:
    """Write a seed file whose users have the keys ``key-<name>``."""
    path = folder / "seed.json"
    users = [{"id": name, "name": name.capitalize(), "key": f"key-{name}"} for name in names]
    path.write_text(json.dumps({"users": users, "bookings": list(bookings)}))
    return str(path)


def key_of(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer key-{name}"}


def bookings(home: Path) -> list[tuple[str, str]]:
    """Read slot and member of every confirmed booking from the file itself."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home / "tennis.db")) as db:
        rows = db.execute("SELECT slot_id, member_id FROM bookings WHERE status = 'confirmed'")
        return sorted(rows.fetchall())
