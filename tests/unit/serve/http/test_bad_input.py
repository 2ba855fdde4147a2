"""Whatever is sent: a clear 4xx in the one shape, or an answer; never a crash, nothing done."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batuta.serve.http.body import parsed
from batuta.serve.http.problems import Refused
from tests.unit.serve.http.house import House, problem

JSON = {"Content-Type": "application/json"}


async def send(tmp_path: Path, body: bytes, **headers: str) -> httpx.Response:
    house = House(tmp_path)
    async with house.client() as client:
        response = await client.post("/chat", content=body, headers={**JSON, **headers})
        runs = (await client.get("/runs")).json()["runs"]
    if response.status_code >= 400:
        assert not house.parrot.asked
        assert not runs
    return response


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"{",
        b'{"message": "a"} x',
        b'{"message": NaN}',
        b'{"message": "a", "session_id": -Infinity}',
        b'{"message": "a", "message": "b"}',
        b'{"message": "\xff"}',
        b'\xef\xbb\xbf{"message": "a"}',
        '{"message": "a"}'.encode("utf-16"),
        b'{"message": "a\nb"}',
        b'{"message": "\\ud800"}',
        b'{"message": "book \\udc00 it"}',
        b'{"message": "a", "session_id": "\\ud800"}',
        b'{"message": "a", "\\ud800": 1}',
        b"[" * 30_000,
        b'{"message":' * 5_000,
        b'{"message": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_body_that_is_no_strict_json(tmp_path: Path, body: bytes) -> None:
    detail = problem(await send(tmp_path, body), 400, "invalid_json")["detail"]

    assert len(detail) < 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"[]", "body"),
        (b"null", "body"),
        (b'"hello"', "body"),
        (b"1e999", "body"),
        (b"{}", "message"),
        (b'{"message": null}', "message"),
        (b'{"message": 1e999}', "message"),
        (b'{"message": ["a"]}', "message"),
        (b'{"message": "a", "session_id": 5}', "session_id"),
        (b'{"message": "a", "style": true}', "style"),
        (b'{"message": "a", "stream": "yes"}', "stream"),
        (b'{"message": "a", "user": "bob"}', "user"),
        (b'{"message": "a", "' + b"k" * 9_000 + b'": 1}', "k" * 59 + "…"),
    ],
    ids=lambda value: repr(value[:30]),
)
async def test_body_with_wrong_fields_names_them(tmp_path: Path, body: bytes, field: str) -> None:
    made = problem(await send(tmp_path, body), 422, "invalid_input")

    assert made["errors"][0]["field"] == field


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u0000\u0007", "\u200b"])
async def test_message_without_words_is_refused(tmp_path: Path, text: str) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        problem(await client.post("/chat", json={"message": text}), 422, "invalid_input")
    assert not house.parrot.asked


async def test_message_that_is_too_long_says_how_long_it_may_be(tmp_path: Path) -> None:
    house = House(tmp_path, message_chars=10)
    async with house.client() as client:
        fits = await client.post("/chat", json={"message": "é" * 10})
        response = await client.post("/chat", json={"message": "é" * 11})

    assert fits.status_code == 200
    assert "at most 10" in problem(response, 422, "invalid_input")["detail"]


@pytest.mark.parametrize(
    "text", ["Ça va? 你好 مرحبا 🎾", "a\u0007b", "<script>", "'; DROP TABLE runs;--"]
)
async def test_other_scripts_and_odd_characters_are_answered(tmp_path: Path, text: str) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        response = await client.post("/chat", json={"message": text})

    assert response.json()["reply"] == f"You said: {text.replace(chr(7), '')}"


async def test_body_over_the_limit_is_refused_by_its_declared_length_unread(tmp_path: Path) -> None:
    made = problem(await send(tmp_path, b"x" * 1_000_000), 413, "body_too_large")

    assert made["limit_bytes"] == 65_536


async def test_body_over_the_limit_is_refused_while_it_arrives(tmp_path: Path) -> None:
    house = House(tmp_path, body_bytes=100)
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 60

    async with house.client() as client:
        response = await client.post("/chat", content=endless(), headers=JSON)

    problem(response, 413, "body_too_large")
    assert sent <= 3


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "json"])
async def test_body_that_is_not_declared_as_json(tmp_path: Path, kind: str) -> None:
    response = await send(tmp_path, b'{"message": "a"}', **{"Content-Type": kind})

    assert "application/json" in problem(response, 415, "unsupported_media_type")["detail"]


async def test_json_may_name_its_encoding(tmp_path: Path) -> None:
    kind = {"Content-Type": "Application/JSON; charset=utf-8"}
    response = await send(tmp_path, '{"message": "é"}'.encode(), **kind)

    assert response.json()["reply"] == "You said: é"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/", 404, "not_found"),
        ("GET", "/nothing/" + "x" * 5_000, 404, "not_found"),
        ("POST", "/chat/", 404, "not_found"),
        ("GET", "/chat", 405, "method_not_allowed"),
        ("DELETE", "/runs", 405, "method_not_allowed"),
        ("GET", "/sessions?limit=0", 422, "invalid_input"),
        ("GET", "/runs?limit=many", 422, "invalid_input"),
        ("GET", "/sessions/nobody", 404, "session_not_found"),
        ("GET", "/sessions/" + "x" * 5_000, 404, "session_not_found"),
        ("DELETE", "/sessions/%ED%A0%80", 404, "session_not_found"),
        ("GET", "/runs/%00", 404, "run_not_found"),
        ("GET", "/runs/nobody/events", 404, "run_not_found"),
    ],
)
async def test_address_that_is_not_there(
    tmp_path: Path, method: str, path: str, status: int, code: str
) -> None:
    async with House(tmp_path).client() as client:
        response = await client.request(method, path)

    problem(response, status, code)
    assert len(response.content) < 1_500
    assert status != 405 or response.headers["allow"]


async def test_crash_says_nothing_of_its_reason(tmp_path: Path) -> None:
    house = House(tmp_path)

    async def broken(*_: object) -> object:
        raise RuntimeError("secret")

    house.assistants.sessions.list = broken  # pyright: ignore[reportAttributeAccessIssue]
    async with house.client() as client:
        client._transport.raise_app_exceptions = False  # pyright: ignore[reportAttributeAccessIssue]
        response = await client.get("/sessions")

    assert response.json()["code"] == "internal"
    assert response.status_code == 500
    assert "secret" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "ignore"))
)
def test_parsing_gives_json_or_a_refusal(body: bytes) -> None:
    with suppress(Refused):
        parsed(body)
