"""One SQLite file of a known layout, as one of those who share it sees it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar
from weakref import finalize

from batuta.storage.sqlite_connection import FileWork, SharedConnection, acquire, release
from batuta.storage.sqlite_layout import Layout

_T = TypeVar("_T")

_PROBE_BYTES = 128 * 1024


class SqliteFile:
    """A file, made with its folder at the first use.

    All who name the same file share one connection and one thread, so a slow disk never blocks the
    event loop. What was written is on the disk when the answer comes (WAL, synchronous=FULL).

    Args:
        path: The file; ``:memory:`` keeps nothing, and is shared with nobody.
        busy_timeout_s: How long to wait for other processes' writes.
    """

    def __init__(self, path: Path | str, layout: Layout, *, busy_timeout_s: float = 10.0) -> None:
        self.path, self.layout = str(path), layout
        self._connection = acquire(self.path, layout, busy_timeout_s)
        # Not __del__: of a circle of garbage, the connection might be ended before it is closed.
        self._let_go = finalize(self, _forget, self._connection)

    async def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do some work that changes nothing.

        Raises:
            ConfigError: The file is not ours, or of another version.
            StoreBusy: Others kept it locked; the layout may name another error.
            StoreUnusable: It is gone, damaged or full.
        """
        return await self._done(work, writes=False)

    async def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do some work in a transaction: all of it, or nothing where it raises.

        Others' work that waits with it is in the same transaction, and undone apart from it.

        Raises:
            ConfigError: The file is not ours, or of another version.
            StoreBusy: Others kept it locked; the layout may name another error.
            StoreUnusable: It is gone, damaged or full; nothing was written that will last.
        """
        return await self._done(work, writes=True)

    async def probe(self) -> None:
        """See that it can be read and written, by reading and writing it.

        Raises:
            BatutaError: As ``write`` raises it.
        """
        await self.write(_probe)
        await self.write(lambda db: db.execute("DROP TABLE IF EXISTS probe_room"))

    def shares(self, other: SqliteFile) -> bool:
        """Tell whether both have one connection."""
        return self._connection is other._connection

    async def aclose(self) -> None:
        """Let go of the file, and close it where nobody else has it; again does nothing."""
        if self._let_go.detach() is not None and release(self._connection):
            await self._connection.aclose()

    async def _done(self, work: Callable[[sqlite3.Connection], _T], *, writes: bool) -> _T:
        if not self._let_go.alive:
            raise RuntimeError(f"{self.layout.what} is closed here")
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self._connection.submit(FileWork(self, work, writes, future))
        return await future


def _forget(connection: SharedConnection) -> None:
    """Let go of a file that was forgotten rather than closed: none of its work is under way."""
    if release(connection):
        connection.disconnect()


class SqliteStore:
    """What every store in a file shares: it is opened at the first use, and closed.

    Args:
        path: The file, made with its folder; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for others' writes.
    """

    def __init__(self, path: Path | str, layout: Layout, busy_timeout_s: float) -> None:
        self.file = SqliteFile(path, layout, busy_timeout_s=busy_timeout_s)

    async def __aenter__(self) -> Self:
        """Open the file now rather than at the first use."""
        await self.look()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the file."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the file after the work that has begun; again does nothing."""
        await self.file.aclose()

    async def look(self) -> None:
        """See that the file is there, and the one that was opened.

        Raises:
            BatutaError: As ``SqliteFile.read`` raises it.
        """
        await self.file.read(_nothing)

    async def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """See ``SqliteFile.write``."""
        return await self.file.write(work)

    def shares_file(self, other: SqliteStore) -> bool:
        """Tell whether both write through one connection, and so in one transaction."""
        return self.file.shares(other.file)

    async def probe(self) -> None:
        """See ``Probe.probe``."""
        await self.file.probe()


def _nothing(_: sqlite3.Connection) -> None:
    """Be content with a file that can be opened."""


def _probe(db: sqlite3.Connection) -> None:
    tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in tables:
        db.execute(f'SELECT * FROM "{name}" LIMIT 1').fetchall()  # noqa: S608  all ours
    # As much as a long run's record takes: a page alone finds room where nothing else does.
    db.execute("CREATE TABLE IF NOT EXISTS probe_room (filled BLOB)")
    db.execute("INSERT INTO probe_room VALUES (zeroblob(?))", (_PROBE_BYTES,))
