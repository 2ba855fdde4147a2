from __future__ import annotations

import asyncio
import errno
import gc
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ConfigError, StoreBusy, StoreUnusable
from batuta.storage.sqlite_file import SqliteFile
from batuta.storage.sqlite_layout import Layout

LAYOUT = Layout(
    what="Notes database", application=0x4E4F5445, version=2, schema=("CREATE TABLE notes (text)",)
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "new" / "notes.db"


async def opened(path: Path | str, layout: Layout = LAYOUT) -> None:
    file = SqliteFile(path, layout)
    try:
        await file.read(lambda _: None)
    finally:
        await file.aclose()


def write(path: Path, *statements: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


def fill(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def files(folder: Path) -> dict[str, bytes]:
    return {each.name: each.read_bytes() for each in folder.glob("*")}


async def test_nothing_is_made_before_the_first_use(path: Path) -> None:
    file = SqliteFile(path, LAYOUT)
    assert files(path.parent) == {}
    assert await file.read(lambda db: db.execute("SELECT * FROM notes").fetchall()) == []
    await file.aclose()
    assert "notes.db" in files(path.parent)


async def test_what_is_written_is_synced_and_does_not_block_readers(path: Path) -> None:
    def settings(db: sqlite3.Connection) -> list[Any]:
        names = ("journal_mode", "synchronous", "application_id", "user_version")
        return [db.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    file = SqliteFile(path, LAYOUT)
    assert await file.read(settings) == ["wal", 2, LAYOUT.application, 2]
    await file.aclose()


async def test_closing_leaves_one_file_and_may_be_done_twice(path: Path) -> None:
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute("INSERT INTO notes VALUES ('x')"))
    await file.aclose()
    await file.aclose()
    assert list(files(path.parent)) == ["notes.db"]


async def test_a_file_that_is_forgotten_is_closed(path: Path) -> None:
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute("INSERT INTO notes VALUES ('x')"))
    del file
    gc.collect()
    assert list(files(path.parent)) == ["notes.db"]


class SlowToForget(ThreadPoolExecutor):
    """A pool whose thread holds what it did a while longer than it takes to answer."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.held = (fn, args)
        return super().submit(fn, *args, **kwargs)


async def test_a_thread_that_has_answered_keeps_no_forgotten_file_open(path: Path) -> None:
    file = SqliteFile(path, LAYOUT)
    pool = file._connection._thread = SlowToForget(1)
    await file.write(lambda db: db.execute("INSERT INTO notes VALUES ('x')"))
    del file
    assert list(files(path.parent)) == ["notes.db"]
    pool.shutdown()


async def test_closing_waits_for_work_that_has_begun(path: Path) -> None:
    file = SqliteFile(path, LAYOUT)
    writing = asyncio.create_task(
        file.write(lambda db: db.execute("INSERT INTO notes VALUES ('x')").rowcount)
    )
    await asyncio.sleep(0)
    await file.aclose()
    assert await writing == 1


async def test_a_failed_transaction_leaves_nothing(path: Path) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO notes VALUES ('x')")
        raise ValueError("no")

    file = SqliteFile(path, LAYOUT)
    with pytest.raises(ValueError, match="no"):
        await file.write(fail)
    assert await file.read(lambda db: db.execute("SELECT * FROM notes").fetchall()) == []
    await file.aclose()


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (("CREATE TABLE other (x)",), "belongs to another program"),
        (("PRAGMA application_id = 7",), "belongs to another program"),
        (
            (f"PRAGMA application_id = {LAYOUT.application}", "PRAGMA user_version = 3"),
            "schema 3, newer than 2. Update batuta",
        ),
    ],
)
async def test_a_file_of_another_program_or_schema_is_left_alone(
    path: Path, statements: tuple[str, ...], told: str
) -> None:
    write(path, *statements)
    before = files(path.parent)
    with pytest.raises(ConfigError, match=told) as caught:
        await opened(path)
    assert str(path) not in str(caught.value)  # a user may read it
    assert caught.value.__notes__ == [f"File: {path}"]
    assert files(path.parent) == before


async def test_a_file_that_is_no_database_is_named(path: Path) -> None:
    write(path, "CREATE TABLE other (x)")
    fill(path, b"Dear diary, " * 100)
    with pytest.raises(StoreUnusable, match=r"Notes database .*\(file is not a database\)"):
        await opened(path)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file/notes\.db"):
        await opened(tmp_path / "file" / "notes.db")


async def test_a_file_damaged_while_open_is_named(path: Path) -> None:
    await opened(path)
    file = SqliteFile(path, LAYOUT)
    await file.read(lambda _: None)
    write(path, "DROP TABLE notes")
    with pytest.raises(StoreUnusable, match=r"Notes database .*\(no such table: notes\)"):
        await file.read(lambda db: db.execute("SELECT * FROM notes"))
    await file.aclose()


async def test_a_wrong_statement_of_ours_is_not_blamed_on_the_file() -> None:
    file = SqliteFile(":memory:", LAYOUT)
    with pytest.raises(sqlite3.ProgrammingError):
        await file.read(lambda db: db.execute("SELECT ?"))
    await file.aclose()


async def test_a_locked_file_is_an_error_worth_a_retry_and_blocks_nobody_else(path: Path) -> None:
    await opened(path)
    file = SqliteFile(path, LAYOUT, busy_timeout_s=0.3)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        waiting = asyncio.create_task(file.write(lambda db: db.execute("DELETE FROM notes")))
        turns = 0
        while not waiting.done():
            turns += 1
            await asyncio.sleep(0.01)
        with pytest.raises(StoreBusy, match=r"Notes database was busy for 0\.3 s") as caught:
            await waiting
        assert (caught.value.retryable, turns > 10) == (True, True)
        other.execute("ROLLBACK")
    await file.write(lambda db: db.execute("DELETE FROM notes"))
    await file.aclose()


async def test_a_layout_may_have_its_own_error_for_a_locked_file(path: Path) -> None:
    await opened(path)
    layout = Layout(
        what="Notes", application=LAYOUT.application, version=2, schema=(),
        busy=TimeoutError,
    )  # fmt: skip
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        file = SqliteFile(path, layout, busy_timeout_s=0.01)
        with pytest.raises(TimeoutError):
            await file.read(lambda _: None)
        await file.aclose()
        other.execute("ROLLBACK")


async def test_many_may_make_the_same_file_at_once(path: Path) -> None:
    await asyncio.gather(*(opened(path) for _ in range(20)))
    await opened(path)


async def test_a_file_system_without_links_displaces_nobodys_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    displaced: list[bytes | None] = []
    replace = Path.replace

    def no_link(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    def seen(self: Path, target: Path) -> Path:
        displaced.append(target.read_bytes() if target.exists() else None)
        return replace(self, target)

    async def noted(number: int) -> None:
        # Each waits another time for locks, and so has a connection and a thread of its own.
        file = SqliteFile(path, LAYOUT, busy_timeout_s=30 + number)
        await file.write(lambda db: db.execute("INSERT INTO notes VALUES (?)", (str(number),)))
        await file.aclose()

    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(Path, "replace", seen)
    await asyncio.gather(*map(noted, range(8)))
    assert displaced == [b""]  # the one name that was reserved for it, and never a file
    with closing(sqlite3.connect(path)) as db:
        assert {row[0] for row in db.execute("SELECT text FROM notes")} == set("01234567")
    assert list(files(path.parent)) == ["notes.db"]
