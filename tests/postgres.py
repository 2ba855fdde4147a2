"""A PostgreSQL server of the tests' own, from Debian's binaries, gone with the tests."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.patience import scaled

_BINARIES = Path("/usr/lib/postgresql")
_USER = "postgres"


def lacking() -> str:
    """Say why no server can be started here; empty where one can."""
    if not _bin():
        return "no PostgreSQL in /usr/lib/postgresql (Debian: apt-get install postgresql)"
    return ""


def _bin() -> Path | None:
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(eq=False)
class Postgres:
    """A running server; ``database`` makes an empty database and gives its URL."""

    binaries: Path
    folder: Path
    port: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, tool: str, *words: str) -> None:
        """Run one of the server's own programs as the user that owns the data."""
        owner = _USER if os.getuid() == 0 else None
        done = subprocess.run(
            [self.binaries / tool, *words],
            user=owner,
            group=owner,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # the server keeps a pipe open that nobody would close
            stderr=subprocess.DEVNULL,
            timeout=scaled(60),
            check=False,
        )
        log = self.folder / "log"
        said = log.read_text("utf-8") if log.exists() else ""
        assert done.returncode == 0, f"{tool} {words}: {said}"

    def create(self) -> None:
        """Make the data folder and choose a port."""
        if os.getuid() == 0:
            shutil.chown(self.folder, _USER, _USER)
        data = str(self.folder / "data")
        self.run("initdb", "-D", data, "-A", "trust", "-U", "batuta", "-E", "UTF8", "-N")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off"
        settings += f" -c unix_socket_directories={self.folder} -c max_connections=200"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        self.run("pg_ctl", "-D", data, "-l", log, "-w", "-o", settings, "start")

    def stop(self) -> None:
        """Stop the server at once, as a crash would."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"test_{next(self._numbers)}"
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "batuta", name)
        return f"postgresql://batuta@127.0.0.1:{self.port}/{name}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server for this session; skips where PostgreSQL is not installed."""
    why = lacking()
    if why:
        pytest.skip(why)
    with started() as server:
        yield server


@contextmanager
def started() -> Iterator[Postgres]:
    """Start a server of one's own, that a test may stop."""
    binaries = _bin()
    assert binaries is not None
    # Not in pytest's own folder: the server's user may not look into that.
    with tempfile.TemporaryDirectory(prefix="batuta-pg-", ignore_cleanup_errors=True) as folder:
        server = Postgres(binaries, Path(folder))
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
