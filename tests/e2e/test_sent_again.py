"""A request that is sent again: one booking, and every answer says what was really done."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import (
    AbstractContextManager,
    asynccontextmanager,
    closing,
    suppress,
)
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e import held_app, slow_club
from tests.e2e.http_server import NOW, Server, bookings, polled, serving

pytestmark = pytest.mark.e2e

TEXT = "Book court B tomorrow at 3pm"
SLOT = "2019-03-02T15:00/B"
KEY = {**NOW, "Idempotency-Key": "k"}
STYLES = "abdefh"
RUNTIMES = {"local": {}, "durable": {"durable": "sqlite"}}


def house(
    home: Path, runtime: str, app: str = held_app.NAME, **more: Any
) -> AbstractContextManager[Server]:
    """Serve an App with the settings of a runtime."""
    return serving(home, {"requests_per_minute": 0, **RUNTIMES[runtime], **more}, app_name=app)


async def say(client: httpx.AsyncClient, style: str, text: str = TEXT, **more: Any) -> Any:
    body = {"message": text, **more}
    return await client.post(f"/styles/{style}/chat", json=body, headers=KEY)


def is_done(reply: httpx.Response) -> str:
    """Check that an answer tells of the one booking, and give its id."""
    assert reply.status_code == 200, reply.text
    said = reply.json()
    assert "court b" in said["reply"].lower()
    assert "which one" not in said["reply"].lower()
    [effect] = said["effects"]
    assert (effect["tool"], effect["status"]) == ("book", "done")
    assert effect["text"].startswith("booked Court B on Saturday 2 March 2019, 15:00 to 16:00")
    assert effect["result"]["booking_id"] in said["reply"]
    return effect["result"]["booking_id"]


async def lost(client: httpx.AsyncClient, style: str, text: str) -> None:
    """Ask for a booking whose answer never comes."""
    with suppress(httpx.TransportError):
        reply = await say(client, style, text)
        raise AssertionError(reply.text)


@asynccontextmanager
async def written(server: Server, style: str, text: str = TEXT) -> AsyncIterator[httpx.AsyncClient]:
    """Ask for a booking, and stop the club once the row is written; whoever asked then leaves."""
    hold, reached = server.home / "hold-booked", server.home / "at-booked"
    hold.touch()
    asking = server.client()
    async with asking, asyncio.TaskGroup() as group:
        request = group.create_task(lost(asking, style, text))
        await polled(lambda: asyncio.to_thread(reached.exists))
        yield asking
        request.cancel()


@pytest.mark.parametrize(("style", "runtime"), [*((s, "local") for s in STYLES), ("f", "durable")])
async def test_an_answer_that_was_lost_is_given_when_the_request_comes_again(
    tmp_path: Path, style: str, runtime: str
) -> None:
    with house(tmp_path, runtime) as server:
        async with written(server, style):
            pass
        async with server.client() as client, asyncio.TaskGroup() as group:
            again = group.create_task(say(client, style))  # the write is still on
            await asyncio.sleep(0.1)
            (tmp_path / "hold-booked").unlink()
        first = is_done(again.result())
        async with server.client() as client:
            assert is_done(await say(client, style)) == first
            talk = {"session_id": again.result().json()["session_id"]}
            no_offer = await client.post(
                f"/styles/{style}/chat", json={"message": "the first one", **talk}, headers=NOW
            )
            assert no_offer.json()["effects"] == []
    assert bookings(tmp_path) == [(SLOT, "local")]


@pytest.mark.parametrize("style", "adf")
async def test_after_kill_9_the_next_life_answers_with_what_was_written(
    tmp_path: Path, style: str
) -> None:
    with house(tmp_path, "local") as server:
        async with written(server, style):
            server.process.kill()
    (tmp_path / "hold-booked").unlink()
    with house(tmp_path, "local") as server:
        async with server.client() as client:
            is_done(await say(client, style))
    assert bookings(tmp_path) == [(SLOT, "local")]


@pytest.mark.parametrize(("style", "runtime"), [("a", "local"), ("f", "local"), ("d", "durable")])
async def test_a_try_cut_between_two_writes_is_gone_on_with(
    tmp_path: Path, style: str, runtime: str
) -> None:
    two = "Book court B tomorrow at 3pm and court C tomorrow at 4pm"
    with house(tmp_path, runtime) as server:
        async with written(server, style, two):
            server.process.kill()
    (tmp_path / "hold-booked").unlink()
    with house(tmp_path, runtime) as server:
        async with server.client() as client:
            again = await say(client, style, two)
            once_more = await say(client, style, two)
    assert again.status_code == 200, again.text
    done = [effect["result"]["court"] for effect in again.json()["effects"]]
    assert done == ["B", "C"]
    assert once_more.json()["reply"] == again.json()["reply"]
    assert bookings(tmp_path) == [(SLOT, "local"), ("2019-03-02T16:00/C", "local")]


@pytest.mark.parametrize("style", "adf")
async def test_a_time_limit_during_the_write_says_what_stands(tmp_path: Path, style: str) -> None:
    reached, limit_s = tmp_path / "at-booked", 2
    with house(tmp_path, "local", run_seconds=limit_s) as server:
        async with server.client() as client, asyncio.TaskGroup() as group:
            (tmp_path / "hold-booked").touch()
            asked = group.create_task(say(client, style))
            while await polled(partial(_either, reached, asked)) == "answered":
                asked = group.create_task(say(client, style))  # too slow to come to its write
            await asyncio.sleep(limit_s + 0.2)
            (tmp_path / "hold-booked").unlink()
        late = asked.result()
        async with server.client() as client:
            again = await say(client, style)
    assert late.status_code == 504, late.text
    assert "booked Court B" in late.json()["detail"]
    assert [effect["status"] for effect in late.json()["effects"]] == ["done"]
    is_done(again)
    assert bookings(tmp_path) == [(SLOT, "local")]


async def _either(reached: Path, asked: asyncio.Task[Any]) -> str:
    """Tell whether a write was reached, or its request was answered before; empty for neither."""
    if await asyncio.to_thread(reached.exists):
        return "reached"
    return "answered" if asked.done() else ""


@pytest.mark.parametrize("style", "df")
async def test_one_key_at_two_servers_at_once_books_once_and_all_are_told(
    tmp_path: Path, style: str
) -> None:
    more = {"app": slow_club.NAME, "concurrent_runs": 100}
    with house(tmp_path, "local", **more) as one, house(tmp_path, "local", **more) as other:
        async with one.client() as first, other.client() as second:
            asked = [say(client, style) for _ in range(25) for client in (first, second)]
            replies = await asyncio.gather(*asked)
    assert len({is_done(reply) for reply in replies}) == 1
    assert bookings(tmp_path) == [(SLOT, "local")]


async def test_the_same_key_with_other_words_is_refused(tmp_path: Path) -> None:
    with house(tmp_path, "local") as server:
        async with server.client() as client:
            is_done(await say(client, "d"))
            other = await say(client, "d", "Book court C tomorrow at 4pm")
            elsewhere = await say(client, "e")
    for reply in (other, elsewhere):
        assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")
    assert bookings(tmp_path) == [(SLOT, "local")]


async def test_what_is_booked_is_told_where_its_record_cannot_be_kept(tmp_path: Path) -> None:
    with house(tmp_path, "local") as server:
        async with server.client() as client, asyncio.TaskGroup() as group:
            (tmp_path / "hold-booked").touch()
            asked = group.create_task(say(client, "d"))
            await polled(lambda: asyncio.to_thread((tmp_path / "at-booked").exists))
            with closing(sqlite3.connect(tmp_path / "batuta.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                (tmp_path / "hold-booked").unlink()
                kept = await asked
        async with server.client() as client:
            again = await say(client, "d")
    assert (kept.status_code, kept.json()["code"]) == (503, "answer_not_kept")
    assert "booked Court B" in kept.json()["detail"]
    assert "nothing was done" not in kept.text
    assert [effect["status"] for effect in kept.json()["effects"]] == ["done"]
    is_done(again)
    assert bookings(tmp_path) == [(SLOT, "local")]
