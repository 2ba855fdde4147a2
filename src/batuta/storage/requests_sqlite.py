"""Requests that may be sent again, and the writes that were begun for them, in a SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from batuta.core.clock import machine_time
from batuta.core.effect import LoggedEffect
from batuta.core.ids import new_id
from batuta.core.kept_content import KeptContent
from batuta.core.request import Request, RequestClaim
from batuta.core.result import json_text
from batuta.errors import RequestTakenOver
from batuta.storage.owners import LIVE, is_free, is_left, owner_of
from batuta.storage.sqlite_file import SqliteStore
from batuta.storage.sqlite_layout import Layout

_SCHEMA = (
    """CREATE TABLE requests (
        principal_id TEXT NOT NULL,
        request_key  TEXT NOT NULL,
        words        TEXT NOT NULL,
        session_id   TEXT NOT NULL,
        run_id       TEXT NOT NULL,
        owner        TEXT NOT NULL,
        beat         REAL NOT NULL,
        PRIMARY KEY (principal_id, request_key)
    )""",
    "CREATE INDEX requests_by_age ON requests (beat)",
    """CREATE TABLE effects (
        number       INTEGER PRIMARY KEY,
        key          TEXT NOT NULL,
        principal_id TEXT NOT NULL,
        request      TEXT NOT NULL,
        session_id   TEXT NOT NULL,
        run_id       TEXT NOT NULL,
        tool         TEXT NOT NULL,
        arguments    TEXT NOT NULL,
        status       TEXT NOT NULL CHECK (status IN ('begun', 'done', 'failed')),
        result       TEXT NOT NULL,
        begun_at     TEXT NOT NULL,
        owner        TEXT NOT NULL,
        beat         REAL NOT NULL,
        told         INTEGER NOT NULL DEFAULT 0,
        steps        TEXT NOT NULL DEFAULT '',
        UNIQUE (principal_id, key)
    )""",
    "CREATE INDEX effects_of_request ON effects (request, principal_id)",
    "CREATE INDEX effects_untold ON effects (session_id, principal_id) WHERE NOT told",
    "CREATE INDEX effects_by_age ON effects (beat)",
)


def _with_steps(db: sqlite3.Connection) -> None:
    """Make room for what a write's run had done before it, as a new file has it."""
    db.execute("ALTER TABLE effects RENAME TO effects_1")
    for index in ("effects_of_request", "effects_untold", "effects_by_age"):
        db.execute(f"DROP INDEX {index}")
    for statement in _SCHEMA[2:]:
        db.execute(statement)
    db.execute(f"INSERT INTO effects SELECT {_OF_1}, '' FROM effects_1")  # noqa: S608  all ours
    db.execute("DROP TABLE effects_1")


_OF_1 = (
    "number, key, principal_id, request, session_id, run_id, tool, arguments, status, result, "
    "begun_at, owner, beat, told"
)
LAYOUT = Layout(
    what="Database of requests",
    application=0x42545251,  # "BTRQ"
    version=2,
    schema=_SCHEMA,
    migrations={1: _with_steps},
)
_COLUMNS = (
    "key, principal_id, request, session_id, run_id, tool, arguments, status, result, begun_at, "
    "steps"
)


class SqliteRequests(SqliteStore):
    """A ``RequestLog`` in a file, which several processes of one machine may share.

    Args:
        path: The file, made with its folder at the first use; ``:memory:`` keeps nothing.
        keep_hours: How long a request is known after its last try, and its writes after they began.
        kept: What is taken out of a write's arguments and result once it has ended.
        busy_timeout_s: How long to wait for others' writes before ``StoreBusy``.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        keep_hours: float = 24.0,
        kept: KeptContent | None = None,
        busy_timeout_s: float = 10.0,
    ) -> None:
        super().__init__(path, LAYOUT, busy_timeout_s)
        self.kept = kept or KeptContent()
        self.keep_hours = keep_hours
        self._forgotten_s = 0.0

    async def claim(self, request: Request, *, fenced: bool = True) -> RequestClaim:
        """See ``RequestLog.claim``."""
        token = new_id("claim")
        LIVE.add(token)
        mine = False
        try:
            claim = await self.file.write(
                lambda db: self._claimed(db, request, token, fenced=fenced)
            )
            mine = claim.mine
            return claim
        finally:
            if not mine:
                LIVE.discard(token)

    def _claimed(
        self, db: sqlite3.Connection, request: Request, token: str, *, fenced: bool
    ) -> RequestClaim:
        who = (request.principal_id, request.key)
        now = machine_time().timestamp()
        self._forget(db, now)
        row = db.execute(_SELECT_REQUEST, who).fetchone()
        if row is None:
            values = (*who, request.words, request.session_id, request.run_id)
            db.execute(_INSERT_REQUEST, (*values, owner_of(token), now))
            return RequestClaim(mine=True, first=request, again=False, token=token)
        words, session_id, run_id, owner, beat = row
        first = replace(request, words=words, session_id=session_id, run_id=run_id)
        mine = is_free(owner, now - beat)
        if mine:
            works = request.run_id if fenced else run_id
            db.execute(_TAKE_REQUEST, (works, owner_of(token), now, *who))
        return RequestClaim(mine=mine, first=first, again=True, token=token if mine else "")

    async def start(self, claim: RequestClaim, run_id: str) -> None:
        """See ``RequestLog.start``."""
        await self._change("run_id = ?", claim, run_id)

    async def renew(self, claim: RequestClaim) -> None:
        """See ``RequestLog.renew``."""
        await self._change("beat = ?", claim, machine_time().timestamp())

    async def free(self, claim: RequestClaim) -> None:
        """See ``RequestLog.free``."""
        try:
            await self._change("owner = ?", claim, "")
        finally:  # else it is free for this process, and for others once the process ends
            LIVE.discard(claim.token)

    async def _change(self, what: str, claim: RequestClaim, value: str | float) -> None:
        sql = f"UPDATE requests SET {what} WHERE principal_id = ? AND request_key = ? AND owner = ?"  # noqa: S608  all ours
        values = (value, claim.first.principal_id, claim.first.key, owner_of(claim.token))
        await self.file.write(lambda db: db.execute(sql, values).rowcount)

    async def begin(self, effect: LoggedEffect) -> LoggedEffect | None:
        """See ``EffectLog.begin``."""
        values = (
            effect.key, effect.principal_id, effect.request, effect.session_id, effect.run_id,
            effect.tool, json_text(effect.arguments), "begun", "null", effect.begun_at, owner_of(),
            effect.steps,
        )  # fmt: skip

        def note(db: sqlite3.Connection) -> LoggedEffect | None:
            works = db.execute(_WORKS_ON, (effect.principal_id, effect.request)).fetchone()
            if works is not None and works[0] != effect.run_id:
                raise RequestTakenOver
            earlier = _effects(db, "principal_id = ? AND key = ?", effect.principal_id,
                               effect.key)  # fmt: skip
            if earlier and earlier[0].status == "done":
                return earlier[0]
            db.execute(_BEGIN_EFFECT, (*values, machine_time().timestamp()))
            return None

        return await self.file.write(note)

    async def end(self, effect: LoggedEffect) -> None:
        """See ``EffectLog.end``."""
        sql = (
            "UPDATE effects SET status = ?, arguments = ?, result = ? "
            "WHERE principal_id = ? AND key = ?"
        )
        ended = self.kept.effect(effect)
        written = (json_text(ended.arguments), json_text(ended.result))
        values = (effect.status, *written, effect.principal_id, effect.key)
        await self.file.write(lambda db: db.execute(sql, values).rowcount)

    async def of_request(self, request: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """See ``EffectLog.of_request``."""
        where = "request = ? AND principal_id = ? AND status <> 'failed' ORDER BY number"
        return await self.file.read(lambda db: _effects(db, where, request, principal_id))

    async def orphans(self, session_id: str, principal_id: str) -> tuple[LoggedEffect, ...]:
        """See ``EffectLog.orphans``."""
        sql = (
            f"SELECT owner, beat, {_COLUMNS} FROM effects WHERE session_id = ? "  # noqa: S608  all ours
            "AND principal_id = ? AND NOT told AND status <> 'failed' ORDER BY number"
        )

        def read(db: sqlite3.Connection) -> tuple[LoggedEffect, ...]:
            now = machine_time().timestamp()
            rows = db.execute(sql, (session_id, principal_id)).fetchall()
            return tuple(_effect(rest) for owner, beat, *rest in rows if is_left(owner, now - beat))

        return await self.file.read(read)

    async def settle(self, request: str, principal_id: str, *, answered: bool = False) -> None:
        """See ``EffectLog.settle``."""
        what = "told = 1, steps = ''" if answered else "told = 1"
        sql = f"UPDATE effects SET {what} WHERE request = ? AND principal_id = ?"  # noqa: S608  all ours
        await self.file.write(lambda db: db.execute(sql, (request, principal_id)).rowcount)

    def _forget(self, db: sqlite3.Connection, now: float) -> None:
        """Remove what is too old, now and then."""
        if now - self._forgotten_s < _FORGET_EVERY_S:
            return
        self._forgotten_s = now
        before = now - self.keep_hours * 3_600
        db.execute("DELETE FROM requests WHERE beat < ?", (before,))
        db.execute("DELETE FROM effects WHERE beat < ?", (before,))


_FORGET_EVERY_S = 600.0


def _effects(db: sqlite3.Connection, where: str, *values: str) -> tuple[LoggedEffect, ...]:
    sql = f"SELECT {_COLUMNS} FROM effects WHERE {where}"  # noqa: S608  all ours
    return tuple(_effect(row) for row in db.execute(sql, values))


def _effect(row: Sequence[Any]) -> LoggedEffect:
    key, principal_id, request, session_id, run_id, tool, arguments, status, result, at, steps = row
    return LoggedEffect(
        key=key,
        principal_id=principal_id,
        request=request,
        session_id=session_id,
        run_id=run_id,
        tool=tool,
        arguments=json.loads(arguments),
        status=status,
        result=json.loads(result),
        begun_at=at,
        steps=steps,
    )


_SELECT_REQUEST = (
    "SELECT words, session_id, run_id, owner, beat FROM requests "
    "WHERE principal_id = ? AND request_key = ?"
)
_INSERT_REQUEST = (
    "INSERT INTO requests (principal_id, request_key, words, session_id, run_id, owner, beat) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_TAKE_REQUEST = (
    "UPDATE requests SET run_id = ?, owner = ?, beat = ? WHERE principal_id = ? AND request_key = ?"
)
_WORKS_ON = "SELECT run_id FROM requests WHERE principal_id = ? AND request_key = ? AND owner <> ''"
_BEGIN_EFFECT = (
    "INSERT INTO effects (key, principal_id, request, session_id, run_id, tool, arguments, "
    "status, result, begun_at, owner, steps, beat) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (principal_id, key) DO UPDATE SET status = 'begun', run_id = excluded.run_id, "
    "arguments = excluded.arguments, owner = excluded.owner, beat = excluded.beat, "
    "steps = excluded.steps, told = 0"
)
