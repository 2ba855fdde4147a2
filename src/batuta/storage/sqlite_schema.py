"""The layout of the file with sessions and run records, and how older ones become it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from batuta.core.clock import SystemClock
from batuta.core.record import RunRecord
from batuta.storage.sqlite_layout import Layout
from batuta.storage.sqlite_spending import INDEXES, TABLE, keep_spending

_SESSIONS = """CREATE TABLE sessions (
    session_id   TEXT PRIMARY KEY,
    principal_id TEXT NOT NULL,
    version      INTEGER NOT NULL,
    saved        INTEGER NOT NULL,
    saved_at     INTEGER NOT NULL,
    updated_at   TEXT NOT NULL,
    state        TEXT NOT NULL
)"""
_OF_SESSIONS = (
    "CREATE UNIQUE INDEX sessions_by_save ON sessions (saved)",
    "CREATE INDEX sessions_of_principal ON sessions (principal_id, saved)",
    # Rows of one conversation stand together, so that a turn is added and a history read at once.
    """CREATE TABLE messages (
        session_id TEXT NOT NULL,
        n          INTEGER NOT NULL,
        message    TEXT NOT NULL,
        PRIMARY KEY (session_id, n)
    ) WITHOUT ROWID""",
    """CREATE TRIGGER session_out AFTER DELETE ON sessions BEGIN
        DELETE FROM messages WHERE session_id = old.session_id;
    END""",
)
# The records stand last in their rows: SQLite reads a long row no further than it must.
_RUNS = """CREATE TABLE runs (
    saved        INTEGER PRIMARY KEY,
    run_id       TEXT NOT NULL UNIQUE,
    principal_id TEXT NOT NULL,
    request_key  TEXT NOT NULL,
    saved_at     INTEGER NOT NULL,
    record       TEXT NOT NULL
)"""
_OF_RUNS = (
    "CREATE INDEX runs_of_principal ON runs (principal_id, saved)",
    "CREATE INDEX runs_of_request ON runs (request_key, principal_id) WHERE request_key <> ''",
)


def _messages_as_rows(db: sqlite3.Connection) -> None:
    """Take version 1 to 2: a history in one text becomes rows; ages count from today."""
    now = int(SystemClock().now().timestamp())
    for name in ("sessions", "runs"):
        db.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    for index in ("by_save", "of_principal"):
        db.execute(f"DROP INDEX sessions_{index}")
    for index in ("of_principal", "of_request"):
        db.execute(f"DROP INDEX runs_{index}")
    for statement in (_SESSIONS, *_OF_SESSIONS, _RUNS, *_OF_RUNS):
        db.execute(statement)
    db.execute(
        "INSERT INTO sessions SELECT session_id, principal_id, version, saved, ?, updated_at, state"
        " FROM old_sessions",
        (now,),
    )
    histories = "SELECT session_id, CAST(history AS BLOB) FROM old_sessions"
    for session_id, history in db.execute(histories):
        put_messages(db, session_id, _texts(history), at=0)
    db.execute(
        "INSERT INTO runs SELECT saved, run_id, principal_id, request_key, ?, record FROM old_runs",
        (now,),
    )
    for name in ("sessions", "runs"):
        db.execute(f"DROP TABLE old_{name}")


def _with_spending(db: sqlite3.Connection) -> None:
    """Take version 2 to 3: what the runs that are kept spent stands beside their records."""
    for statement in (TABLE, *INDEXES):
        db.execute(statement)
    for (text,) in db.execute("SELECT CAST(record AS BLOB) FROM runs ORDER BY saved"):
        try:
            record = RunRecord.from_json(json.loads(text))
        except (KeyError, TypeError, ValueError):
            continue  # damaged: nobody can say what it spent, and reading it says that it is
        keep_spending(db, record, record.started_at[:10])


def _texts(history: bytes) -> Sequence[str]:
    """Give the messages of a history; a damaged one stays one damaged text, its own alone."""
    try:
        return [json.dumps(each) for each in json.loads(history)]
    except (TypeError, ValueError):
        return [history.decode("utf-8", "replace")]


def put_messages(
    db: sqlite3.Connection, session_id: str, messages: Sequence[str], *, at: int
) -> None:
    """Write encoded messages as a conversation's rows from a number on."""
    rows = [(session_id, at + each, message) for each, message in enumerate(messages)]
    db.executemany("INSERT INTO messages VALUES (?, ?, ?)", rows)


LAYOUT = Layout(
    what="Database of sessions and runs",
    application=0x42545352,  # "BTSR"
    version=3,
    schema=(_SESSIONS, *_OF_SESSIONS, _RUNS, *_OF_RUNS, TABLE, *INDEXES),
    migrations={1: _messages_as_rows, 2: _with_spending},
)
