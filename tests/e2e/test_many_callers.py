"""Several callers at one server: what one does holds up no other, and the end waits for nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.http_server import Server, key_of, polled, serving, users_file

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CROWD = "tests.e2e.crowd_app:app"


@contextmanager
def crowd(home: Path, **settings: Any) -> Iterator[Server]:
    """Serve the App to Ana and Bob."""
    keys = users_file(home, "ana", "bob")
    with serving(home, {"keys": keys, "requests_per_minute": 0, **settings}, app_name=CROWD) as one:
        yield one


def asks(client: httpx.AsyncClient, who: str, what: str) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(
        client.post("/chat", json={"message": what, "style": "d"}, headers=key_of(who))
    )


async def on(client: httpx.AsyncClient, who: str, count: int) -> None:
    """Wait until so many of a caller's runs are on."""

    async def enough() -> bool:
        runs = (await client.get("/runs?limit=100", headers=key_of(who))).json()["runs"]
        return sum(run["status"] == "running" for run in runs) == count

    await polled(enough)


async def tools(client: httpx.AsyncClient, running: int, given_up: int) -> None:
    """Wait until the server says so of its plain tools."""

    async def so() -> bool:
        health = (await client.get("/health")).json()
        return (health["tools_running"], health["tools_given_up"]) == (running, given_up)

    await polled(so)


@pytest.mark.parametrize(("count", "taken"), [(10, 10), (100, 90)])
async def test_long_runs_of_one_caller_do_not_hold_up_another(
    tmp_path: Path, count: int, taken: int
) -> None:
    with crowd(tmp_path) as server:
        async with server.client(limits=httpx.Limits(max_connections=None)) as client:
            long = [asks(client, "ana", "wait") for _ in range(count)]
            await on(client, "ana", taken)
            bobs = [await asks(client, "bob", what) for what in ("hello", "use quick")]
            assert not any(task.done() and task.result().is_success for task in long)
            (tmp_path / "go").touch()
            statuses = Counter(response.status_code for response in await asyncio.gather(*long))
            refused = [r for r in map(asyncio.Task.result, long) if r.status_code == 429]

    assert [response.status_code for response in bobs] == [200, 200]
    assert statuses == Counter({200: taken} | ({429: count - taken} if count > taken else {}))
    assert all(response.headers["retry-after"] == "1" for response in refused)
    assert {response.json()["code"] for response in refused} <= {"limit_reached"}


async def test_slow_and_abandoned_plain_tools_of_one_caller_hold_up_nobody(tmp_path: Path) -> None:
    with crowd(tmp_path, tool_threads=8) as server:
        async with server.client(limits=httpx.Limits(max_connections=None)) as client:
            slow = [asks(client, "ana", "use slow") for _ in range(14)]
            await on(client, "ana", 14)
            await tools(client, 7, 0)
            for what in ("hello", "use quick"):
                assert (await asks(client, "bob", what)).status_code == 200
            for task in slow:
                task.cancel()
            await asyncio.wait(slow)
            await on(client, "ana", 0)
            await tools(client, 7, 7)
            assert (await asks(client, "bob", "use quick")).status_code == 200
            waiting = asks(client, "ana", "use quick")
            await on(client, "ana", 1)
            (tmp_path / "go").touch()
            assert (await waiting).status_code == 200
            await tools(client, 0, 0)


async def test_the_server_ends_though_a_plain_tool_never_does(tmp_path: Path) -> None:
    with crowd(tmp_path) as server:
        async with server.client() as client:
            left = asks(client, "ana", "use slow")
            await tools(client, 1, 0)
            left.cancel()
            await tools(client, 1, 1)
            waited_for = asks(client, "ana", "use slow")
            await tools(client, 2, 1)
            ended = asyncio.create_task(asyncio.to_thread(server.stop))
            answer = await waited_for
            assert await ended == (0, "")

    assert answer.status_code == 503
    assert answer.json()["code"] == "cancelled"
