"""Sessions and run records in a SQLite file, safe between threads, processes and crashes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import Conflict, RecordNotFound, SessionError
from batuta.storage.content import content_of
from batuta.storage.sqlite_file import Layout, SqliteStore, transaction

# The histories stand last in their rows: SQLite reads a long row no further than it must.
_SCHEMA = (
    """CREATE TABLE sessions (
        session_id   TEXT PRIMARY KEY,
        principal_id TEXT NOT NULL,
        version      INTEGER NOT NULL,
        saved        INTEGER NOT NULL,
        updated_at   TEXT NOT NULL,
        state        TEXT NOT NULL,
        history      TEXT NOT NULL
    )""",
    "CREATE UNIQUE INDEX sessions_by_save ON sessions (saved)",
    "CREATE INDEX sessions_of_principal ON sessions (principal_id, saved)",
    """CREATE TABLE runs (
        saved        INTEGER PRIMARY KEY,
        run_id       TEXT NOT NULL UNIQUE,
        principal_id TEXT NOT NULL,
        request_key  TEXT NOT NULL,
        record       TEXT NOT NULL
    )""",
    "CREATE INDEX runs_of_principal ON runs (principal_id, saved)",
    "CREATE INDEX runs_of_request ON runs (request_key, principal_id) WHERE request_key <> ''",
)
_LAYOUT = Layout(
    what="Database of sessions and runs",
    application=0x42545352,  # "BTSR"
    version=1,
    schema=_SCHEMA,
)


class SqliteSessions(SqliteStore):
    """A ``SessionStore`` in a file, which a ``SqliteRuns`` may share.

    Newest is what was saved last, whatever a session's clock said.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(self, path: Path | str, *, busy_timeout_s: float = 10.0) -> None:
        super().__init__(path, _LAYOUT, busy_timeout_s)

    async def load(self, session_id: str, principal_id: str) -> Session:
        """See ``SessionStore.load``."""
        sql = (
            "SELECT session_id, principal_id, version, updated_at, CAST(state AS BLOB), "
            "CAST(history AS BLOB) FROM sessions WHERE session_id = ? AND principal_id = ?"
        )
        found = await self._file.do(
            lambda db: [self._session(row) for row in _rows(db, sql, session_id, principal_id)]
        )
        if not found:
            raise SessionError(session_id)
        return found[0]

    async def save(self, session: Session) -> None:
        """See ``SessionStore.save``; one deleted meanwhile is missing, not made again."""
        # Encoded before the first await, as others may change it; messages are immutable.
        state, history = json.dumps(session.state), tuple(session.history)
        session_id, principal_id = session.id, session.principal_id
        version, updated_at = session.version, session.updated_at

        def write(db: sqlite3.Connection) -> None:
            said = json.dumps([message.to_json() for message in history])
            values = (version + 1, updated_at, state, said, session_id, principal_id)
            with transaction(db):
                if version:
                    written = db.execute(_UPDATE_SESSION, (*values, version))
                else:
                    written = db.execute(_INSERT_SESSION, values)
                if not written.rowcount:
                    mine = "SELECT 1 FROM sessions WHERE session_id = ? AND principal_id = ?"
                    if _rows(db, mine, session_id, principal_id):
                        raise Conflict(f"Session {session_id!r}")
                    raise SessionError(session_id)

        await self._file.do(write)
        session.version = version + 1

    async def list(self, principal_id: str, limit: int = 100) -> Sequence[Session]:
        """See ``SessionStore.list``."""
        sql = (
            "SELECT session_id, principal_id, version, updated_at, CAST(state AS BLOB), '[]' "
            "FROM sessions WHERE principal_id = ? ORDER BY saved DESC LIMIT ?"
        )
        return await self._file.do(
            lambda db: [self._session(row) for row in _rows(db, sql, principal_id, max(limit, 0))]
        )

    async def delete(self, session_id: str, principal_id: str) -> None:
        """See ``SessionStore.delete``."""
        sql = "DELETE FROM sessions WHERE session_id = ? AND principal_id = ?"
        try:
            gone = await self._file.do(
                lambda db: db.execute(sql, (session_id, principal_id)).rowcount
            )
        except UnicodeEncodeError as error:
            raise SessionError(session_id) from error
        if not gone:
            raise SessionError(session_id)

    def _session(self, row: tuple[Any, ...]) -> Session:
        session_id, principal_id, version, updated_at, state, history = row

        def read() -> Session:
            said = [Message.from_json(raw) for raw in json.loads(history)]
            return Session(session_id, principal_id, said, json.loads(state), version, updated_at)

        return content_of(read, f"Session {session_id!r} in {self._file.path}")


class SqliteRuns(SqliteStore):
    """A ``RunStore`` in a file, which a ``SqliteSessions`` may share.

    Newest is what was saved last, whatever a run's clock said; a record that is saved again keeps
    its place. Of several with one request key, ``find`` gives the newest.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        keep: Most records of one principal; older ones go with the save that passes it.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self, path: Path | str, *, keep: int = 1_000, busy_timeout_s: float = 10.0
    ) -> None:
        if keep < 1:
            raise ValueError("SqliteRuns keep must be 1 or more.")
        super().__init__(path, _LAYOUT, busy_timeout_s)
        self.keep = keep

    async def save(self, record: RunRecord, request_key: str = "") -> None:
        """See ``RunStore.save``.

        Raises:
            RecordNotFound: The id belongs to another principal.
        """
        principal_id = record.principal_id

        def write(db: sqlite3.Connection) -> None:
            text = json.dumps(record.to_json())
            values = (record.run_id, principal_id, request_key, text)
            with transaction(db):
                if not db.execute(_UPSERT_RUN, values).rowcount:
                    raise RecordNotFound(record.run_id)
                db.execute(_FORGET_RUNS, (principal_id, principal_id, self.keep))

        await self._file.do(write)

    async def load(self, run_id: str, principal_id: str) -> RunRecord:
        """See ``RunStore.load``."""
        found = await self._select("run_id = ? AND principal_id = ?", run_id, principal_id)
        if not found:
            raise RecordNotFound(run_id)
        return found[0]

    async def find(self, request_key: str, principal_id: str) -> RunRecord | None:
        """See ``RunStore.find``."""
        where = (
            "request_key = ? AND request_key <> '' AND principal_id = ? ORDER BY saved DESC LIMIT 1"
        )
        found = await self._select(where, request_key, principal_id)
        return found[0] if found else None

    async def list(self, principal_id: str, limit: int = 50) -> Sequence[RunRecord]:
        """See ``RunStore.list``."""
        where = "principal_id = ? ORDER BY saved DESC LIMIT ?"
        return await self._select(where, principal_id, max(limit, 0))

    async def _select(self, where: str, *values: str | int) -> Sequence[RunRecord]:
        sql = f"SELECT run_id, CAST(record AS BLOB) FROM runs WHERE {where}"  # noqa: S608  all ours
        return await self._file.do(
            lambda db: [self._record(*row) for row in _rows(db, sql, *values)]
        )

    def _record(self, run_id: str, text: bytes) -> RunRecord:
        what = f"Run {run_id!r} in {self._file.path}"
        return content_of(lambda: RunRecord.from_json(json.loads(text)), what)


def _rows(db: sqlite3.Connection, sql: str, *values: str | int) -> Sequence[tuple[Any, ...]]:
    try:
        return db.execute(sql, values).fetchall()
    except UnicodeEncodeError:  # half of a surrogate pair: nothing can have been saved under it
        return ()


_INSERT_SESSION = (
    "INSERT INTO sessions (version, updated_at, state, history, session_id, principal_id, saved) "
    "VALUES (?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(saved), 0) + 1 FROM sessions)) "
    "ON CONFLICT (session_id) DO NOTHING"
)
_UPDATE_SESSION = (
    "UPDATE sessions SET version = ?, updated_at = ?, state = ?, history = ?, "
    "saved = (SELECT MAX(saved) + 1 FROM sessions) "
    "WHERE session_id = ? AND principal_id = ? AND version = ?"
)
_UPSERT_RUN = (
    "INSERT INTO runs (run_id, principal_id, request_key, record) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (run_id) DO UPDATE SET request_key = excluded.request_key, "
    "record = excluded.record WHERE principal_id = excluded.principal_id"
)
_FORGET_RUNS = (
    "DELETE FROM runs WHERE principal_id = ? AND saved <= "
    "(SELECT saved FROM runs WHERE principal_id = ? ORDER BY saved DESC LIMIT 1 OFFSET ?)"
)
