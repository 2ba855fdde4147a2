"""The door itself, on a real socket: who leaves, who stays, what is kept, how it stops."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from batuta.cli.countdown import GRACE_S
from tests.e2e.http_server import (
    NOW,
    PATIENCE_S,
    ROOT,
    Server,
    bookings,
    given_up,
    key_of,
    polled,
    serving,
    users_file,
)
from tests.patience import plain_client, scaled

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SLOW = "tests.e2e.slow_app:app"


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("club")
    with serving(home, {"seed": users_file(home, "ana", "bob"), "requests_per_minute": 0}) as one:
        yield one


def sent(server: Server, raw: bytes) -> socket.socket:
    """Write bytes to the server as they are."""
    connection = socket.create_connection(("127.0.0.1", server.port), scaled(PATIENCE_S))
    connection.sendall(raw)
    return connection


def posted(body: dict[str, Any], *headers: str) -> bytes:
    content = json.dumps(body).encode()
    lines = [
        "POST /chat HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def answered(connection: socket.socket) -> bytes:
    with closing(connection):
        read = b""
        while piece := connection.recv(65_536):
            read += piece
    return read


async def the_run(client: httpx.AsyncClient, status: str) -> dict[str, Any]:
    """Wait for the one run to have that status."""

    async def read() -> dict[str, Any] | None:
        runs = (await client.get("/runs")).json()["runs"]
        return runs[0] if runs and runs[0]["status"] == status else None

    return await polled(read)


@pytest.mark.parametrize("stream", [False, True])
async def test_client_that_leaves_cancels_its_run(tmp_path: Path, stream: bool) -> None:
    with serving(tmp_path, {"on_disconnect": "cancel"}, app_name=SLOW) as server:
        async with server.client() as client:
            leaving = sent(server, posted({"message": "go", "stream": stream}))
            on = await the_run(client, "running")
            leaving.close()
            ended = await the_run(client, "ended")
            (tmp_path / "go").touch()
            again = await client.post("/chat", json={"message": "go"})
            record = (await client.get(f"/runs/{on['run_id']}")).json()

    assert ended["run_id"] == on["run_id"]
    assert ended["stop_reason"] == "cancelled"
    assert "tool" not in {event["kind"] for event in record["events"]}
    assert again.status_code == 200, "its place is free again"


@pytest.mark.parametrize("stream", [False, True])
async def test_client_that_leaves_a_detached_run_finds_it_done(
    tmp_path: Path, stream: bool
) -> None:
    with serving(tmp_path, {"on_disconnect": "detach"}, app_name=SLOW) as server:
        async with server.client() as client:
            leaving = sent(server, posted({"message": "go", "stream": stream}))
            on = await the_run(client, "running")
            leaving.close()
            (tmp_path / "go").touch()
            ended = await the_run(client, "ended")
            session = await client.get(f"/sessions/{on['session_id']}")

    assert ended["run_id"] == on["run_id"]
    assert ended["stop_reason"] == "done"
    assert ended["reply"] == "Done."
    assert (tmp_path / "marked").exists()
    assert session.json()["messages"][-1]["text"] == "Done."


async def test_message_sent_again_after_leaving_is_answered_once(tmp_path: Path) -> None:
    with serving(tmp_path, {"on_disconnect": "detach"}, app_name=SLOW) as server:
        async with server.client() as client:
            key = "Idempotency-Key: again"
            leaving = sent(server, posted({"message": "go"}, key))
            on = await the_run(client, "running")
            leaving.close()
            (tmp_path / "go").touch()
            again = await client.post(
                "/chat", json={"message": "go"}, headers={"Idempotency-Key": "again"}
            )
            runs = (await client.get("/runs")).json()["runs"]

    assert again.json()["run_id"] == on["run_id"]
    assert again.json()["reply"] == "Done."
    assert len(runs) == 1


async def test_message_sent_again_after_its_run_was_cancelled_runs_again(tmp_path: Path) -> None:
    headers = {"Idempotency-Key": "again"}
    with serving(tmp_path, {"on_disconnect": "cancel"}, app_name=SLOW) as server:
        async with server.client() as client:
            leaving = sent(server, posted({"message": "go"}, "Idempotency-Key: again"))
            await the_run(client, "running")
            leaving.close()
            await the_run(client, "ended")
            (tmp_path / "go").touch()
            again = await client.post("/chat", json={"message": "go"}, headers=headers)

    assert again.status_code == 200, again.text
    assert again.json()["reply"] == "Done."


async def test_reader_that_leaves_does_not_cancel_the_run(tmp_path: Path) -> None:
    with serving(tmp_path, {"on_disconnect": "cancel"}, app_name=SLOW) as server:
        async with server.client() as client:
            asking = asyncio.create_task(client.post("/chat", json={"message": "go"}))
            on = await the_run(client, "running")
            path = f"/runs/{on['run_id']}/events"
            async with client.stream("GET", path) as stream:
                async for line in stream.aiter_lines():
                    if line == "event: model":
                        break
            (tmp_path / "go").touch()
            reply = await asking

    assert reply.json()["reply"] == "Done."


async def test_stream_arrives_while_the_model_still_thinks(tmp_path: Path) -> None:
    with serving(tmp_path, app_name=SLOW) as server:
        async with server.client() as client:
            body = {"message": "go", "stream": True}
            names: list[str] = []
            async with client.stream("POST", "/chat", json=body) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("event: "):
                        names.append(line.removeprefix("event: "))
                    if line == "event: text":
                        (tmp_path / "go").touch()

    assert names.index("text") < names.index("tool")
    assert (names[0], names[-1]) == ("run", "reply")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_stop_cancels_and_keeps_what_does_not_end_soon(tmp_path: Path, how: int) -> None:
    with serving(tmp_path, app_name=SLOW) as server:
        async with server.client() as client:
            asking = asyncio.create_task(client.post("/chat", json={"message": "go"}))
            on = await the_run(client, "running")
            code, said = await asyncio.to_thread(server.stop, how)
            answer = await asking
    with serving(tmp_path, app_name=SLOW) as server:
        async with server.client() as client:
            record = (await client.get(f"/runs/{on['run_id']}")).json()

    assert record["stop_reason"] == "cancelled"
    assert (answer.status_code, answer.json()["run_id"]) == (503, on["run_id"])
    assert answer.json()["code"] == "cancelled"
    assert (code, said) == (0, "")


@pytest.mark.parametrize("asked_again", [True, False])
async def test_stop_leaves_a_durable_run_to_the_next_start(
    tmp_path: Path, asked_again: bool
) -> None:
    durable, key = {"durable": "sqlite", "requests_per_minute": 0}, {"Idempotency-Key": "one"}
    with serving(tmp_path, durable, app_name=SLOW) as server:
        async with server.client() as client:
            ask = client.post("/chat", json={"message": "go"}, headers=key)
            asking = asyncio.create_task(ask)
            on = await the_run(client, "running")
            code, said = await asyncio.to_thread(server.stop)
            cut = await asking
    (tmp_path / "go").touch()
    with serving(tmp_path, durable, app_name=SLOW) as server:
        async with server.client() as client:
            if asked_again:
                reply = await client.post("/chat", json={"message": "go"}, headers=key)
                assert (reply.json()["reply"], reply.json()["run_id"]) == ("Done.", on["run_id"])
            done = await the_run(client, "ended")

    assert (cut.status_code, cut.json()["code"]) == (503, "run_interrupted")
    assert (cut.json()["run_id"], done["run_id"]) == (on["run_id"], on["run_id"])
    assert (code, said) == (0, "")


async def test_stop_waits_for_what_is_nearly_done(tmp_path: Path) -> None:
    with serving(tmp_path, app_name=SLOW) as server:
        async with server.client() as client:
            asking = asyncio.create_task(client.post("/chat", json={"message": "go"}))
            await the_run(client, "running")
            server.process.send_signal(signal.SIGTERM)
            (tmp_path / "go").touch()
            reply = await asking
        _, said = await asyncio.to_thread(server.stop)

    assert reply.json()["reply"] == "Done."
    assert not said


async def test_conversation_survives_a_kill(tmp_path: Path) -> None:
    settings = {"seed": users_file(tmp_path, "ana")}
    headers = {**NOW, **key_of("ana")}
    with serving(tmp_path, settings) as server:
        async with server.client(headers=headers) as client:
            first = (await client.post("/chat", json={"message": "Book a court"})).json()
            body = {"message": "tomorrow at 3pm", "session_id": first["session_id"]}
            second = (await client.post("/chat", json=body)).json()
            await asyncio.to_thread(server.stop, signal.SIGKILL)
    with serving(tmp_path, settings) as server:
        async with server.client(headers=headers) as client:
            body = {"message": "the second one", "session_id": first["session_id"]}
            third = await client.post("/chat", json=body)
            run = await client.get(f"/runs/{second['run_id']}")

    assert third.status_code == 200
    assert bookings(tmp_path) == [("2019-03-02T15:00/B", "ana")]
    assert run.json()["reply"] == second["reply"]


async def test_members_see_their_own_alone(club: Server) -> None:
    async with club.client() as client:
        hers = (await client.post("/chat", json={"message": "hello"}, headers=key_of("ana"))).json()
        ids = {"message": "hello", "session_id": hers["session_id"]}
        answers = [
            await client.post("/chat", json=ids, headers=key_of("bob")),
            await client.get(f"/sessions/{hers['session_id']}", headers=key_of("bob")),
            await client.delete(f"/sessions/{hers['session_id']}", headers=key_of("bob")),
            await client.get(f"/runs/{hers['run_id']}", headers=key_of("bob")),
            await client.get(f"/runs/{hers['run_id']}/events", headers=key_of("bob")),
        ]
        nobody = await client.post("/chat", json={"message": "hello"})
        health = await client.get("/health")

    assert [a.status_code for a in answers] == [404] * 5
    assert (nobody.status_code, nobody.json()["code"]) == (401, "unauthenticated")
    assert health.json()["status"] == "ok"


@pytest.mark.parametrize("size", [70_000, 1_000_000, 30_000_000])
async def test_large_body_is_refused_and_the_refusal_read(club: Server, size: int) -> None:
    async with club.client(headers=key_of("ana")) as client:
        json_ = {"Content-Type": "application/json"}
        for response in (
            await client.post("/chat", content=b"x" * size, headers=json_),
            await client.post("/chat", content=_pieces(size), headers=json_),
        ):
            assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        after = await client.get("/health")

    assert after.status_code == 200


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 10_000):
        yield b"x" * 10_000


def test_broken_requests_leave_the_server_well(club: Server) -> None:
    whole = posted({"message": "hello"}, "X-API-Key: key-ana", "Connection: close")
    sent(club, whole[:-5]).close()
    sent(club, b"GET / HTTP/9.9\r\n\r\n").close()
    garbage = answered(sent(club, b"\x00\xff nonsense\r\n\r\n"))
    early = sent(club, whole)
    early.close()
    good = answered(sent(club, whole))

    assert not garbage or garbage.startswith(b"HTTP/1.1 400")
    assert good.startswith(b"HTTP/1.1 200")


def test_wrong_keys_are_slowed_and_logged_without_the_key(tmp_path: Path) -> None:
    settings = {"keys": users_file(tmp_path, "ana")}
    with (
        serving(tmp_path, settings, says="From 127.0.0.1 came a wrong API key") as server,
        plain_client(base_url=server.address) as client,
    ):
        odd = sent(server, posted({"message": "hi"}, "Connection: close", "X-API-Key: \xff"))
        wrong = [client.get("/runs", headers=key_of(f"guess-{n}")) for n in range(25)]
        right = client.get("/runs", headers=key_of("ana"))
        first = answered(odd)
        _, said = server.stop()

    assert b" 401 " in first.splitlines()[0]
    assert [each.status_code for each in wrong[:19]] == [401] * 19
    assert {each.status_code for each in wrong[20:]} == {429}
    assert int(wrong[-1].headers["retry-after"]) > 0
    assert right.status_code == 200
    assert "20 wrong API keys in a minute" in said
    assert "guess" not in said
    assert len(said.splitlines()) == 2, said


RUDE = "tests.e2e.rude_app:app"


@contextmanager
def rudely(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the command itself; gives the process and its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "batuta", "serve", "--app", RUDE, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "BATUTA_HOME": str(home)},
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline().split("http://127.0.0.1:")[1].split()[0])
        finally:
            process.kill()


@pytest.mark.parametrize("tool", ["sleep_in_thread", "sleep_in_loop"])
def test_stop_ends_in_time_whatever_a_tool_does(tmp_path: Path, tool: str) -> None:
    with (
        rudely(tmp_path) as (process, port),
        closing(socket.create_connection(("127.0.0.1", port), PATIENCE_S)) as asking,
    ):
        asking.sendall(posted({"message": tool}))
        end = time.monotonic() + PATIENCE_S
        while not (tmp_path / "asleep").exists() and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=scaled(GRACE_S + 10))

    held = tool == "sleep_in_loop"
    assert process.returncode == (1 if held else 0), said
    assert ("did not end within 10 s" in said) == held, said


def test_tool_that_ends_the_process_ends_its_own_call(tmp_path: Path) -> None:
    with rudely(tmp_path) as (process, port):
        with plain_client(base_url=f"http://127.0.0.1:{port}") as client:
            answers = [
                client.post("/chat", json={"message": tool}) for tool in ("leave", "leave_aside")
            ]
            health = client.get("/health")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)

    assert [(a.status_code, a.json()["reply"]) for a in answers] == [(200, "Done.")] * 2
    assert health.status_code == 200
    assert process.returncode == 0


def test_one_style_is_served_alone(tmp_path: Path) -> None:
    with serving(tmp_path, style="b") as server, plain_client(base_url=server.address) as client:
        health = client.get("/health").json()
        reply = client.post("/chat", json={"message": "hi"}, headers=NOW)
        others = [client.get(path).status_code for path in ("/", "/styles", "/docs")]

    assert (health["status"], health["style"]) == ("ok", "b")
    assert reply.json()["style"] == "b"
    assert others == [404, 404, 404]


@pytest.mark.parametrize(
    ("settings", "options", "said"),
    [
        ({"host": "0.0.0.0"}, {}, "BATUTA_KEYS"),  # noqa: S104 - refused
        ({"host": "nowhere.invalid", "keys": "keys.json"}, {}, "keys.json"),
        ({"port": 99_999}, {}, "BATUTA_PORT"),
        ({}, {"style": "c"}, "Style c"),
        ({}, {"app_name": "no_such_module:app"}, "no_such_module"),
    ],
)
def test_what_cannot_be_served_says_what_to_set(
    tmp_path: Path, settings: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    code, printed, failed = given_up(tmp_path, options, settings)

    assert code == 1
    assert not printed
    assert "ConfigError" in failed
    assert said in failed.splitlines()[-1]


def test_port_in_use_is_said(tmp_path: Path, club: Server) -> None:
    _, _, failed = given_up(tmp_path, {}, {"port": club.port})

    assert "in use" in failed.splitlines()[-1]
