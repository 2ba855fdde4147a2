"""What was saved outlives the process that saved it, however that ends."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from batuta.storage.sqlite import SqliteRuns, SqliteSessions
from tests.patience import scaled

pytestmark = pytest.mark.e2e
WRITER = Path(__file__).with_name("store_writer.py")
ENDLESS = 100_000


def start(path: Path, name: str, count: int = ENDLESS, people: int = 0) -> subprocess.Popen[str]:
    numbers = (str(count), str(people))
    command = [sys.executable, "-W", "error", str(WRITER), str(path), name, *numbers]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def killed(writer: subprocess.Popen[str], after: int) -> list[str]:
    """Let it save so many, kill it at once, and give all that it said it had saved."""
    assert writer.stdout is not None
    with writer:
        said = [writer.stdout.readline() for _ in range(after)]
        writer.kill()
        said += writer.stdout.readlines()
    return [line.strip() for line in said if line.endswith("\n")]


async def found(path: Path) -> tuple[list[str], set[str]]:
    async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
        session = await sessions.load("shared", "ana")
        assert session.version == len(session.history)
        records = await runs.list("ana", limit=ENDLESS)
        for record in records[:3]:
            assert await runs.find(f"key {record.run_id}", "ana") == record
        return [m.text for m in session.history], {record.run_id for record in records}


async def test_what_was_saved_before_kill_9_is_there(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    saved: list[str] = []
    for life in range(5):
        saved += killed(start(path, f"life{life}"), after=3 + 7 * life)
        history, run_ids = await found(path)
        assert [each for each in history if each in saved] == saved
        assert set(saved) <= run_ids
        # At most the one that each life was at work on when it was killed.
        assert len(history) - len(saved) <= life + 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_processes_that_save_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    writers = [start(path, f"w{number}", 20) for number in range(4)]
    for writer in writers:
        writer.communicate(timeout=scaled(60))
    assert [writer.returncode for writer in writers] == [0] * 4
    history, run_ids = await found(path)
    wanted = {f"w{writer}-{number}" for writer in range(4) for number in range(20)}
    assert (sorted(history), run_ids) == (sorted(wanted), wanted)
    for writer in range(4):
        own = [each for each in history if each.startswith(f"w{writer}-")]
        assert own == [f"w{writer}-{number}" for number in range(20)]


async def test_a_killed_process_leaves_the_file_to_others(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    dying, living = start(path, "dying"), start(path, "living", 60)
    saved = killed(dying, after=10)
    said, _ = living.communicate(timeout=scaled(60))
    assert living.returncode == 0
    history, run_ids = await found(path)
    assert {*saved, *said.split()} <= {*history} & run_ids


async def test_turns_that_share_commits_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    path, people = tmp_path / "batuta.db", 8
    said: set[str] = set()
    for life in range(4):
        said |= set(killed(start(path, f"life{life}", people=people), after=20 + 30 * life))
        async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
            kept = {record.run_id for record in await runs.list("ana", limit=ENDLESS)}
            listed = [await sessions.load(each.id, "ana") for each in await sessions.list("ana")]
        told = {message.text for session in listed for message in session.history}
        assert said <= kept
        assert told == kept  # a turn and its record: both or neither
        for session in listed:
            assert [m.text for m in session.history] == [
                f"{session.id}-{number}" for number in range(session.version)
            ]
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
