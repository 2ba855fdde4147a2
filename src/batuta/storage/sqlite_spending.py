"""What runs spent, as rows of the file that has their records; the oldest are one row for a day."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from batuta.core.record import RunRecord
from batuta.core.result import json_text
from batuta.core.spending import RunSpending, of_one_day, spending_of

TABLE = """CREATE TABLE spending (
    run_id       TEXT PRIMARY KEY,
    principal_id TEXT NOT NULL,
    day          TEXT NOT NULL,
    folded       INTEGER NOT NULL,
    session_id   TEXT NOT NULL,
    style        TEXT NOT NULL,
    app          TEXT NOT NULL,
    spent        TEXT NOT NULL
)"""
INDEXES = (
    "CREATE INDEX spending_of_principal ON spending (principal_id, day)",
    "CREATE INDEX spending_by_day ON spending (folded, day)",
)
_AT_ONCE = 64


def keep_spending(db: sqlite3.Connection, record: RunRecord, day: str) -> None:
    """Write what a run spent; a second time replaces it, and keeps its day."""
    _write(db, spending_of(record, day), run_id=record.run_id, folded=0)


def read_spending(
    db: sqlite3.Connection, principal_id: str | None, since: str
) -> Sequence[RunSpending]:
    """Read what was spent, by day."""
    mine = "" if principal_id is None else "principal_id = ? AND "
    asked = (since,) if principal_id is None else (principal_id, since)
    sql = f"{_SELECT} WHERE {mine}day >= ? ORDER BY day, run_id"
    try:
        return [_spending(row) for row in db.execute(sql, asked)]
    except UnicodeEncodeError:  # half of a surrogate pair: nothing can have been saved under it
        return ()


def fold_spending(db: sqlite3.Connection, before: str) -> None:
    """Make one row of those of a day, principal, style and App, of some days that are long past.

    Args:
        before: ISO date of the first day whose runs stay apart.
    """
    sql = f"{_SELECT} WHERE folded = 0 AND day < ? ORDER BY day LIMIT ?"
    old = [_spending(row) for row in db.execute(sql, (before, _AT_ONCE))]
    alike: dict[tuple[str, ...], list[RunSpending]] = {}
    for each in old:
        alike.setdefault((each.day, each.principal_id, each.app, each.style), []).append(each)
    for key, many in alike.items():
        name = json.dumps(["day", *key])
        stood = [_spending(row) for row in db.execute(f"{_SELECT} WHERE run_id = ?", (name,))]
        db.executemany("DELETE FROM spending WHERE run_id = ?", [(m.run_id,) for m in many])
        _write(db, of_one_day([*stood, *many]), run_id=name, folded=1)


def _write(db: sqlite3.Connection, made: RunSpending, *, run_id: str, folded: int) -> None:
    body = json_text(made.body())
    names = (made.principal_id, made.day, folded, made.session_id, made.style, made.app)
    db.execute(_UPSERT, (run_id, *names, body))


def _spending(row: Sequence[Any]) -> RunSpending:
    run_id, principal_id, day, folded, session_id, style, app, spent = row
    return RunSpending.of_body(
        json.loads(spent),
        run_id="" if folded else run_id,
        principal_id=principal_id,
        day=day,
        session_id=session_id,
        style=style,
        app=app,
    )


_SELECT = (
    "SELECT run_id, principal_id, day, folded, session_id, style, app, CAST(spent AS BLOB) "
    "FROM spending"
)
_UPSERT = (
    "INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (run_id) DO UPDATE SET spent = excluded.spent"
)
