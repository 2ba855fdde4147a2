"""The server itself: where it listens, whom it lets in, what it does where things go wrong."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import socket
from typing import Any

import httpx
import pytest

from batuta.core.clock import ManualClock
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.errors import ConfigError, ModelCut, ModelError, ModelRateLimited, ModelRefused
from batuta.standin import Listen, StandIn, Wire, serve_standin, standin_in_thread
from batuta.standin.server import _listening
from batuta.testing.scripted import ScriptedModel
from tests import patience
from tests.unit.standin.wires import chat, converse, messages, responses

PATHS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", chat(stream=True)),
    "responses": ("/v1/responses", responses(stream=True)),
    "messages": ("/v1/messages", messages(stream=True)),
    "converse": ("/model/claude-haiku-4-5/converse-stream", converse()),
}
EVERY = pytest.mark.parametrize(("path", "body"), PATHS.values(), ids=PATHS)


def client(server: StandIn, **options: Any) -> httpx.AsyncClient:
    return patience.client(base_url=server.url, **options)


def hello(*lines: Any) -> ScriptedModel:
    return ScriptedModel(lines or ("Hello there.",), repeat=True)


class Slow:
    """Says one word, then waits for leave to say the other."""

    name = "scripted:slow"

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.go_on = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        self.asked.set()
        emit("One ")
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        emit("two.")
        return ModelReply("One two.")


ELSEWHERE = ("0.0.0.0", "192.0.2.1", "example.org", "", "::")  # noqa: S104 - all are refused


@pytest.mark.parametrize("host", ELSEWHERE)
async def test_it_listens_on_this_machine_only(host: str) -> None:
    with pytest.raises(ConfigError, match="does not listen on"):
        async with serve_standin(hello(), listen=Listen(host=host)):
            pass


async def test_a_port_in_use_is_named() -> None:
    async with serve_standin(hello()) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(ConfigError, match=f"port {port}"):
            async with serve_standin(hello(), listen=Listen(port=port)):
                pass
    with (
        pytest.raises(ConfigError, match="port 70000"),
        standin_in_thread(hello(), listen=Listen(port=70_000)),
    ):
        pass


@EVERY
async def test_every_response_says_that_it_is_a_stand_ins(path: str, body: Any) -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        for response in (
            await http.post(path, json=body),
            await http.post(path, json={}),
            await http.get(path),
            await http.get("/v1/models"),
        ):
            assert response.headers["x-batuta-stand-in"] == "true", response.text


@EVERY
async def test_first_piece_leaves_before_the_model_is_done(path: str, body: Any) -> None:
    model = Slow()
    async with serve_standin(model) as server, client(server) as http:
        async with http.stream("POST", path, json=body) as response:
            pieces = response.aiter_bytes()
            said = b""
            while b"One" not in said:
                said += await anext(pieces)
            assert b"two" not in said
            model.go_on.set()
            assert b"two" in b"".join([piece async for piece in pieces])
        assert server.requests[-1].ended == "whole"


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_client_that_leaves_ends_the_models_call(streamed: bool) -> None:
    model = Slow()
    async with serve_standin(model) as server, client(server) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post(
                "/v1/chat/completions",
                json=chat(stream=streamed),
                timeout=httpx.Timeout(5, read=0.2),
            )
        async with asyncio.timeout(5):
            await model.cancelled.wait()
    assert server.requests[-1].ended == "left"


async def test_stopping_does_not_wait_for_a_model_that_hangs() -> None:
    model = Slow()
    async with asyncio.timeout(3), serve_standin(model) as server, client(server) as http:
        asked = asyncio.create_task(http.post("/v1/chat/completions", json=chat(stream=True)))
        await model.asked.wait()
    with pytest.raises(httpx.HTTPError):
        await asked
    assert model.cancelled.is_set()


async def test_stopping_does_not_wait_for_a_client_that_does_not_read() -> None:
    async with asyncio.timeout(5):
        async with serve_standin(hello(), Wire(huge_reply_mb=50)) as server:
            host, _, port = server.url.removeprefix("http://").rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port), limit=1_024)
            body = json.dumps(chat()).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}:{port}\r\n"
            kind = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write((head + kind).encode() + body)
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        writer.close()


@EVERY
async def test_an_error_before_the_first_word_has_its_status(path: str, body: Any) -> None:
    model = hello(ModelRateLimited("m", 0.5))
    async with serve_standin(model) as server, client(server) as http:
        response = await http.post(path, json=body)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "0.5"


class Breaking(Slow):
    """Breaks off after a word."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        emit("One ")
        await asyncio.sleep(0)
        raise self.error


@EVERY
async def test_an_error_after_the_first_word_is_told_in_the_stream(path: str, body: Any) -> None:
    model = Breaking(ModelError("m", "is down"))
    async with serve_standin(model) as server, client(server) as http:
        response = await http.post(path, json=body)
    assert response.status_code == 200
    assert b"One " in response.content
    assert b"Model m: is down." in response.content
    assert b"[DONE]" not in response.content


@EVERY
async def test_a_model_has_the_line_cut(path: str, body: Any) -> None:
    cut = ModelCut("m", heard=True)
    for model in (Breaking(ConnectionResetError()), hello(ConnectionResetError()), Breaking(cut)):
        async with serve_standin(model) as server, client(server) as http:
            with pytest.raises(httpx.RemoteProtocolError):
                await http.post(path, json=body)
        assert server.requests[-1].ended == "cut"


@EVERY
async def test_a_refusal_is_a_reply(path: str, body: Any) -> None:
    model = hello(ModelRefused("m", "I may not."))
    async with serve_standin(model) as server, client(server) as http:
        response = await http.post(path, json=body)
    assert response.status_code == 200
    assert b"I may not." in response.content


async def test_what_no_model_should_raise_is_a_500_in_the_vendors_shape() -> None:
    async with serve_standin(hello(RuntimeError("secret"))) as server, client(server) as http:
        response = await http.post("/v1/messages", json=messages())
    assert response.status_code == 500
    assert response.json()["error"]["type"] == "api_error"
    assert "secret" not in response.text


@pytest.mark.parametrize("events", [0, 1, 3])
@EVERY
async def test_the_wire_cuts_a_stream_after_so_many_events(
    path: str, body: Any, events: int
) -> None:
    wire = Wire(cut_after_events=events)
    async with serve_standin(hello(), wire) as server, client(server) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post(path, json=body)
    assert (server.requests[-1].events, server.requests[-1].ended) == (events, "cut")


async def test_the_wire_cuts_a_plain_reply_in_its_middle() -> None:
    wire = Wire(cut_after_events=1, faulty_requests=1)
    async with serve_standin(hello(), wire) as server, client(server) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.post("/v1/messages", json=messages())
        assert (await http.post("/v1/messages", json=messages())).status_code == 200


async def test_the_wire_answers_with_a_proxys_page() -> None:
    async with serve_standin(hello(), Wire(html_500=True)) as server, client(server) as http:
        response = await http.post("/v1/messages", json=messages())
    assert (response.status_code, response.headers["content-type"]) == (500, "text/html")
    assert "<html>" in response.text


async def test_the_wire_hangs_and_is_slow_by_the_clock_given() -> None:
    clock = ManualClock(dt.datetime(2025, 11, 20, tzinfo=dt.UTC))
    wire = Wire(hang_s=60, latency_ms=500)
    async with serve_standin(hello(), wire, clock=clock) as server, client(server) as http:
        response = await http.post("/v1/chat/completions", json=chat())
    assert clock.monotonic() == 60.5
    assert response.json()["created"] == int(clock.now().timestamp())


@EVERY
async def test_the_wire_hangs_in_a_stream(path: str, body: Any) -> None:
    clock = ManualClock(dt.datetime(2025, 11, 20, tzinfo=dt.UTC))
    wire = Wire(hang_s=60, hang_after_events=2)
    async with serve_standin(hello(), wire, clock=clock) as server, client(server) as http:
        assert b"Hello there." in (await http.post(path, json=body)).content
    assert clock.monotonic() == 60


async def test_requests_at_once_do_not_mix() -> None:
    model = ScriptedModel([lambda request: request.messages[-1].text], repeat=True)
    async with serve_standin(model) as server, client(server) as http:

        async def echo(word: str) -> str:
            body = chat(messages=[{"role": "user", "content": word}])
            made = (await http.post("/v1/chat/completions", json=body)).json()
            return made["choices"][0]["message"]["content"]

        words = [f"word {number}" for number in range(50)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(echo(word)) for word in words]
    assert [task.result() for task in tasks] == words


def test_its_sockets_send_at_once() -> None:
    # Looks inside, as the 40 ms that a waiting socket costs cannot be told from a busy machine's.
    with _listening(Listen()) as listener:
        assert listener.proto == socket.IPPROTO_TCP


async def test_it_listens_on_the_other_loopback_too() -> None:
    async with serve_standin(hello(), listen=Listen(host="::1")) as server, client(server) as http:
        assert server.url.startswith("http://[::1]:")
        assert (await http.get("/v1/models")).status_code == 200


@pytest.mark.parametrize("streamed", [True, False])
async def test_the_wire_goes_on_and_on(streamed: bool) -> None:
    async with serve_standin(hello(), Wire(huge_reply_mb=2)) as server, client(server) as http:
        response = await http.post("/v1/messages", json=messages(stream=streamed))
    assert len(response.content) > 2 * 1_048_576


async def test_a_long_body_is_refused_and_the_next_one_served() -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        long = chat(messages=[{"role": "user", "content": "x" * 11_000_000}])
        response = await http.post("/v1/chat/completions", json=long)
        assert response.status_code == 413
        assert "larger than" in response.json()["error"]["message"]
        assert (await http.post("/v1/chat/completions", json=chat())).status_code == 200


@pytest.mark.parametrize("bad", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"null", b"[]", b'"x"'])
@EVERY
async def test_bad_json_is_a_400(path: str, body: Any, bad: bytes) -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        response = await http.post(path, content=bad, headers={"content-type": "application/json"})
    assert response.status_code == 400


async def test_another_content_type_is_a_400() -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        response = await http.post(
            "/v1/messages", content=json.dumps(messages()), headers={"content-type": "text/plain"}
        )
    assert response.status_code == 400
    assert "Content-Type" in response.text


async def test_a_page_elsewhere_cannot_reach_it_by_another_name() -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        for path in ("/v1/models", "/v1/chat/completions"):
            method = "GET" if path == "/v1/models" else "POST"
            response = await http.request(
                method, path, json=chat(), headers={"host": "evil.example:80"}
            )
            assert response.status_code == 403


SIGNED = "AWS4-HMAC-SHA256 Credential=x/20251120/eu-west-1/bedrock/aws4_request"


@pytest.mark.parametrize(
    ("headers", "good"),
    [
        ({}, False),
        ({"authorization": "Bearer wrong"}, False),
        ({"authorization": "Bearer"}, False),
        ({"x-api-key": "wrong"}, False),
        ({"authorization": "Bearer right"}, True),
        ({"x-api-key": "right"}, True),
        ({"authorization": SIGNED}, True),
    ],
)
@EVERY
async def test_a_key_is_asked_for_where_one_is_set(
    path: str, body: Any, headers: dict[str, str], good: bool
) -> None:
    async with serve_standin(hello(), Wire(key="right")) as server, client(server) as http:
        response = await http.post(path, json=body, headers=headers)
        models = await http.get("/v1/models", headers=headers)
    refused = 403 if path.startswith("/model/") else 401
    assert response.status_code == (200 if good else refused)
    assert models.status_code == (200 if good else 401)


async def test_no_secret_is_remembered() -> None:
    secret = {"authorization": "Bearer hush", "x-api-key": "hush"}
    async with serve_standin(hello(), Wire(key="hush")) as server, client(server) as http:
        await http.post("/v1/messages", json=messages(), headers=secret)
    assert "hush" not in repr(server.requests)
    assert "hush" not in repr(Wire(key="hush"))


async def test_only_the_newest_requests_are_remembered() -> None:
    async with serve_standin(hello(), Wire(keep=2)) as server, client(server) as http:
        for number in range(3):
            await http.post("/v1/messages", json=messages(max_tokens=number + 1))
    assert [seen.body["max_tokens"] for seen in server.requests] == [2, 3]


@EVERY
async def test_a_model_that_is_not_there_is_a_404(path: str, body: Any) -> None:
    async with serve_standin(hello(), Wire(models=("other",))) as server, client(server) as http:
        response = await http.post(path, json=body)
    assert response.status_code == 404
    assert "does not exist" in response.text


async def test_models_are_listed_in_the_vendors_shapes() -> None:
    wire = Wire(models=("gpt-5-mini", "eu/claude"))
    anthropic = {"anthropic-version": "2023-06-01"}
    async with serve_standin(hello(), wire) as server, client(server) as http:
        listed = (await http.get("/v1/models")).json()
        theirs = (await http.get("/v1/models", headers=anthropic)).json()
        one = await http.get("/v1/models/eu/claude")
        none = await http.get("/v1/models/other", headers=anthropic)
    assert [each["id"] for each in listed["data"]] == ["gpt-5-mini", "eu/claude"]
    assert (theirs["first_id"], theirs["last_id"]) == ("gpt-5-mini", "eu/claude")
    assert one.json()["id"] == "eu/claude"
    assert (none.status_code, none.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", "/v1/embeddings", {}, 400),
        ("POST", "/v1/audio/speech", {}, 404),
        ("POST", "/v1/complete", {"anthropic-version": "2023-06-01"}, 404),
        ("POST", "/model/m/invoke", {}, 400),
        ("GET", "/v1/messages", {}, 405),
        ("DELETE", "/v1/models", {}, 405),
    ],
)
async def test_other_addresses_are_turned_away_in_the_vendors_shape(
    method: str, path: str, headers: dict[str, str], status: int
) -> None:
    async with serve_standin(hello()) as server, client(server) as http:
        response = await http.request(method, path, headers=headers, json={})
    assert response.status_code == status
    assert {"error", "message"} & set(response.json())


async def test_unknown_fields_are_ignored_and_every_letter_survives() -> None:
    odd = "Zoë 🎾 \u2028 \x00 \ud83d"
    model = ScriptedModel([lambda request: request.messages[-1].text], repeat=True)
    async with serve_standin(model) as server, client(server) as http:
        body = chat(messages=[{"role": "user", "content": odd}], seed=7, made_up={"x": [1]})
        response = await http.post(
            "/v1/chat/completions",
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
    assert response.json()["choices"][0]["message"]["content"] == odd
