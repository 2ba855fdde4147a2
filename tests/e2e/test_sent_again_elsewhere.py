"""A request that is sent again, where its agents are services, AWS's, or durable: all attacks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from batuta.parts.earlier import NOTHING_ELSE
from tests.e2e import held_app
from tests.e2e.http_server import NOW, Server, bookings, polled, serving
from tests.e2e.placed import up

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

RUNTIMES = {"local": {}, "durable": {"durable": "sqlite"}}
PLACED = "cg"
LIMIT_S = 2


@dataclass
class Attack:
    """One request, with a slot and a key of its own."""

    style: str
    hour: int
    two: bool = False
    """Whether another court is asked for as well; a workflow makes one booking of a message."""

    @property
    def slot(self) -> str:
        return f"2019-03-02T{self.hour}:00/B"

    @property
    def second(self) -> str:
        return f"2019-03-02T{self.hour}:00/C"

    async def send(self, server: Server, court: str = "B") -> httpx.Response:
        """Ask for the slot; another court is other words under the same key."""
        more = f" and court C tomorrow at {self.hour}:00" if self.two else ""
        body = {"message": f"Book court {court} tomorrow at {self.hour}:00{more}"}
        headers = {**NOW, "Idempotency-Key": f"key-{self.hour}"}
        async with server.client() as client:
            return await client.post(f"/styles/{self.style}/chat", json=body, headers=headers)

    async def left(self, server: Server) -> None:
        """Ask, and be gone before the answer, or see the server go."""
        try:
            reply = await self.send(server)
        except httpx.TransportError:
            return
        raise AssertionError(reply.text)

    def told(self, reply: httpx.Response, home: Path) -> None:
        """Check that an answer tells of the one booking that there is."""
        assert reply.status_code == 200, reply.text
        said = reply.json()
        [effect] = said["effects"]
        assert (effect["tool"], effect["status"]) == ("book", "done")
        assert effect["result"]["slot_id"] == self.slot
        assert effect["result"]["booking_id"] in said["reply"]
        assert [slot for slot, _ in bookings(home)].count(self.slot) == 1


@asynccontextmanager
async def held(home: Path) -> AsyncIterator[None]:
    """Stop the club once a row is written, until the block ends, which begins then."""
    hold, reached = home / "hold-booked", home / "at-booked"
    hold.touch()
    try:
        yield
    finally:
        hold.unlink()
        reached.unlink(missing_ok=True)


async def written(home: Path) -> None:
    """Wait until the row is written."""
    await polled(lambda: asyncio.to_thread((home / "at-booked").exists))


@contextmanager
def house(home: Path, runtime: str, **more: float) -> Iterator[Server]:
    """Serve the club."""
    settings = {"requests_per_minute": 0, "concurrent_runs": 100, **RUNTIMES[runtime], **more}
    with serving(home, settings, app_name=held_app.NAME) as server:
        yield server


async def connection_lost(attack: Attack, home: Path, server: Server) -> None:
    async with held(home), asyncio.TaskGroup() as group:
        asking = group.create_task(attack.send(server))
        await written(home)
        asking.cancel()
    attack.told(await attack.send(server), home)
    other = await attack.send(server, court="C")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def asked_at_both(attack: Attack, home: Path, one: Server, other: Server) -> None:
    async with asyncio.TaskGroup() as group, held(home):
        asked = [group.create_task(attack.send(s)) for _ in range(5) for s in (one, other)]
        await written(home)
    for reply in asked:
        attack.told(reply.result(), home)


async def killed(attack: Attack, home: Path, server: Server, other: Server) -> None:
    """The server is killed after the write; of two bookings, between them."""
    async with held(home), asyncio.TaskGroup() as group:
        group.create_task(attack.left(server))
        await written(home)
        server.process.kill()
    again, once_more = await attack.send(other), await attack.send(other)
    assert again.status_code == 200, again.text
    done = [effect["result"]["slot_id"] for effect in again.json()["effects"]]
    assert done == [attack.slot, attack.second] if attack.two else [attack.slot]
    assert NOTHING_ELSE not in again.json()["reply"]  # it was gone on with
    assert once_more.json()["reply"] == again.json()["reply"]
    assert [slot for slot, _ in bookings(home) if slot in done] == done


async def out_of_time(style: str, home: Path, server: Server) -> None:
    """The limit strikes in the write; a machine too slow for that tries with another slot."""
    late: list[httpx.Response] = []
    for hour in range(13, 22):
        attack = Attack(style, hour)
        async with asyncio.TaskGroup() as group, held(home):
            asked = group.create_task(attack.send(server))
            await polled(partial(_either, home / "at-booked", asked))
            if not asked.done():
                await asyncio.sleep(LIMIT_S + 0.2)
        if asked.result().status_code == 504 and asked.result().json()["effects"]:
            late.append(asked.result())
            attack.told(await attack.send(server), home)
            break
    [told] = late
    assert "booked Court B" in told.json()["detail"]
    assert [effect["status"] for effect in told.json()["effects"]] == ["done"]


async def _either(reached: Path, asked: asyncio.Task[httpx.Response]) -> bool:
    return await asyncio.to_thread(reached.exists) or asked.done()


@pytest.mark.parametrize(
    ("style", "runtime"),
    [("c", "local"), ("g", "local"), ("h", "local"), ("d", "durable")],
)
async def test_whatever_is_lost_the_request_sent_again_is_told_of_its_one_booking(
    tmp_path: Path, style: str, runtime: str
) -> None:
    services = up(tmp_path, style, "--app", held_app.NAME) if style in PLACED else nullcontext()
    with services:
        with house(tmp_path, runtime) as one, house(tmp_path, runtime) as other:
            await connection_lost(Attack(style, 10), tmp_path, one)
            await asked_at_both(Attack(style, 11), tmp_path, one, other)
            await killed(Attack(style, 12, two=style != "c"), tmp_path, one, other)
        with house(tmp_path, runtime, run_seconds=LIMIT_S) as server:
            await out_of_time(style, tmp_path, server)
    booked = [slot for slot, _ in bookings(tmp_path)]
    assert len(booked) == len(set(booked))
    assert sum(slot.endswith("/C") for slot in booked) == (style != "c")
