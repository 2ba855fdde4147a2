"""The one connection to a SQLite file that a process has, and the thread that works with it.

Writes that wait together share one commit: each has a savepoint of its own, so that one which fails
is undone alone, and none is answered before all of them are on the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, RLock
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from batuta.core.threads import has_threads
from batuta.storage.sqlite_layout import (
    MEMORY,
    Layout,
    connected,
    failure,
    gone,
    identity,
    misplaced,
)

_T = TypeVar("_T")
_MOST_AT_ONCE = 256
Ending = tuple["asyncio.Future[Any]", Any, BaseException | None]


@dataclass(slots=True)
class FileWork:
    """A piece of work with the connection.

    Args:
        holder: Who asked: it is not forgotten, and so not closed, while its work is under way.
    """

    holder: object
    work: Callable[[sqlite3.Connection], Any]
    writes: bool
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class SharedConnection:
    """A file's connection, for all in this process that work with the file.

    Args:
        path: Absolute, or ``:memory:``.
        busy_timeout_s: How long to wait for other processes' writes.
    """

    def __init__(self, path: str, layout: Layout, busy_timeout_s: float) -> None:
        self.path, self.layout, self.busy_timeout_s = path, layout, busy_timeout_s
        self.users = 0
        self._db: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._wal = Path(f"{path}-wal")
        self._known = False
        self._thread = ThreadPoolExecutor(1, "sqlite") if has_threads() else None
        self._lock = Lock()
        self._waiting: list[FileWork] = []
        self._at_work = False

    def submit(self, job: FileWork) -> None:
        """Have a piece of work done; its future is set in its own loop."""
        with self._lock:
            self._waiting.append(job)
            if self._at_work:
                return
            self._at_work = True
        if self._thread is None:
            self._drain()
        else:
            self._thread.submit(self._drain)

    async def done(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """Do some work with the connection that is no transaction, such as a PRAGMA."""
        future: asyncio.Future[_T] = asyncio.get_running_loop().create_future()
        self.submit(FileWork(self, work, writes=False, future=future))
        return await future

    def disconnect(self) -> None:
        """Close the connection; nothing may be under way."""
        if self._db is not None:
            self._db.close()
            self._db = None

    async def aclose(self) -> None:
        """Close the connection after the work that has begun, and end the thread."""
        if self._thread is None:
            self.disconnect()
            return
        with suppress(RuntimeError):  # the interpreter is ending
            await asyncio.get_running_loop().run_in_executor(self._thread, self.disconnect)
        self._thread.shutdown()

    def _drain(self) -> None:
        while endings := self._batch_done():
            _settle(endings)

    def _batch_done(self) -> list[Ending]:
        """Do what waits; nothing here holds on to whoever asked once it returns."""
        batch = self._next()
        live = [job for job in batch if not job.future.cancelled()]
        if live:
            self._do(live)
        return [(job.future, job.result, job.error) for job in batch]

    def _next(self) -> list[FileWork]:
        with self._lock:
            batch, self._waiting = self._waiting[:_MOST_AT_ONCE], self._waiting[_MOST_AT_ONCE:]
            self._at_work = bool(batch)
        return batch

    def _do(self, batch: Sequence[FileWork]) -> None:
        db, error = _tried(self._ready)
        if db is None or error is not None:
            self._fail(batch, error)
            return
        for job in batch:
            if not job.writes:
                self._attempt(job, db)
        writes = [job for job in batch if job.writes]
        if writes:
            _, error = _tried(lambda: self._write(writes, db))
            if error is not None:
                self._fail(writes, error)

    def _write(self, jobs: Sequence[FileWork], db: sqlite3.Connection) -> None:
        """Do writes in one transaction; one that fails is undone alone.

        Raises:
            OSError, sqlite3.Error: None of them is done.
        """
        db.execute("BEGIN IMMEDIATE")
        try:
            for job in jobs:
                if not db.in_transaction:
                    raise sqlite3.OperationalError("the disk ended the transaction")
                self._within_savepoint(job, db)
            if not db.in_transaction:
                raise sqlite3.OperationalError("the disk ended the transaction")
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        self._check_there()

    def _within_savepoint(self, job: FileWork, db: sqlite3.Connection) -> None:
        db.execute("SAVEPOINT job")
        self._attempt(job, db)
        if db.in_transaction:
            if job.error is not None:
                db.execute("ROLLBACK TO job")
            db.execute("RELEASE job")

    def _attempt(self, job: FileWork, db: sqlite3.Connection) -> None:
        job.result, error = _tried(lambda: job.work(db))
        if error is not None:
            job.error = self._told(error)

    def _ready(self) -> sqlite3.Connection:
        """Give the connection, opened where it is not; the file must still be the same.

        Raises:
            Exception: It cannot be opened, or has gone.
        """
        if self._db is not None:
            self._check_there()
        if self._db is None:
            self._db = connected(self.path, self.layout, self.busy_timeout_s, new=not self._known)
            self._known = True
            if self.path != MEMORY:
                self._file = identity(self.path)
        return self._db

    def _check_there(self) -> None:
        if self.path == MEMORY:
            return
        try:
            same = identity(self.path) == self._file and self._wal.exists()
        except FileNotFoundError:
            same = False
        if not same:
            self._let_go()  # whatever takes its place is opened anew
            raise FileNotFoundError(self.path)

    def _let_go(self) -> None:
        """Leave a file that has gone: closing it must touch nothing that may stand there now."""
        db, self._db = self._db, None
        if db is None:
            return
        if sys.version_info >= (3, 12):
            db.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)
            db.close()
        else:
            # Closed, SQLite would write its log into the file, and delete the log by its name.
            _LOST.append(db)

    def _fail(self, jobs: Sequence[FileWork], error: BaseException | None) -> None:
        for job in jobs:
            if job.error is None and error is not None:
                job.result, job.error = None, self._told(error)

    def _told(self, error: BaseException) -> BaseException:
        made = error
        if isinstance(error, Exception):
            if self._known:
                lost = isinstance(error, FileNotFoundError)
                said = gone(self.path, self.layout) if lost else None
            else:
                said = misplaced(error, self.path, self.layout)
            made = said or failure(error, self.path, self.layout, waited_s=self.busy_timeout_s)
        if made is not error:
            made.__cause__ = error
        return made


def _tried(work: Callable[[], _T]) -> tuple[_T | None, BaseException | None]:
    """Do some work; what it raises is for whoever asked."""
    try:
        return work(), None
    except BaseException as error:  # the boundary: nobody may wait for ever
        # Our own frames hold those who asked, and would keep them, and their file, in a circle.
        place = error.__traceback__
        while place is not None and place.tb_frame.f_code.co_filename == __file__:
            place = place.tb_next
        return None, error.with_traceback(place)


def _settle(endings: Sequence[Ending]) -> None:
    """Tell each loop what has become of its work."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Ending]] = {}
    for ending in endings:
        by_loop.setdefault(ending[0].get_loop(), []).append(ending)
    for loop, its in by_loop.items():
        with suppress(RuntimeError):  # it is closed: nobody waits any more
            loop.call_soon_threadsafe(_tell, its)


def _tell(endings: Sequence[Ending]) -> None:
    for future, result, error in endings:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)


_LOST: list[sqlite3.Connection] = []
_OPEN: WeakValueDictionary[tuple[str, int, float], SharedConnection] = WeakValueDictionary()
_OPENING = RLock()  # a store that is collected meanwhile lets go of its connection in here


def acquire(path: str, layout: Layout, busy_timeout_s: float) -> SharedConnection:
    """Give the connection to a file, the same to all who ask for it in the same way."""
    if path == MEMORY:
        made = SharedConnection(path, layout, busy_timeout_s)
        made.users = 1
        return made
    whole = str(Path(path).absolute())
    key = (whole, layout.application, busy_timeout_s)
    with _OPENING:
        found = _OPEN.get(key)
        if found is not None:
            found.users += 1
            if _OPEN.get(key) is found:  # else it was let go in between, by a collection
                return found
        made = _OPEN[key] = SharedConnection(whole, layout, busy_timeout_s)
        made.users = 1
        return made


def release(connection: SharedConnection) -> bool:
    """Let go of a connection; True where nobody else has it, who must then close it."""
    with _OPENING:
        connection.users -= 1
        last = connection.users == 0
        if last:
            for key in [key for key, each in list(_OPEN.items()) if each is connection]:
                del _OPEN[key]
        return last


def open_connections() -> list[SharedConnection]:
    """Give the connections to files that are in use here, of this process."""
    with _OPENING:
        return list(_OPEN.values())
