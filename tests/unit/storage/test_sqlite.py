from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from batuta.core.clock import ManualClock
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.session import Session
from batuta.errors import StoreUnusable
from batuta.storage.sqlite import SqliteRuns, SqliteSessions

NOW = datetime(2019, 3, 1, 12, tzinfo=UTC)


def record(run_id: int | str, principal_id: str = "ana") -> RunRecord:
    return RunRecord(
        run_id=str(run_id),
        agent="a",
        principal_id=principal_id,
        question=Message.user("Hello"),
        reply=None,
        events=(),
    )


def damage(path: Path, sql: str, *values: Any) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert db.execute(sql, values).rowcount == 1


async def test_sessions_and_runs_share_a_file_and_outlive_their_stores(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteSessions(path) as sessions, SqliteRuns(path) as runs:
        await asyncio.gather(sessions.save(Session("s", "ana")), runs.save(record(1), "k"))
    async with SqliteRuns(path) as runs, SqliteSessions(path) as sessions:
        assert (await sessions.load("s", "ana")).version == 1
        assert await runs.find("k", "ana") == record(1)


async def test_each_principals_newest_records_are_kept() -> None:
    async with SqliteRuns(":memory:", keep=3) as runs:
        await runs.save(record("bobs", "bob"))
        for number in range(6):
            await runs.save(record(number))
            assert len(await runs.list("ana")) == min(number + 1, 3)
        assert [each.run_id for each in await runs.list("ana")] == ["5", "4", "3"]
        assert await runs.list("bob") == [record("bobs", "bob")]


async def test_a_request_key_outlives_any_number_of_runs_for_its_hours() -> None:
    clock = ManualClock(NOW)
    async with SqliteRuns(":memory:", keep=3, key_hours=24, clock=clock) as runs:
        await runs.save(record("asked"), "k")
        for number in range(40):
            await runs.save(record(number))
        clock.advance(24 * 3600 - 1)
        await runs.save(record("late"))
        assert await runs.find("k", "ana") == record("asked")
        clock.advance(1)
        await runs.save(record("later"))
        assert await runs.find("k", "ana") is None
        assert [each.run_id for each in await runs.list("ana")] == ["later", "late", "39"]


async def test_a_key_that_is_kept_longer_than_records_keeps_its_own() -> None:
    clock = ManualClock(NOW)
    async with SqliteRuns(":memory:", keep_days=1, key_hours=48, clock=clock) as runs:
        await runs.save(record("plain"))
        await runs.save(record("asked"), "k")
        clock.advance(47 * 3600)
        assert await runs.list("ana") == [record("asked")]
        assert await runs.find("k", "ana") == record("asked")


async def test_a_record_saved_again_pushes_none_out_and_keeps_its_place() -> None:
    async with SqliteRuns(":memory:", keep=2) as runs:
        for number in (1, 2, 1, 1):
            await runs.save(record(number))
        assert [each.run_id for each in await runs.list("ana")] == ["2", "1"]


def test_none_is_too_few_to_keep() -> None:
    with pytest.raises(ValueError, match="keep"):
        SqliteRuns(":memory:", keep=0)


@pytest.mark.parametrize(
    "message", ["{}", "1", "{", "[", '{"id": "m", "role": "user"}', b"\xff", "null", ""]
)
async def test_a_damaged_session_is_named_with_its_file(
    tmp_path: Path, message: str | bytes
) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteSessions(path) as sessions:
        await sessions.save(Session("s1", "ana", [Message.user("Hello")]))
        damage(path, "UPDATE messages SET message = CAST(? AS TEXT)", message)
        with pytest.raises(StoreUnusable, match=r"Session 's1' cannot be read(.|\n)*batuta\.db"):
            await sessions.load("s1", "ana")
        assert [each.id for each in await sessions.list("ana")] == ["s1"]
        await sessions.delete("s1", "ana")


@pytest.mark.parametrize(
    "text", ["{}", "[]", "{", '{"run_id": "r1"}', b'{"\xff": 1}', "NaN", "[" * 100_000]
)
async def test_a_damaged_record_is_named_with_its_file(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteRuns(path) as runs:
        await runs.save(record("r1"), "k")
        damage(path, "UPDATE runs SET record = CAST(? AS TEXT)", text)
        for attempt in (runs.load("r1", "ana"), runs.find("k", "ana"), runs.list("ana")):
            with pytest.raises(StoreUnusable, match=r"Run 'r1' cannot be read(.|\n)*batuta\.db"):
                await attempt


async def test_a_record_of_a_later_version_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteRuns(path) as runs:
        await runs.save(record("r1"))
        damage(path, "UPDATE runs SET record = json_set(record, '$.usage.thoughts', 3)")
        with pytest.raises(StoreUnusable, match="another version of batuta: delete it, or update"):
            await runs.load("r1", "ana")


async def test_a_listing_reads_no_histories(tmp_path: Path) -> None:
    path = tmp_path / "batuta.db"
    async with SqliteSessions(path) as sessions:
        await sessions.save(Session("s", "ana", [Message.user("Hello")]))
        damage(path, "UPDATE messages SET message = '{'")
        assert await sessions.list("ana") == [Session("s", "ana", version=1)]
