"""One connection for all who share a file, one commit for what waits together."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from batuta.errors import StoreUnusable
from batuta.storage.sqlite_connection import SharedConnection
from batuta.storage.sqlite_file import SqliteFile
from batuta.storage.sqlite_layout import Layout
from tests.patience import scaled

LAYOUT = Layout(
    what="Notes database",
    application=0x4E4F5445,
    version=1,
    schema=("CREATE TABLE notes (text TEXT UNIQUE)",),
)

Harm = Callable[[Path], None]


def add(text: str) -> str:
    return f"INSERT INTO notes VALUES ('{text}')"  # noqa: S608  all ours


def notes(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("SELECT text FROM notes ORDER BY rowid")]


async def held_up(file: SqliteFile) -> threading.Event:
    """Keep the file's thread at work until the event is set."""
    begun, let_go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def wait(_: sqlite3.Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        let_go.wait(scaled(10))

    held = asyncio.create_task(file.read(wait))
    await begun.wait()
    held.add_done_callback(lambda _: None)
    return let_go


async def test_whoever_names_the_same_file_has_the_same_connection(tmp_path: Path) -> None:
    here = SqliteFile(tmp_path / "notes.db", LAYOUT)
    there = SqliteFile(tmp_path / "notes.db", LAYOUT)
    apart = SqliteFile(tmp_path / "other.db", LAYOUT)
    assert (here.shares(there), here.shares(apart)) == (True, False)
    before = threading.active_count()
    for file in (here, there):
        await file.write(lambda db: db.execute("DELETE FROM notes"))
    assert threading.active_count() == before + 1
    for file in (here, there, apart):
        await file.aclose()


async def test_memory_is_shared_with_nobody() -> None:
    here, there = SqliteFile(":memory:", LAYOUT), SqliteFile(":memory:", LAYOUT)
    await here.write(lambda db: db.execute(add("mine")))
    assert await there.read(notes) == []
    await here.aclose()
    await there.aclose()


async def test_who_closes_first_leaves_it_to_the_others(tmp_path: Path) -> None:
    here = SqliteFile(tmp_path / "notes.db", LAYOUT)
    there = SqliteFile(tmp_path / "notes.db", LAYOUT)
    await here.write(lambda db: db.execute(add("kept")))
    await here.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await here.read(notes)
    assert await there.read(notes) == ["kept"]
    await there.aclose()
    assert names(tmp_path) == ["notes.db"]


async def test_what_waits_together_is_committed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    real = SharedConnection._write

    def counted(self: SharedConnection, jobs: list[object], db: sqlite3.Connection) -> None:
        real(self, jobs, db)  # type: ignore[arg-type]
        commits.append(len(jobs))

    monkeypatch.setattr(SharedConnection, "_write", counted)
    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    let_go = await held_up(file)
    writes = [
        asyncio.create_task(file.write(lambda db, n=n: db.execute(add(str(n))) and n))
        for n in range(20)
    ]
    await asyncio.sleep(0)
    let_go.set()
    assert await asyncio.gather(*writes) == list(range(20))
    assert commits == [20]
    assert await file.read(notes) == [str(n) for n in range(20)]
    await file.aclose()


async def test_of_many_at_once_the_one_that_fails_is_undone_alone(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        db.execute(add("half"))
        db.execute(add("a"))  # is there already

    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    let_go = await held_up(file)
    works = [
        file.write(lambda db: db.execute(add("a"))),
        file.write(half),
        file.write(lambda db: db.execute(add("b"))),
    ]
    waiting = asyncio.gather(*works, return_exceptions=True)
    await asyncio.sleep(0)
    let_go.set()
    ended = await waiting
    assert [type(each) for each in ended] == [
        sqlite3.Cursor, sqlite3.IntegrityError, sqlite3.Cursor,
    ]  # fmt: skip
    assert await file.read(notes) == ["a", "b"]
    await file.aclose()


async def test_an_answer_comes_after_the_commit(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    file = SqliteFile(path, LAYOUT)
    await file.probe()
    with closing(sqlite3.connect(path)) as other:

        async def write(text: str) -> bool:
            await file.write(lambda db: db.execute(add(text)))
            return text in notes(other)  # nothing but what is committed is seen from here

        assert all(await asyncio.gather(*(write(str(n)) for n in range(50))))
    await file.aclose()


async def test_a_caller_that_is_cancelled_while_waiting_writes_nothing(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    let_go = await held_up(file)
    tasks = [asyncio.create_task(file.write(lambda db, n=n: db.execute(add(n)))) for n in "ab"]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.sleep(0)
    let_go.set()
    await tasks[1]
    assert await file.read(notes) == ["b"]
    await file.aclose()


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def remove(path: Path) -> None:
    for each in path.parent.iterdir():
        each.unlink()


def replace(path: Path) -> None:
    kept = path.read_bytes()
    path.unlink()
    path.write_bytes(kept)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("harm", [remove, replace, empty])
async def test_nothing_is_confirmed_once_the_file_has_gone(tmp_path: Path, harm: Harm) -> None:
    path = tmp_path / "notes.db"
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute(add("kept")))
    harm(path)
    with pytest.raises(StoreUnusable, match=r"Notes database is gone") as caught:
        await file.write(lambda db: db.execute(add("lost")))
    assert str(path) not in str(caught.value)
    await file.aclose()


@pytest.mark.parametrize("harm", [remove, empty])
async def test_nothing_is_read_from_a_file_that_has_gone(tmp_path: Path, harm: Harm) -> None:
    path = tmp_path / "notes.db"
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute(add("kept")))
    harm(path)
    for _ in range(2):
        with pytest.raises(StoreUnusable):
            await file.read(notes)
    await file.aclose()


async def test_a_file_that_has_gone_is_not_made_anew_and_works_once_it_is_back(
    tmp_path: Path,
) -> None:
    path, aside = tmp_path / "notes.db", tmp_path / "aside"
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute(add("kept")))
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(aside)) as copy:
        db.backup(copy)
    aside = aside.rename(tmp_path.parent / f"{tmp_path.name}.aside")
    remove(path)
    for _ in range(2):
        with pytest.raises(StoreUnusable):
            await file.probe()
        assert not path.exists()
    aside.rename(path)
    await file.probe()
    assert await file.read(notes) == ["kept"]
    await file.aclose()


async def test_a_removal_during_the_write_confirms_nothing(tmp_path: Path) -> None:
    def write(db: sqlite3.Connection) -> None:
        db.execute(add("lost"))
        remove(tmp_path / "notes.db")

    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    await file.probe()
    with pytest.raises(StoreUnusable, match="gone"):
        await file.write(write)
    await file.aclose()


async def test_an_empty_file_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.touch()
    file = SqliteFile(path, LAYOUT)
    with pytest.raises(StoreUnusable, match=r"is an empty file\. Stop what uses it"):
        await file.read(notes)
    assert path.read_bytes() == b""
    await file.aclose()


async def test_a_probe_changes_nothing_that_is_seen(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    await file.write(lambda db: db.execute(add("kept")))
    await file.probe()
    version = await file.read(lambda db: db.execute("PRAGMA user_version").fetchone()[0])
    assert (await file.read(notes), version) == (["kept"], 1)
    await file.aclose()


async def test_a_probe_finds_that_there_is_room_for_a_page_and_for_no_record(
    tmp_path: Path,
) -> None:
    def leave_two_pages(db: sqlite3.Connection) -> None:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages + 2}")

    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    await file.read(leave_two_pages)
    await file.write(lambda db: db.execute(add("kept")))
    with pytest.raises(StoreUnusable):
        await file.probe()
    assert await file.read(notes) == ["kept"]
    await file.aclose()


async def test_a_probe_leaves_no_table_and_grows_the_file_once(tmp_path: Path) -> None:
    def size(db: sqlite3.Connection) -> tuple[int, int]:
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        return tables, db.execute("PRAGMA page_count").fetchone()[0]

    file = SqliteFile(tmp_path / "notes.db", LAYOUT)
    before, _ = await file.read(size)
    sizes: list[tuple[int, int]] = []
    for _ in range(3):
        await file.probe()
        sizes.append(await file.read(size))
    assert len(set(sizes)) == 1
    assert sizes[0][0] == before
    await file.aclose()


async def test_a_probe_finds_a_table_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    file = SqliteFile(path, LAYOUT)
    await file.write(lambda db: db.execute(add("x" * 100)))
    await file.aclose()
    page = 4096
    whole = path.read_bytes()
    path.write_bytes(whole[:page] + b"\xff" * (len(whole) - page))
    again = SqliteFile(path, LAYOUT)
    with pytest.raises(StoreUnusable, match="malformed"):
        await again.probe()
    await again.aclose()
