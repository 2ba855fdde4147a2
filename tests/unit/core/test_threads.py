"""Where a platform has no threads, as in a browser, work is done between two steps of the loop."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from batuta import FunctionCalling, ScriptedModel, local_runtime, tool
from batuta.core import threads
from batuta.core.message import Message
from batuta.runtimes.local import ToolThreads
from batuta.storage import sqlite_layout
from batuta.telemetry.prices import load_price_list_aside
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.testing.scripted import calls


@pytest.fixture
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "_WITHOUT", frozenset({threads.sys.platform}))
    monkeypatch.setattr(threading.Thread, "start", refuse)


def here() -> str:
    return threading.current_thread().name


async def test_work_goes_to_a_thread_where_there_are_some() -> None:
    assert await threads.in_thread(here) != here()


@pytest.mark.usefixtures("without_threads")
async def test_work_is_done_here_where_there_are_none() -> None:
    assert await threads.in_thread(here) == here()
    load_price_list_aside()


@pytest.mark.usefixtures("without_threads")
async def test_plain_tools_run_and_more_of_them_than_may_at_once() -> None:
    @tool
    def where(number: int) -> str:
        """Say which thread it is."""
        return f"{number} in {here()}"

    wanted = calls(*(("where", {"number": each}) for each in range(3)))
    model = ScriptedModel([wanted, "Done."])
    runtime = local_runtime(model=model)
    reply = await runtime.call(FunctionCalling(tools=[where]), Message.user("Where?"))
    await runtime.stop()

    assert reply.text == "Done."
    results = [each.text for each in model.requests[1].messages if each.role == "tool"]
    assert results == [f"{each} in {here()}" for each in range(3)]
    one_at_a_time = ToolThreads(1)
    assert await one_at_a_time.run(here, "ana") == here()
    assert await one_at_a_time.run(here, "ana") == here()


@pytest.mark.usefixtures("without_threads")
async def test_the_club_books_in_a_file(tmp_path: Path) -> None:
    store = SqliteBookings(tmp_path / "club.db")
    app = tennis_app(TennisClub(Club(), store))
    async with app.assistant("d") as assistant:
        record = await assistant.chat("Book a court tomorrow at 3pm")

    assert [effect.status for effect in record.effects] == ["done"]
    assert len(await store.bookings()) == 1
    await store.aclose()


def test_a_store_is_made_where_the_platform_has_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "link")
    file = tmp_path / "made.db"

    def fill(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE kept (id)")

    sqlite_layout.make_whole(file, fill)

    assert file.stat().st_size > 0
    assert [path.name for path in tmp_path.iterdir()] == ["made.db"]
