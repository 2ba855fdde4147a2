"""The database behind durable runs: a SQLite file, or PostgreSQL by its URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from batuta.core.clock import machine_time
from batuta.core.ids import new_id
from batuta.core.redaction import redacted_text
from batuta.errors import BatutaError, ConfigError, StoreBusy, StoreUnreachable, StoreUnusable
from batuta.storage.sqlite_layout import identity, is_empty, make_whole

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database
    from sqlalchemy import TextClause
    from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_S = 10.0
_WHAT = "Database of durable runs"
_RESTORE = "See that it has room and can be written; else put it back from a backup."
_BROKEN = ("not a database", "malformed", "is full", "disk I/O")
_PROBE, _PROBE_CHARS = "probe", 128 * 1024
_SQLITE_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_POSTGRES_NOW = "extract(epoch from clock_timestamp())"
_TABLES = (
    """CREATE TABLE IF NOT EXISTS batuta_slots (
        app TEXT NOT NULL, slot TEXT NOT NULL, token TEXT NOT NULL, host TEXT NOT NULL,
        pid INTEGER NOT NULL, began TEXT NOT NULL, beat DOUBLE PRECISION NOT NULL,
        PRIMARY KEY (app, slot)
    )""",
    """CREATE TABLE IF NOT EXISTS batuta_questions (
        run_id TEXT NOT NULL, topic TEXT NOT NULL, person TEXT NOT NULL, question TEXT NOT NULL,
        asked DOUBLE PRECISION NOT NULL, answer TEXT, PRIMARY KEY (run_id, topic)
    )""",
    """CREATE TABLE IF NOT EXISTS batuta_contents (
        run_id TEXT NOT NULL, digest TEXT NOT NULL, kept_at DOUBLE PRECISION NOT NULL,
        content BYTEA NOT NULL, PRIMARY KEY (run_id, digest)
    )""",
)


class Store:
    """One database; opened at the first use.

    Args:
        where: ``postgresql://…``, or the path of a SQLite file that is made with its folder.
        keep_days: How long images and files are kept of a run that never ends.
    """

    def __init__(self, where: str | Path, *, keep_days: float = 90) -> None:
        self.where, self.keep_days = str(where), keep_days
        self.is_sqlite = "://" not in self.where
        self._opened: Database | None = None
        self._file: tuple[int, int] | None = None
        self._opening = Lock()  # several threads come to an engine's store

    @property
    def url(self) -> str:
        """The database's URL as SQLAlchemy has it."""
        if self.is_sqlite:
            return f"sqlite:///{Path(self.where).absolute()}"
        scheme, _, rest = self.where.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme.startswith("postgres") else self.where

    @property
    def database(self) -> Database:
        """The opened database.

        Raises:
            ConfigError: It cannot be opened.
            StoreBusy: Others keep it locked.
            StoreUnusable: It is damaged, full or empty.
        """
        with self._opening:
            if self._opened is None:
                self._opened = made = self._open()
                from sqlalchemy import event

                event.listen(made, "checkin", partial(self._given_back, made))
            return self._opened

    def has_runs(self) -> bool:
        """Tell whether anything was ever recorded here; makes no new file."""
        if self.is_sqlite and not Path(self.where).exists():
            return False
        from sqlalchemy import inspect

        schema = None if self.is_sqlite else "dbos"
        return inspect(self.database).has_table("workflow_status", schema=schema)

    def check(self) -> None:
        """See that the file that was opened still stands there; a server's database is not asked.

        Raises:
            StoreUnusable: It was removed, replaced or emptied: what is recorded would not last.
        """
        if self._opened is None or self._file is None:
            return
        with suppress(FileNotFoundError):
            if identity(self.where) == self._file:
                return
        detail = "is gone: its file was removed, replaced or emptied while it was in use"
        raise self._unusable(detail, _RESTORE)

    def probe(self) -> None:
        """See that it can be read and written, by reading and writing it.

        Raises:
            ConfigError: It cannot be opened.
            StoreBusy: Others keep it locked.
            StoreUnreachable: It does not answer.
            StoreUnusable: It is gone, damaged or full.
        """
        room = {"run_id": _PROBE, "topic": new_id("probe"), "filled": "-" * _PROBE_CHARS}
        with self.guarded():
            self.all("SELECT count(*) FROM batuta_slots")
            self.change(
                "INSERT INTO batuta_questions VALUES (:run_id, :topic, '', :filled, 0, NULL)",
                **room,
            )
            self.change("DELETE FROM batuta_questions WHERE run_id = :run_id", run_id=_PROBE)

    @contextmanager
    def guarded(self) -> Generator[None]:
        """Begin nothing where the file is gone, and tell what the database says as our error.

        Raises:
            StoreBusy: Others keep it locked.
            StoreUnusable: It is gone, damaged or full.
        """
        from sqlalchemy.exc import SQLAlchemyError

        self.check()
        try:
            yield
        except SQLAlchemyError as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> BatutaError:
        """Give our error for what a database says that was opened."""
        from sqlalchemy.exc import DBAPIError

        said = redacted_text((error.orig or error) if isinstance(error, DBAPIError) else error)
        if "locked" in said:
            return self._told(StoreBusy(_WHAT, _BUSY_S))
        if not self.is_sqlite:
            return StoreUnreachable(_WHAT, _BUSY_S, said)
        return self._unusable(f"cannot be used ({said})", _RESTORE)

    def close(self) -> None:
        """Close every connection; the next use opens it again."""
        with self._opening:
            opened, self._opened = self._opened, None
        if opened is not None:
            opened.dispose()

    def all(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Read rows; a list among the values is for ``IN``, ``now_s()`` the database's own time."""
        from sqlalchemy import bindparam

        statement = self._text(sql)
        for name, value in values.items():
            if isinstance(value, list):
                statement = statement.bindparams(bindparam(name, expanding=True))
        with self.database.connect() as db:
            found = db.execute(statement, values)
            return [tuple(row) for row in found.fetchall()]

    def change(self, sql: str, **values: Any) -> int:
        """Write, in a transaction of its own, and give the number of rows changed."""
        with self.database.begin() as db:
            return db.execute(self._text(sql), values).rowcount

    def _text(self, sql: str) -> TextClause:
        from sqlalchemy import text

        return text(sql.replace("now_s()", _SQLITE_NOW if self.is_sqlite else _POSTGRES_NOW))

    def _given_back(self, made: Database, _: object, record: ConnectionPoolEntry) -> None:
        """Close what a thread gives back after the store was closed: its pool is nobody's then."""
        if self._opened is not made:
            record.invalidate()

    def _open(self) -> Database:
        from sqlalchemy.exc import SQLAlchemyError

        made: Database | None = None
        try:
            made = _sqlite(Path(self.where), self.url) if self.is_sqlite else _postgres(self.url)
            with made.begin() as db:
                for statement in _TABLES:
                    db.exec_driver_sql(statement)
            self._file = identity(self.where) if self.is_sqlite else None
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            if made is not None:
                made.dispose()
            raise self._refused(error) from error
        return made

    def _unusable(self, detail: str, mend: str) -> BatutaError:
        return self._told(StoreUnusable(_WHAT, detail, mend))

    def _told(self, error: BatutaError) -> BatutaError:
        """Note which file it is, for those who keep it: users are not told paths."""
        if self.is_sqlite:
            error.add_note(f"File: {self.where}")
        return error

    def _refused(self, error: Exception) -> BatutaError:
        if "locked" in str(error):
            return self._told(StoreBusy(_WHAT, _BUSY_S))
        if any(words in str(error) for words in _BROKEN):
            return self._failure(error)
        if self.is_sqlite:
            mend = "Set BATUTA_DURABLE to sqlite, with a home that can be written."
            return ConfigError(f"Database of durable runs {self.where}: {error}", mend)
        mend = "Set BATUTA_DURABLE to the URL of a PostgreSQL database that exists and answers."
        return ConfigError(f"Database of durable runs: {redacted_text(error)}", mend)


def _sqlite(path: Path, url: str) -> Database:
    from sqlalchemy import create_engine, event

    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        make_whole(path, _begin)
    if is_empty(path):
        # Nobody can know what it held: a new one is never made in its place without a word.
        mend = "Put it back from a backup, or move it away to begin anew."
        failure = StoreUnusable(_WHAT, "is an empty file", mend)
        failure.add_note(f"File: {path}")
        raise failure
    with closing(sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")  # waits for others, which changing the mode does not
        db.execute("COMMIT")
        db.execute("PRAGMA journal_mode = WAL")
    made = create_engine(url, pool_size=20, max_overflow=10)
    event.listen(made, "connect", _prepare)
    return made


def _begin(db: sqlite3.Connection) -> None:
    for statement in _TABLES:
        db.execute(statement)


def _prepare(db: sqlite3.Connection, _: object) -> None:
    """Wait for others' writes, keep keys, and give an old SQLite the function that DBOS wants."""
    db.isolation_level = "IMMEDIATE"
    db.execute("PRAGMA busy_timeout = 30000")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    if sqlite3.sqlite_version_info < (3, 42):
        db.create_function("unixepoch", -1, _epoch)


def _epoch(*_: object) -> float:
    return machine_time().timestamp()


def _postgres(url: str) -> Database:
    from sqlalchemy import create_engine

    connect = {"connect_timeout": 10, "application_name": "batuta"}
    return create_engine(
        url, pool_size=20, max_overflow=10, pool_pre_ping=True, connect_args=connect
    )
