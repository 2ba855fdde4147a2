"""A server whose files go away, break or cannot grow confirms nothing, and is not ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.http_server import NOW, bookings, given_up, serving

pytestmark = pytest.mark.e2e
BOOK = {"message": "Book court B tomorrow at 3pm"}
Harm = Callable[[Path], None]


def remove_home(home: Path) -> None:
    for each in home.iterdir():
        each.unlink()
    home.rmdir()


def remove_bookings(home: Path) -> None:
    for each in home.glob("tennis.db*"):
        each.unlink()


def empty_bookings(home: Path) -> None:
    (home / "tennis.db").write_bytes(b"")


def remove_records(home: Path) -> None:
    for each in home.glob("batuta.db*"):
        each.unlink()


def empty_records(home: Path) -> None:
    (home / "batuta.db").write_bytes(b"")


def remove_requests(home: Path) -> None:
    for each in home.glob("requests.db*"):
        each.unlink()


def remove_durable(home: Path) -> None:
    for each in home.glob("durable.db*"):
        each.unlink()


async def warmed(client: httpx.AsyncClient) -> None:
    """Have everything opened: a booking, its record, and a look that all is well."""
    made = await client.post("/chat", json={"message": "Book court A tomorrow at 3pm"}, headers=NOW)
    assert (made.status_code, made.json()["reply"][:4]) == (200, "Done")
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


def damage(file: Path) -> None:
    file.write_bytes(b"\xff" * file.stat().st_size)


UNUSABLE = "store_unusable"


@pytest.mark.parametrize(
    ("harm", "settings"),
    [
        (remove_home, {}),
        (remove_bookings, {}),
        (empty_bookings, {}),
        (remove_records, {}),
        (empty_records, {}),
        (remove_requests, {}),
        (remove_durable, {"durable": "sqlite"}),
    ],
)
async def test_nothing_is_confirmed_or_done_once_a_file_has_gone(
    tmp_path: Path, harm: Harm, settings: dict[str, str]
) -> None:
    home = tmp_path / "home"
    with serving(home, settings, says="Not ready", style="d") as server:
        async with server.client() as client:
            await warmed(client)
            before = bookings(home)
            harm(home)
            for _ in range(2):
                ready = await client.get("/health/ready")
                answer = await client.post("/chat", json=BOOK, headers=NOW)
                assert (ready.status_code, ready.json()["code"]) == (503, UNUSABLE)
                assert (answer.status_code, answer.json()["code"]) == (503, UNUSABLE)
                assert str(tmp_path) not in ready.text + answer.text
            alive = await client.get("/health")
        _, said = server.stop()
    assert alive.status_code == 200
    assert f"File: {home}" in said  # whoever keeps the server is told which
    if harm in {remove_records, empty_records, remove_requests, remove_durable}:
        assert bookings(home) == before
    assert harm is not remove_home or not home.exists()


@pytest.mark.parametrize("name", ["tennis.db", "batuta.db"])
async def test_a_damaged_file_is_a_storage_error_and_not_a_wrong_setting(
    tmp_path: Path, name: str
) -> None:
    home = tmp_path / "home"
    with serving(home, style="d") as server:
        async with server.client() as client:
            await warmed(client)
    damage(home / name)
    with serving(home, says="Not ready", style="d") as server:
        async with server.client() as client:
            ready = await client.get("/health/ready")
            answer = await client.post("/chat", json=BOOK, headers=NOW)
    for refused in (ready, answer):
        assert (refused.status_code, refused.json()["code"]) == (503, UNUSABLE)
    if name != "tennis.db":
        assert len(bookings(home)) == 1  # the one before the damage


async def test_a_damaged_database_of_durable_runs_is_one_and_begins_nothing(tmp_path: Path) -> None:
    home, settings = tmp_path / "home", {"durable": "sqlite"}
    with serving(home, settings, says="Not ready", style="d") as server:
        async with server.client() as client:
            await warmed(client)
            for each in home.glob("durable.db*"):
                damage(each)
            ready = await client.get("/health/ready")
            answer = await client.post("/chat", json=BOOK, headers=NOW)
        code, said = server.stop()
    for refused in (ready, answer):
        assert (refused.status_code, refused.json()["code"]) == (503, UNUSABLE)
    assert len(bookings(home)) == 1  # the one before the damage
    assert (code, "Traceback" in said) == (0, False)
    code, _, said = given_up(home, {"test_mode": True, "style": "d"}, settings)
    assert code != 0
    assert "Database of durable runs cannot be used" in said


async def test_a_disk_that_is_full_is_a_storage_error_until_there_is_room(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, says="Not ready", style="d", file_bytes=2_000_000) as server:
        async with server.client() as client:
            await warmed(client)
            answer = ready = await client.get("/health/ready")
            for _ in range(200):  # until not even a page has room
                answer = await client.post("/chat", json={"message": "hello"}, headers=NOW)
                ready = await client.get("/health/ready")
                if 200 not in (answer.status_code, ready.status_code):
                    break
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unusable")
    assert (ready.status_code, ready.json()["code"]) == (503, "store_unusable")
    with serving(home, style="d") as server:
        async with server.client() as client:
            assert (await client.get("/health/ready")).status_code == 200
            assert (await client.post("/chat", json=BOOK, headers=NOW)).status_code == 200
    assert len(bookings(home)) == 2
