"""Real trouble with real SQLite files: a lock that somebody else holds, and no page left."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

from batuta.storage.sqlite_connection import SharedConnection, open_connections

_GIVE_UP_S = 0.05
_ROOM = "fault_room"
_MORE_PAGES = 8


@asynccontextmanager
async def locked(files: Collection[Path | str] = ()) -> AsyncGenerator[None]:
    """Hold the write lock of files by connections of others while the block lasts.

    Ours give up on them after a moment, in place of the many seconds that they wait else.

    Args:
        files: Empty for all that are open here by ``batuta.storage``.
    """
    ours = _ours(files)
    paths = _absolute(files) or {each.path for each in ours}
    async with AsyncExitStack() as stack:
        for each in ours:
            await stack.enter_async_context(_impatient(each))
        for path in sorted(paths):
            other = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
            stack.callback(other.close)  # and with that its lock is gone
            with suppress(sqlite3.OperationalError):  # somebody has it locked already
                await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield


@asynccontextmanager
async def filled(files: Collection[Path | str] = ()) -> AsyncGenerator[None]:
    """Leave files no page to grow by while the block lasts: SQLite itself then says "full".

    A small row finds room on a page that is there, so that each write is made to want more pages.

    Args:
        files: Of ``batuta.storage``; empty for all that are open here.
    """
    async with AsyncExitStack() as stack:
        for each in _ours(files):
            before = await each.done(_fill)
            stack.push_async_callback(each.done, partial(_empty, pages=before))
        yield


def _ours(files: Collection[Path | str]) -> list[SharedConnection]:
    named = _absolute(files)
    return [each for each in open_connections() if not named or each.path in named]


def _absolute(files: Collection[Path | str]) -> set[str]:
    return {str(Path(each).absolute()) for each in files}


@asynccontextmanager
async def _impatient(connection: SharedConnection) -> AsyncGenerator[None]:
    patience_s = connection.busy_timeout_s

    async def wait(seconds: float) -> None:
        connection.busy_timeout_s = seconds
        await connection.done(
            lambda db: db.execute(f"PRAGMA busy_timeout = {int(seconds * 1_000)}")
        )

    await wait(min(_GIVE_UP_S, patience_s))
    try:
        yield
    finally:
        await wait(patience_s)


def _fill(db: sqlite3.Connection) -> int:
    """Let the file grow no more; gives the limit that it had."""
    (before,) = db.execute("PRAGMA max_page_count").fetchone()
    names = db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall()
    db.execute(f"CREATE TABLE IF NOT EXISTS {_ROOM} (filled BLOB)")
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (page,) = db.execute("PRAGMA page_size").fetchone()
    wanted = (free + _MORE_PAGES) * page
    for at, (name,) in enumerate(names):
        for does in ("INSERT", "UPDATE"):
            before_it = f'{_ROOM}_{does}_{at} BEFORE {does} ON main."{name}"'
            more = f"INSERT INTO {_ROOM} VALUES (zeroblob({wanted}))"  # noqa: S608  all ours
            db.execute(f"CREATE TEMP TRIGGER {before_it} BEGIN {more}; END")
    db.execute("PRAGMA max_page_count = 1")  # that is: as many as there are
    return before


def _empty(db: sqlite3.Connection, *, pages: int) -> None:
    triggers = db.execute("SELECT name FROM temp.sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        if name.startswith(_ROOM):
            db.execute(f"DROP TRIGGER temp.{name}")
    db.execute(f"PRAGMA max_page_count = {pages}")
    db.execute(f"DROP TABLE IF EXISTS {_ROOM}")
