"""Server-sent events: live, once more, resumed, and for a client that leaves."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from batuta.errors import ModelRefused
from tests.unit.serve.http.house import House, bearer, frames, keys_file, problem, until

Frames = list[tuple[str, dict[str, Any], int | None]]


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"stream": True}, {}), ({}, {"Accept": "text/event-stream, */*;q=0.1"})],
)
async def test_stream_gives_events_in_order_and_the_reply_last(
    tmp_path: Path, body: dict[str, Any], headers: dict[str, str]
) -> None:
    async with House(tmp_path).client() as client:
        response = await client.post("/chat", json={"message": "note it", **body}, headers=headers)
        sent = frames(response.text)
        run = (await client.get(f"/runs/{sent[0][1]['run_id']}")).json()

    assert response.headers["content-type"].startswith("text/event-stream")
    names = [name for name, _, _ in sent]
    assert names[0] == "run"
    assert names[-1] == "reply"
    assert {"agent", "model", "text", "tool"} <= set(names)
    assert sent[-1][1]["reply"] == "You said: noted it"
    assert sent[-1][1]["run_id"] == sent[0][1]["run_id"]
    assert [data for _, data, event_id in sent[1:-1] if event_id is not None] == run["events"]
    said = "".join(data["data"]["text"] for name, data, _ in sent if name == "text")
    assert said == "Po" + "Polly"


async def test_text_is_streamed_for_readers_alone(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        await client.post("/chat", json={"message": "note it"})
        await client.post("/chat", json={"message": "note it", "stream": True})

    assert house.parrot.streamed == [False, False, True, True]


async def test_text_is_streamed_from_the_next_model_call_on_once_a_reader_comes(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with house.client() as client:
        asking = asyncio.create_task(client.post("/chat", json={"message": "note it"}))
        await until(lambda: bool(house.parrot.asked))
        run_id = (await client.get("/runs")).json()["runs"][0]["run_id"]
        reader = Reader(house, f"/runs/{run_id}/events")
        await until(lambda: len(reader.read()) > 1)
        house.parrot.go_on.set()
        await asking
        await reader.task

    assert house.parrot.streamed == [False, True]
    said = [data["data"]["text"] for name, data, _ in reader.read() if name == "text"]
    assert said == ["Po", "lly"]


async def test_stream_may_be_declined_in_the_body(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        headers = {"Accept": "text/event-stream"}
        body = {"message": "hello", "stream": False}
        response = await client.post("/chat", json=body, headers=headers)

    assert response.json()["reply"]


async def test_what_fails_before_the_run_is_a_plain_problem(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        for body, status, code in (
            ({"message": ""}, 422, "invalid_input"),
            ({"message": "a", "session_id": "none"}, 404, "session_not_found"),
        ):
            response = await client.post("/chat", json={**body, "stream": True})
            problem(response, status, code)


async def test_what_fails_in_the_run_is_the_last_event(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.parrot.failing = ModelRefused("parrot:1")
    async with house.client() as client:
        response = await client.post("/chat", json={"message": "hello", "stream": True})
        name, body, _ = frames(response.text)[-1]
        again = await client.get(f"/runs/{body['run_id']}/events")

    assert response.status_code == 200
    assert (name, body["code"], body["status"]) == ("problem", "model_refused", 502)
    again_name, again_body, _ = frames(again.text)[-1]
    assert (again_name, again_body["status"]) == ("problem", 502)


async def test_ended_run_is_replayed_and_resumed_after_any_event(tmp_path: Path) -> None:
    async with House(tmp_path).client() as client:
        run_id = (await client.post("/chat", json={"message": "note it"})).json()["run_id"]
        path = f"/runs/{run_id}/events"
        whole = frames((await client.get(path)).text)
        last = whole[-1][2]
        assert last is not None
        for seen in range(last):
            rest = frames((await client.get(path, headers={"Last-Event-ID": str(seen)})).text)
            assert rest[1:] == whole[seen + 2 :]
        done = await client.get(path, headers={"Last-Event-ID": str(last)})
        wrong = [
            await client.get(path, headers={"Last-Event-ID": seen})
            for seen in ("-1", "x", "9" * 40)
        ]

    assert [event_id for _, _, event_id in whole[1:]] == list(range(last + 1))
    assert done.status_code == 204
    for response in wrong:
        problem(response, 400, "invalid_event_id")


class Reader:
    """Reads a stream as it arrives, over ASGI itself, and can leave when it likes."""

    def __init__(self, house: House, path: str, **headers: str) -> None:
        self._body = b""
        self._start: MutableMapping[str, Any] = {}
        self._leaving = asyncio.Event()
        sent = {"host": "127.0.0.1", **headers}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(k.lower().encode(), v.encode()) for k, v in sent.items()],
            "server": ("127.0.0.1", 80),
            "scheme": "http",
        }
        self.task = asyncio.ensure_future(house.web(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._leaving.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        self._body += message.get("body", b"")

    def read(self) -> Frames:
        whole, _, _ = self._body.decode().rpartition("\n\n")
        return frames(whole)

    async def leave(self) -> None:
        self._leaving.set()
        await self.task


async def test_run_that_is_on_is_followed_by_many_to_its_end(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with house.client() as client:
        sent = {"message": "hello", "stream": True}
        asking = asyncio.create_task(client.post("/chat", json=sent))
        await until(lambda: bool(house.parrot.asked))
        on = (await client.get("/runs")).json()["runs"][0]
        so_far = (await client.get(f"/runs/{on['run_id']}")).json()
        path = f"/runs/{on['run_id']}/events"
        readers = [Reader(house, path), Reader(house, path, **{"Last-Event-ID": "1"})]
        leaver = Reader(house, path)
        await until(lambda: all(len(r.read()) > 1 for r in (*readers, leaver)))
        assert not any(r.task.done() for r in readers)
        await leaver.leave()
        house.parrot.go_on.set()
        reply = frames((await asking).text)[-1][1]
        await asyncio.gather(*(r.task for r in readers))
        kept = frames((await client.get(path)).text)

    assert so_far["status"] == "running"
    assert so_far["events"][0]["kind"] == "agent"
    first, resumed = (r.read() for r in readers)
    assert first[-1] == resumed[-1] == kept[-1]
    assert first[-1][1] == reply, "a reader that leaves does not end the run"
    assert [f for f in first if f[0] != "text"] == kept
    assert [e for _, _, e in resumed[1:] if e is not None] == [e for _, _, e in kept[3:]]
    assert "text" in [name for name, _, _ in resumed], "text after the last event seen comes too"


async def test_other_peoples_run_cannot_be_followed(tmp_path: Path) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, ana="k-ana", bob="k-bob"))
    house.parrot.go_on.clear()
    async with house.client() as client:
        sent = {"message": "hello"}
        asking = asyncio.create_task(client.post("/chat", json=sent, headers=bearer("k-ana")))
        await until(lambda: bool(house.parrot.asked))
        run_id = (await client.get("/runs", headers=bearer("k-ana"))).json()["runs"][0]["run_id"]
        bobs = await client.get("/runs", headers=bearer("k-bob"))
        for path in (f"/runs/{run_id}", f"/runs/{run_id}/events"):
            problem(await client.get(path, headers=bearer("k-bob")), 404, "run_not_found")
        house.parrot.go_on.set()
        await asking

    assert bobs.json()["runs"] == []


async def test_quiet_stream_is_kept_open_by_comments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batuta.serve.http.events._QUIET_S", 0.001)
    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with house.client() as client:
        asking = asyncio.create_task(client.post("/chat", json={"message": "hello"}))
        await until(lambda: bool(house.parrot.asked))
        run_id = (await client.get("/runs")).json()["runs"][0]["run_id"]
        reader = Reader(house, f"/runs/{run_id}/events")
        await until(lambda: b": still at it\n\n" in reader._body)
        house.parrot.go_on.set()
        await asking
        await reader.task

    assert reader.read()[-1][0] == "reply"
