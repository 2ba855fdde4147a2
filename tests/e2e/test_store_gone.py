"""A server whose files go away, break or cannot grow confirms nothing, and is not ready."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.e2e.http_server import NOW, bookings, serving

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


def empty_records(home: Path) -> None:
    (home / "batuta.db").write_bytes(b"")


async def warmed(client: httpx.AsyncClient) -> None:
    """Have everything opened: a booking, its record, and a look that all is well."""
    made = await client.post("/chat", json={"message": "Book court A tomorrow at 3pm"}, headers=NOW)
    assert (made.status_code, made.json()["reply"][:4]) == (200, "Done")
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})


UNUSABLE, NOT_KEPT = "store_unusable", "answer_not_kept"
"""Where only the record cannot be kept, the booking stands, and the answer says so."""


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (remove_home, UNUSABLE),
        (remove_bookings, UNUSABLE),
        (empty_bookings, UNUSABLE),
        (empty_records, NOT_KEPT),
    ],
)
async def test_nothing_is_confirmed_once_a_file_has_gone(
    tmp_path: Path, harm: Harm, code: str
) -> None:
    home = tmp_path / "home"
    with serving(home, says="Not ready", style="d") as server:
        async with server.client() as client:
            await warmed(client)
            harm(home)
            for _ in range(2):
                ready = await client.get("/health/ready")
                answer = await client.post("/chat", json=BOOK, headers=NOW)
                assert (ready.status_code, ready.json()["code"]) == (503, UNUSABLE)
                assert (answer.status_code, answer.json()["code"]) == (503, code)
                if code == NOT_KEPT:
                    break  # the court is booked by now
                assert str(tmp_path) not in ready.text + answer.text
            alive = await client.get("/health")
        _, said = server.stop()
    assert alive.status_code == 200
    assert f"File: {home}" in said  # whoever keeps the server is told which
    assert harm is not remove_home or not home.exists()


@pytest.mark.parametrize(("name", "code"), [("tennis.db", UNUSABLE), ("batuta.db", NOT_KEPT)])
async def test_a_damaged_file_is_a_storage_error_and_not_a_wrong_setting(
    tmp_path: Path, name: str, code: str
) -> None:
    home = tmp_path / "home"
    with serving(home, style="d") as server:
        async with server.client() as client:
            await warmed(client)
    whole = (home / name).read_bytes()
    (home / name).write_bytes(b"\xff" * len(whole))
    with serving(home, says="Not ready", style="d") as server:
        async with server.client() as client:
            ready = await client.get("/health/ready")
            answer = await client.post("/chat", json=BOOK, headers=NOW)
    assert (ready.status_code, ready.json()["code"]) == (503, "store_unusable")
    assert (answer.status_code, answer.json()["code"]) == (503, code)


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
