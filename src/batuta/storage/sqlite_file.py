"""One SQLite file of a known layout: opened once, in a thread of its own, closed cleanly."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from batuta.errors import ConfigError, StoreBusy

_T = TypeVar("_T")
_WAL_TRIES = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """What a file holds, and how it is told from others.

    Args:
        what: What to call such a file, as in "Bookings database".
        application: Four bytes in the file's header, all our own.
        version: Of the schema; a file with a higher one is refused.
        schema: Statements that make a new file.
        busy: Makes the error for a file that others keep locked, from its name and the seconds.
    """

    what: str
    application: int
    version: int
    schema: tuple[str, ...]
    busy: Callable[[str, float], Exception] = StoreBusy


class SqliteFile:
    """A file and its one connection, made with its folder at the first use.

    One thread works with the connection, so a slow disk never blocks the event loop. What a
    transaction wrote is on the disk when it returns (WAL, synchronous=FULL).

    Args:
        path: The file; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for other connections' writes.
    """

    def __init__(self, path: Path | str, layout: Layout, *, busy_timeout_s: float = 10.0) -> None:
        self._connection: sqlite3.Connection | None = None
        self.path, self.layout, self.busy_timeout_s = str(path), layout, busy_timeout_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite")

    async def do(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do some work with the connection, in its thread.

        Raises:
            ConfigError: The file cannot be opened, is not ours, or is damaged.
            StoreBusy: Others kept it locked; the layout may name another error.
        """
        # The thread lets go of the file before it answers: whoever has the answer may forget it.
        held = [self._work]
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: held.pop()(work)
        )

    async def aclose(self) -> None:
        """Close the file after the work that has begun; again does nothing."""
        with suppress(RuntimeError):  # shut down before
            await asyncio.get_running_loop().run_in_executor(self._thread, self._disconnect)
        self._thread.shutdown()

    def __del__(self) -> None:
        # Forgotten rather than closed: no work is under way then, as that would remember it.
        self._disconnect()

    def _work(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return work(self._connection)
        except (OSError, sqlite3.DatabaseError) as error:
            if _is_busy(error):
                what = f"{self.layout.what} {self.path}"
                raise self.layout.busy(what, self.busy_timeout_s) from error
            if isinstance(error, _BUGS):
                raise
            mend = "Point to a file that can be written, in a folder that can be made."
            raise ConfigError(f"{self.layout.what} {self.path}: {error}", mend) from error

    def _connect(self) -> sqlite3.Connection:
        if self.path != ":memory:":
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            Path(self.path).touch(mode=_MODE)
        db = sqlite3.connect(
            self.path,
            timeout=self.busy_timeout_s,
            isolation_level=None,
            check_same_thread=False,  # but for being forgotten, see __del__
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        layout = self.layout
        with transaction(db):
            version = db.execute("PRAGMA user_version").fetchone()[0]
            application = db.execute("PRAGMA application_id").fetchone()[0]
            if not application and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in layout.schema:
                    db.execute(statement)
                db.execute(f"PRAGMA application_id = {layout.application}")
                db.execute(f"PRAGMA user_version = {layout.version}")
            elif application != layout.application:
                mend = "Point to another file; this one belongs to another program."
                raise ConfigError(f"{self.path} is not a {layout.what.lower()}", mend)
            elif version > layout.version:
                newer = f"has schema {version}, newer than {layout.version}"
                mend = "Update batuta, or point to another file."
                raise ConfigError(f"{layout.what} {self.path} {newer}", mend)
        _use_wal(db)
        # FULL: a commit is on the disk when it returns; NORMAL loses the last with the power.
        db.execute("PRAGMA synchronous = FULL")
        # macOS's plain fsync leaves data in the drive's cache; elsewhere this does nothing.
        db.execute("PRAGMA fullfsync = ON")

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class SqliteStore:
    """What every store in a file shares: it is opened at the first use, and closed.

    Args:
        path: The file, made with its folder; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for others' writes.
    """

    def __init__(self, path: Path | str, layout: Layout, busy_timeout_s: float) -> None:
        self._file = SqliteFile(path, layout, busy_timeout_s=busy_timeout_s)

    async def __aenter__(self) -> Self:
        """Open the file now rather than at the first use."""
        await self._file.do(lambda _: None)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the file."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the file after the work that has begun; again does nothing."""
        await self._file.aclose()


# What people said and booked is nobody else's to read.
_MODE = 0o600
# What a wrong statement of ours raises, rather than a file that is wrong.
_BUGS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)


@contextmanager
def transaction(db: sqlite3.Connection) -> Generator[None]:
    """Do everything within or nothing, with the file's write lock from the start."""
    # IMMEDIATE takes the lock first, so nothing that was read can change before the write.
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")


def _use_wal(db: sqlite3.Connection) -> None:
    # Changing the mode of a file that others use fails without waiting (SQLite avoids a deadlock
    # so); an empty transaction waits for its turn, then the mode is changed already or can be.
    for left in reversed(range(_WAL_TRIES)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not left or not _is_busy(error):
                raise
            with transaction(db):
                pass
        else:
            return


def _is_busy(error: BaseException) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) or 0
    return code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
