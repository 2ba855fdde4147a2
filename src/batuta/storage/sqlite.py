"""Sessions and run records in a SQLite file, safe between threads, processes and crashes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from batuta.core.clock import Clock, SystemClock
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.result import json_text
from batuta.core.session import Session
from batuta.core.spending import RunSpending
from batuta.core.turn import KeptTurn
from batuta.errors import Conflict, RecordNotFound, SessionError
from batuta.storage.content import content_of
from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import snapshot
from batuta.storage.sqlite_schema import LAYOUT, put_messages
from batuta.storage.sqlite_spending import fold_spending, keep_spending, read_spending

_DAY_S, _HOUR_S = 86_400, 3_600
_EVERY = 7  # a prime: people who take turns are all looked at
_AT_ONCE = 32  # old ones that one look takes in


class SqliteSessions(SqliteStore):
    """A ``SessionStore`` in a file, which a ``SqliteRuns`` may share.

    Newest is what was saved last, whatever a session's clock said. A session expires some days
    after its last save, and is then as if it were not there.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        keep_days: Days after its last save that a session is kept.
        clock: Says what has expired; None takes the machine's.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep_days: float = 90,
        clock: Clock | None = None,
        busy_timeout_s: float = 10.0,
    ) -> None:
        super().__init__(path, LAYOUT, busy_timeout_s)
        self.keep_days, self.clock = keep_days, clock or SystemClock()
        self._saves = count()

    async def load(self, session_id: str, principal_id: str) -> Session:
        """See ``SessionStore.load``."""
        asked = (session_id, principal_id, self._oldest())

        def read(db: sqlite3.Connection) -> Session | None:
            sql = "SELECT CAST(message AS BLOB) FROM messages WHERE session_id = ? ORDER BY n"
            with snapshot(db):
                found = _rows(db, f"{_SESSION} WHERE session_id = ? AND {_LIVING}", *asked)
                said = [row[0] for row in _rows(db, sql, session_id)] if found else []
            return self._session(found[0], said) if found else None

        found = await self.file.read(read)
        if found is None:
            raise SessionError(session_id)
        return found

    async def save(self, session: Session) -> None:
        """See ``SessionStore.save``; one deleted meanwhile is missing, not made again."""
        # Encoded before the first await, as others may change it; messages are immutable.
        state, history = json_text(session.state), tuple(session.history)
        session_id, principal_id = session.id, session.principal_id
        version, updated_at = session.version, session.updated_at
        now = self._now()

        def write(db: sqlite3.Connection) -> None:
            said = [json_text(message.to_json()) for message in history]
            values = (version + 1, updated_at, state, now, session_id, principal_id)
            self._forget(db, session_id if not version else None)
            if version:
                written = db.execute(_UPDATE_SESSION, (*values, version))
            else:
                written = db.execute(_INSERT_SESSION, values)
            if not written.rowcount:
                mine = "SELECT 1 FROM sessions WHERE session_id = ? AND principal_id = ?"
                if _rows(db, mine, session_id, principal_id):
                    raise Conflict(f"Session {session_id!r}")
                raise SessionError(session_id)
            _replace_messages(db, session_id, said)

        await self.file.write(write)
        session.version = version + 1

    async def list(self, principal_id: str, limit: int = 100) -> Sequence[Session]:
        """See ``SessionStore.list``."""
        sql = f"{_SESSION} WHERE {_LIVING} ORDER BY saved DESC LIMIT ?"
        asked = (principal_id, self._oldest(), max(limit, 0))
        return await self.file.read(
            lambda db: [self._session(row) for row in _rows(db, sql, *asked)]
        )

    async def delete(self, session_id: str, principal_id: str) -> None:
        """See ``SessionStore.delete``."""
        sql = "DELETE FROM sessions WHERE session_id = ? AND principal_id = ? AND saved_at > ?"
        asked = (session_id, principal_id, self._oldest())
        try:
            gone = await self.file.write(lambda db: db.execute(sql, asked).rowcount)
        except UnicodeEncodeError as error:
            raise SessionError(session_id) from error
        if not gone:
            raise SessionError(session_id)

    def turn_writer(self, turn: KeptTurn, session: Session) -> Callable[[sqlite3.Connection], None]:
        """Make what adds a turn to its conversation within a transaction."""
        state, known = json_text(session.state), session.version
        session_id, principal_id, said = session.id, session.principal_id, turn.said
        now = self._now()
        done = any(message.id == said[0].id for message in session.history)
        first = (1, turn.updated_at, state, now, session_id, principal_id)

        def write(db: sqlite3.Connection) -> None:
            if not (known or done) and db.execute(_INSERT_SESSION, first).rowcount:
                self._forget(db, None)
                kept = said[-turn.most_messages :] if turn.most_messages else ()
                put_messages(db, session_id, [json_text(m.to_json()) for m in kept], at=0)
                return  # nobody has it: it begins with this turn
            self._forget(db, session_id if not known else None)
            version = _version(db, session_id, principal_id)
            if known and version is None:
                return  # its owner deleted it meanwhile: there is nothing to keep it in
            unchanged = (version or 0) == known
            if done if unchanged else _is_there(db, session_id, said[0].id):
                return  # an earlier attempt of the run did it
            values = ((version or 0) + 1, turn.updated_at, state, now, session_id, principal_id)
            if version is None and not db.execute(_INSERT_SESSION, values).rowcount:
                return  # somebody else's has this id
            if version is not None:
                db.execute(_UPDATE_SESSION, (*values, version))
            last = _last(db, session_id)
            put_messages(db, session_id, [json_text(m.to_json()) for m in said], at=last + 1)
            sql = "DELETE FROM messages WHERE session_id = ? AND n <= ?"
            db.execute(sql, (session_id, last + len(said) - turn.most_messages))

        return write

    def _forget(self, db: sqlite3.Connection, session_id: str | None) -> None:
        """Let go of one that has expired, and now and then of the oldest that have."""
        oldest = self._oldest()
        if session_id is not None:
            sql = "DELETE FROM sessions WHERE session_id = ? AND saved_at <= ?"
            db.execute(sql, (session_id, oldest))
        if next(self._saves) % _EVERY == 0:
            db.execute(_FORGET_SESSIONS, (_AT_ONCE, oldest))

    def _now(self) -> int:
        return int(self.clock.now().timestamp())

    def _oldest(self) -> int:
        return self._now() - int(self.keep_days * _DAY_S)

    def _session(self, row: tuple[Any, ...], history: Sequence[bytes] = ()) -> Session:
        session_id, principal_id, version, updated_at, state = row

        def read() -> Session:
            said = [Message.from_json(json.loads(raw)) for raw in history]
            return Session(session_id, principal_id, said, json.loads(state), version, updated_at)

        return content_of(read, f"Session {session_id!r}", self.file.path)


class SqliteRuns(SqliteStore):
    """A ``RunStore`` in a file, which a ``SqliteSessions`` may share.

    Newest is what was saved last, whatever a run's clock said; a record that is saved again keeps
    its place. Of several with one request key, ``find`` gives the newest.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        keep: Most records of one principal; older ones go with the save that passes it.
        keep_days: Days after its save that a record is kept.
        key_hours: Hours for which a record with a request key stays, whatever ``keep`` and
            ``keep_days`` say.
        clock: Says what has expired; None takes the machine's.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep: int = 1_000,
        keep_days: float = 90,
        key_hours: float = 24,
        clock: Clock | None = None,
        busy_timeout_s: float = 10.0,
    ) -> None:
        if keep < 1:
            raise ValueError("SqliteRuns keep must be 1 or more.")
        super().__init__(path, LAYOUT, busy_timeout_s)
        self.keep, self.keep_days, self.key_hours = keep, keep_days, key_hours
        self.clock = clock or SystemClock()
        # One in a hundred more than asked for may stay, so that not every save looks for them.
        self._every = min(_EVERY, max(1, keep // 100))
        self._saves = count()

    async def save(self, record: RunRecord, request_key: str = "") -> None:
        """See ``RunStore.save``.

        Raises:
            RecordNotFound: The id belongs to another principal.
        """
        await self.file.write(self.writer(record, request_key))

    def writer(self, record: RunRecord, request_key: str) -> Callable[[sqlite3.Connection], None]:
        """Make what writes a record within a transaction."""
        principal_id, now = record.principal_id, self.clock.now().astimezone(UTC)

        def write(db: sqlite3.Connection) -> None:
            text = json_text(record.to_json())
            values = (record.run_id, principal_id, request_key, int(now.timestamp()), text)
            if not db.execute(_UPSERT_RUN, values).rowcount:
                raise RecordNotFound(record.run_id)
            keep_spending(db, record, now.date().isoformat())
            if next(self._saves) % self._every == 0:
                self._forget(db, principal_id)

        return write

    def _forget(self, db: sqlite3.Connection, principal_id: str) -> None:
        """Let go of what is beyond the limit, and of the oldest that have expired."""
        asked = (self.clock.now().timestamp() - self.key_hours * _HOUR_S, principal_id)
        db.execute(_FORGET_BEYOND, (*asked, _AT_ONCE, self.keep))
        db.execute(_FORGET_OLDEST, (*asked, _AT_ONCE, principal_id, self.keep))
        db.execute(_FORGET_EXPIRED, (_AT_ONCE, *self._oldest()))
        fold_spending(db, datetime.fromtimestamp(self._oldest()[0], UTC).date().isoformat())

    async def spending(self, principal_id: str | None, since: str = "") -> Sequence[RunSpending]:
        """See ``SpendingStore.spending``; runs older than ``keep_days`` are one row for a day."""
        return await self.file.read(lambda db: read_spending(db, principal_id, since))

    async def load(self, run_id: str, principal_id: str) -> RunRecord:
        """See ``RunStore.load``."""
        where = f"run_id = ? AND {_LIVING_RUN}"
        found = await self._select(where, run_id, principal_id, *self._oldest())
        if not found:
            raise RecordNotFound(run_id)
        return found[0]

    async def find(self, request_key: str, principal_id: str) -> RunRecord | None:
        """See ``RunStore.find``."""
        where = (
            f"request_key = ? AND request_key <> '' AND {_LIVING_RUN} ORDER BY saved DESC LIMIT 1"
        )
        found = await self._select(where, request_key, principal_id, *self._oldest())
        return found[0] if found else None

    async def list(self, principal_id: str, limit: int = 50) -> Sequence[RunRecord]:
        """See ``RunStore.list``."""
        where = f"{_LIVING_RUN} ORDER BY saved DESC LIMIT ?"
        return await self._select(where, principal_id, *self._oldest(), max(limit, 0))

    async def _select(self, where: str, *values: str | float) -> Sequence[RunRecord]:
        sql = f"SELECT run_id, CAST(record AS BLOB) FROM runs WHERE {where}"  # noqa: S608  all ours
        return await self.file.read(
            lambda db: [self._record(*row) for row in _rows(db, sql, *values)]
        )

    def _oldest(self) -> tuple[float, float]:
        """Say since when records are kept: those without a request key, and those with one."""
        now = self.clock.now().timestamp()
        kept_s = self.keep_days * _DAY_S
        return now - kept_s, now - max(kept_s, self.key_hours * _HOUR_S)

    def _record(self, run_id: str, text: bytes) -> RunRecord:
        what = f"Run {run_id!r}"
        return content_of(lambda: RunRecord.from_json(json.loads(text)), what, self.file.path)


def _replace_messages(db: sqlite3.Connection, session_id: str, said: Sequence[str]) -> None:
    """Make a conversation's rows what was said, touching those alone that differ."""
    sql = "SELECT n, message FROM messages WHERE session_id = ? ORDER BY n"
    stood = db.execute(sql, (session_id,)).fetchall()
    texts = [text for _, text in stood]
    # The oldest may have been cut off: find what is left of them.
    cut = texts.index(said[0]) if said and said[0] in texts else len(texts)
    same = 0
    for ours, theirs in zip(said, texts[cut:], strict=False):
        if ours != theirs:
            break
        same += 1
    first = stood[cut][0] if cut < len(stood) else 0
    sql = "DELETE FROM messages WHERE session_id = ? AND (n < ? OR n >= ?)"
    db.execute(sql, (session_id, first, first + same))
    put_messages(db, session_id, said[same:], at=first + same)


def _version(db: sqlite3.Connection, session_id: str, principal_id: str) -> int | None:
    sql = "SELECT version FROM sessions WHERE session_id = ? AND principal_id = ?"
    found = db.execute(sql, (session_id, principal_id)).fetchone()
    return found[0] if found else None


def _last(db: sqlite3.Connection, session_id: str) -> int:
    sql = "SELECT COALESCE(MAX(n), -1) FROM messages WHERE session_id = ?"
    return db.execute(sql, (session_id,)).fetchone()[0]


def _is_there(db: sqlite3.Connection, session_id: str, message_id: str) -> bool:
    sql = "SELECT message FROM messages WHERE session_id = ? ORDER BY n"
    return any(json.loads(text)["id"] == message_id for (text,) in db.execute(sql, (session_id,)))


def _rows(db: sqlite3.Connection, sql: str, *values: str | float) -> Sequence[tuple[Any, ...]]:
    try:
        return db.execute(sql, values).fetchall()
    except UnicodeEncodeError:  # half of a surrogate pair: nothing can have been saved under it
        return ()


_SESSION = "SELECT session_id, principal_id, version, updated_at, CAST(state AS BLOB) FROM sessions"
_LIVING = "principal_id = ? AND saved_at > ?"
_INSERT_SESSION = (
    "INSERT INTO sessions "
    "(version, updated_at, state, saved_at, session_id, principal_id, saved) "
    "VALUES (?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(saved), 0) + 1 FROM sessions)) "
    "ON CONFLICT (session_id) DO NOTHING"
)
_UPDATE_SESSION = (
    "UPDATE sessions SET version = ?, updated_at = ?, state = ?, saved_at = ?, "
    "saved = (SELECT MAX(saved) + 1 FROM sessions) "
    "WHERE session_id = ? AND principal_id = ? AND version = ?"
)
_FORGET_SESSIONS = (
    "DELETE FROM sessions WHERE saved IN "
    "(SELECT saved FROM sessions ORDER BY saved LIMIT ?) AND saved_at <= ?"
)
_LIVING_RUN = "principal_id = ? AND saved_at > IIF(request_key = '', ?, ?)"
_UPSERT_RUN = (
    "INSERT INTO runs (run_id, principal_id, request_key, saved_at, record) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (run_id) DO UPDATE SET request_key = excluded.request_key, "
    "saved_at = excluded.saved_at, record = excluded.record "
    "WHERE principal_id = excluded.principal_id"
)
# A key that is still young keeps its record; what is beyond the limit is looked at from both ends.
_FORGET_BEYOND = (
    "DELETE FROM runs WHERE (request_key = '' OR saved_at <= ?) AND saved IN "
    "(SELECT saved FROM runs WHERE principal_id = ? ORDER BY saved DESC LIMIT ? OFFSET ?)"
)
_FORGET_OLDEST = (
    "DELETE FROM runs WHERE (request_key = '' OR saved_at <= ?) AND saved IN "
    "(SELECT saved FROM runs WHERE principal_id = ? ORDER BY saved LIMIT ?) AND saved < "
    "(SELECT saved FROM runs WHERE principal_id = ? ORDER BY saved DESC LIMIT 1 OFFSET ? - 1)"
)
_FORGET_EXPIRED = (
    "DELETE FROM runs WHERE saved IN (SELECT saved FROM runs ORDER BY saved LIMIT ?) "
    "AND saved_at <= IIF(request_key = '', ?, ?)"
)
