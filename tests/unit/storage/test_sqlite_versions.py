"""Files of every schema version that ever was; their statements stand in ``versions``."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import batuta
from batuta.errors import ConfigError, StoreUnusable
from batuta.storage import (
    attachments_sqlite,
    documents_sqlite,
    embeddings_sqlite,
    requests_sqlite,
    sqlite_schema,
)
from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from batuta.storage.sqlite_file import SqliteFile
from batuta.storage.sqlite_layout import Layout
from batuta.tennis import bookings_sqlite
from batuta.tennis.bookings_sqlite import SqliteBookings

VERSIONS = Path(__file__).with_name("versions")
LAYOUTS: dict[str, Layout] = {
    "sessions_and_runs": sqlite_schema.LAYOUT,
    "bookings": bookings_sqlite.LAYOUT,
    "documents": documents_sqlite.LAYOUT,
    "requests": requests_sqlite.LAYOUT,
    "attachments": attachments_sqlite.LAYOUT,
    "embeddings": embeddings_sqlite.LAYOUT,
}
SOURCES = Path(batuta.__file__).parent


def written(folder: Path, name: str, *more: str) -> Path:
    """Write a file of an old version, as that version wrote it."""
    path = folder / "old.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((VERSIONS / f"{name}.sql").read_text("utf-8"))
        for statement in more:
            db.execute(statement)
        db.commit()
    return path


def schema(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.replace('"', "").split())) for name, sql in found}


async def opened(path: Path, layout: Layout) -> None:
    file = SqliteFile(path, layout)
    try:
        await file.probe()
    finally:
        await file.aclose()


def test_every_layout_is_tried_here() -> None:
    made = {path.stem for path in SOURCES.rglob("*.py") if " = Layout(" in path.read_text("utf-8")}
    stores = ("attachments", "bookings", "documents", "embeddings", "requests")
    assert made == {"sqlite_schema", *(f"{store}_sqlite" for store in stores)}
    assert len(made) == len(LAYOUTS)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_version_that_was_has_a_way_on_and_a_file_to_try_it(name: str) -> None:
    layout = LAYOUTS[name]
    assert sorted(layout.migrations) == list(range(1, layout.version))
    kept = {path.stem for path in VERSIONS.glob(f"{name}_*.sql")}
    assert kept == {f"{name}_{version}" for version in range(1, layout.version + 1)}


@pytest.mark.parametrize("old", sorted(path.stem for path in VERSIONS.glob("*.sql")))
async def test_a_file_of_an_older_version_becomes_one_of_this(old: str, tmp_path: Path) -> None:
    layout = LAYOUTS[old.rpartition("_")[0]]
    path = written(tmp_path, old)
    await opened(path, layout)
    await opened(tmp_path / "new.db", layout)
    assert schema(path) == schema(tmp_path / "new.db")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (layout.version,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_conversations_and_records_of_version_1_are_as_they_were(tmp_path: Path) -> None:
    path = written(tmp_path, "sessions_and_runs_1")
    with closing(sqlite3.connect(path)) as db:
        (history,) = db.execute("SELECT history FROM sessions WHERE session_id = 's1'").fetchone()
    async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
        found = await sessions.load("s1", "ana")
        assert [message.to_json() for message in found.history] == json.loads(history)
        assert (found.version, found.state) == (2, {"court": "A"})
        assert found.updated_at == "2026-03-01T10:00:00+00:00"
        assert (await sessions.load("s2", "bob")).history == []
        record = await runs.find("key1", "ana")
        assert record is not None
        assert (record.run_id, record.text, record.events[0].name) == ("r1", "Done", "book")
        assert record.question == found.history[0]
        assert [each.run_id for each in await runs.list("bob")] == ["r2"]
        found.history.append(found.history[0])
        await sessions.save(found)
        assert len((await sessions.load("s1", "ana")).history) == 5


async def test_what_runs_of_version_1_spent_is_counted(tmp_path: Path) -> None:
    async with SqliteRuns(written(tmp_path, "sessions_and_runs_1")) as runs:
        spent = {each.run_id: each for each in await runs.spending(None)}
    assert set(spent) == {"r1", "r2"}
    assert (spent["r1"].day, spent["r1"].style) == ("2026-03-01", "e")
    (used,) = spent["r1"].spent.values()
    assert (used.calls, used.usage.output_tokens, used.unpriced) == (1, 2, 1)


async def test_a_history_that_was_damaged_spoils_no_other(tmp_path: Path) -> None:
    broken = "UPDATE sessions SET history = CAST(x'5bff' AS TEXT) WHERE session_id = 's2'"
    path = written(tmp_path, "sessions_and_runs_1", broken)
    async with SqliteSessions(path) as sessions:
        assert len((await sessions.load("s1", "ana")).history) == 4
        with pytest.raises(StoreUnusable, match="Session 's2' cannot be read"):
            await sessions.load("s2", "bob")


async def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def fail(db: sqlite3.Connection) -> None:
        db.execute("DROP TABLE runs")
        raise sqlite3.OperationalError("no")

    was = sqlite_schema.LAYOUT
    layout = Layout(
        what=was.what,
        application=was.application,
        version=2,
        schema=was.schema,
        migrations={1: fail},
    )
    path = written(tmp_path, "sessions_and_runs_1")
    before = schema(path)
    with pytest.raises(StoreUnusable):
        await opened(path, layout)
    assert schema(path) == before
    async with SqliteSessions(path) as sessions:
        assert len((await sessions.load("s1", "ana")).history) == 4


async def test_bookings_of_version_1_are_as_they_were(tmp_path: Path) -> None:
    async with SqliteBookings(written(tmp_path, "bookings_1")) as store:
        found = await store.find("ana", "k1")
        assert found is not None
        assert (found.slot_id, found.status) == ("2026-03-02T14:00/A", "confirmed")
        assert [each.status for each in await store.bookings()] == ["confirmed", "cancelled"]


@pytest.mark.parametrize("version", [0, -3])
async def test_a_version_that_never_was_is_refused(version: int, tmp_path: Path) -> None:
    path = written(tmp_path, "bookings_1", f"PRAGMA user_version = {version}")
    with pytest.raises(ConfigError, match=rf"has schema {version}, which cannot be brought"):
        await opened(path, bookings_sqlite.LAYOUT)


async def test_a_version_to_come_is_refused(tmp_path: Path) -> None:
    later = sqlite_schema.LAYOUT.version + 1
    path = written(tmp_path, "sessions_and_runs_1", f"PRAGMA user_version = {later}")
    with pytest.raises(ConfigError, match=rf"has schema {later}, newer than .* Update batuta"):
        await opened(path, sqlite_schema.LAYOUT)
