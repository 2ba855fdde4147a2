"""Images and files over HTTP: as base64 or a form, kept apart, and refused where they are none."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from batuta.app import App
from batuta.core.message import Message
from batuta.wiring import Assistants
from tests.pictures import JPEG, PDF, PNG
from tests.unit.serve.http.house import House, problem

ENCODED = base64.b64encode(PNG).decode()


def _body(**attachment: Any) -> dict[str, Any]:
    return {"message": "What is this?", "attachments": [attachment]}


def _written(home: Path) -> bytes:
    """Read the files of sessions and records, as they lie on the disk."""
    files = list(home.glob("batuta.db*"))
    assert files
    return b"".join(file.read_bytes() for file in files)


def _last(house: House) -> Message:
    return [m for m in house.parrot.asked[-1].messages if m.role == "user"][-1]


@pytest.mark.parametrize("style", ["d", "e"])
async def test_model_sees_the_image_in_this_turn_and_the_next(tmp_path: Path, style: str) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        first = await client.post(f"/styles/{style}/chat", json=_body(data=ENCODED, name="a.png"))
        seen = _last(house)
        session = first.json()["session_id"]
        await client.post(
            f"/styles/{style}/chat", json={"message": "And now?", "session_id": session}
        )

    assert first.json()["reply"] == "You said: What is this?"
    assert [each.data for each in seen.attachments] == [PNG]
    shown = [m for m in house.parrot.asked[-1].messages if m.attachments]
    assert [(m.text, m.attachments[0].data) for m in shown] == [("What is this?", PNG)]


async def test_other_frameworks_loop_shows_it_too(tmp_path: Path) -> None:
    house = House(tmp_path, framework="pydantic-ai")
    async with house.client() as client:
        await client.post("/styles/e/chat", json=_body(data=ENCODED))

    assert [each.data for each in _last(house).attachments] == [PNG]
    assert _last(house).text == "What is this?"


async def test_form_brings_files_beside_its_fields(tmp_path: Path) -> None:
    house = House(tmp_path, client_settings="temperature")
    async with house.client() as client:
        answer = await client.post(
            "/chat",
            data={"message": "What are these?", "settings": '{"temperature": 0}'},
            files=[
                ("files", ("court.jpg", JPEG, "image/jpeg")),
                ("another", ("rules.pdf", PDF, "application/octet-stream")),
            ],
        )

    assert answer.status_code == 200, answer.text
    shown = [(each.name, each.media_type) for each in _last(house).attachments]
    assert shown == [("court.jpg", "image/jpeg"), ("rules.pdf", "application/pdf")]
    assert house.parrot.asked[-1].settings.temperature == 0


async def test_bytes_are_kept_apart_and_go_with_their_conversation(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        made = (await client.post("/chat", json=_body(data=ENCODED, name="a.png"))).json()
        detail = (await client.get(f"/sessions/{made['session_id']}")).json()
        kept = await house.assistants.attachments.get(
            made["session_id"], "local", [detail["messages"][0]["parts"][0]["digest"]]
        )
        record = await client.get(f"/runs/{made['run_id']}")
        await client.delete(f"/sessions/{made['session_id']}")
        left = await house.assistants.attachments.get(made["session_id"], "local", list(kept))

    assert list(kept.values()) == [PNG]
    assert left == {}
    assert set(detail["messages"][0]["parts"][0]) == {"digest", "media_type", "size_bytes", "name"}
    assert ENCODED[:60] not in record.text
    written = _written(tmp_path)
    assert PNG[:40] not in written
    assert ENCODED[:40].encode() not in written


@pytest.mark.parametrize(
    ("attachment", "said"),
    [
        ({"data": ENCODED[:-5]}, "is no base64"),
        ({"data": ENCODED, "media_type": "image/jpeg"}, "image/jpeg, and is image/png"),
        ({"data": base64.b64encode(b"\0\1").decode()}, "of a type that nobody here takes"),
        ({"url": "https://example.com/a.png"}, "Nothing is fetched by URL here"),
        ({}, "give data or url"),
        ({"data": ENCODED, "url": "https://example.com/a.png"}, "give data or url"),
    ],
)
async def test_what_is_no_image_is_said_and_nobody_is_asked(
    tmp_path: Path, attachment: dict[str, str], said: str
) -> None:
    house = House(tmp_path)
    async with house.client() as client:
        answer = await client.post("/chat", json=_body(**attachment))

    assert said in problem(answer, 422, "invalid_input")["detail"]
    assert house.parrot.asked == []


async def test_too_much_is_said(tmp_path: Path) -> None:
    house = House(tmp_path, attachment_bytes=len(PNG) - 1, body_bytes=400)
    async with house.client() as client:
        large = await client.post("/chat", json=_body(data=ENCODED))
        vast = await client.post("/chat", json=_body(data=ENCODED * 9))
        wordy = await client.post("/chat", json={"message": "a" * 401})

    assert "Send at most" in problem(large, 422, "invalid_input")["detail"]
    assert problem(vast, 413, "body_too_large")["limit_bytes"] == 400
    assert problem(wordy, 413, "body_too_large")["limit_bytes"] == 400
    assert house.parrot.asked == []


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"nothing like a form", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="style"\r\n\r\nd\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            422,
        ),
    ],
)
async def test_form_that_is_none_is_said(
    tmp_path: Path, content: bytes, kind: str, status: int
) -> None:
    async with House(tmp_path).client() as client:
        answer = await client.post("/chat", content=content, headers={"Content-Type": kind})

    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status


async def test_same_key_with_another_image_is_another_request(tmp_path: Path) -> None:
    house = House(tmp_path)
    key = {"Idempotency-Key": "k1"}
    other = base64.b64encode(JPEG).decode()
    async with house.client() as client:
        first = await client.post("/chat", json=_body(data=ENCODED), headers=key)
        same = await client.post("/chat", json=_body(data=ENCODED), headers=key)
        changed = await client.post("/chat", json=_body(data=other), headers=key)

    assert same.json()["run_id"] == first.json()["run_id"]
    assert changed.status_code == 422, changed.text
    assert len(house.parrot.asked) == 1


async def test_stand_in_says_that_it_sees_none(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.assistants = Assistants(App(name="plain", instructions="Help.", tools=()), house.settings)
    async with house.client() as client:
        answer = await client.post("/chat", json=_body(data=ENCODED, name="a.png"))

    detail = problem(answer, 422, "invalid_input")["detail"]
    assert detail.startswith("offline:rules is a stand-in and sees no images or files, such as")
