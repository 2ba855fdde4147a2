"""Runs as AG-UI's events: in order, closed, with one end, and for whoever asks alone."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from ag_ui.core import Event
from pydantic import TypeAdapter

from batuta.errors import ModelTimeout
from batuta.serve.ag_ui import mount
from tests.pictures import PNG
from tests.unit.serve.http.house import House, bearer, keys_file, problem

WORDS = {"type": "text", "text": "look"}
IMAGE: dict[str, Any] = {
    "type": "image",
    "source": {
        "type": "data",
        "value": base64.b64encode(PNG).decode(),
        "mimeType": "image/png",
    },
}
ENDS = {"RUN_FINISHED", "RUN_ERROR"}
CLOSED_BY = {
    "TEXT_MESSAGE_START": ("TEXT_MESSAGE_END", "messageId"),
    "TOOL_CALL_START": ("TOOL_CALL_END", "toolCallId"),
    "SUBAGENT_STARTED": ("SUBAGENT_FINISHED", "subagentRunId"),
}


def asking(*texts: str, **more: Any) -> dict[str, Any]:
    said = [{"id": f"u{n}", "role": "user", "content": text} for n, text in enumerate(texts)]
    return {"threadId": "t1", "runId": "r1", "messages": said, **more}


def events(response: httpx.Response) -> list[dict[str, Any]]:
    """Read the events, each by the protocol's own types, and see that one ends the run."""
    assert response.status_code == 200, response.text
    assert "\r" not in response.text
    lines = [line[6:] for line in response.text.splitlines() if line.startswith("data: ")]
    for line in lines:
        TypeAdapter(Event).validate_json(line)
    made = [json.loads(line) for line in lines]
    kinds = [each["type"] for each in made]
    assert kinds[0] == "RUN_STARTED"
    assert kinds[-1] in ENDS
    assert len([kind for kind in kinds if kind in ENDS]) == 1
    for opening, (closing, name) in CLOSED_BY.items():
        opened = [each[name] for each in made if each["type"] == opening]
        assert opened == [each[name] for each in made if each["type"] == closing]
    return made


def of_type(made: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in made if each["type"] == kind]


async def test_run_is_told_with_its_tool_its_text_and_its_cost(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client(mounts=[mount]) as client:
        made = events(await client.post("/ag-ui", json=asking("note it")))

    assert made[0]["protocolVersion"] == "1.0"
    assert of_type(made, "TOOL_CALL_START")[0]["toolCallName"] == "note"
    assert json.loads(of_type(made, "TOOL_CALL_ARGS")[0]["delta"]) == {"text": "it"}
    assert "noted it" in of_type(made, "TOOL_CALL_RESULT")[0]["content"]
    said = "".join(each["delta"] for each in of_type(made, "TEXT_MESSAGE_CONTENT"))
    assert said.endswith("You said: noted it")
    assert of_type(made, "CUSTOM")[-1]["name"] == "batuta.cost"
    last = made[-1]
    assert last["outcome"] == {"type": "success"}
    assert last["result"]["reply"] == "You said: noted it"
    assert [each["totalTokens"] for each in last["usage"]] == [10]
    assert [effect["tool"] for effect in made[-2]["snapshot"]["effects"]] == ["note"]


async def test_thread_is_a_session_of_its_callers_own(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana", bob="key-bob")
    house = House(tmp_path, keys=keys)
    async with house.client(mounts=[mount]) as client:
        for who, text in (("ana", "one"), ("bob", "other"), ("ana", "two")):
            sent = asking("what was said before", text)
            events(await client.post("/ag-ui", json=sent, headers=bearer(f"key-{who}")))
        store = house.assistants.sessions
        (ana,) = await store.list("ana")
        history = (await store.load(ana.id, "ana")).history

    assert [m.text for m in history if m.role == "user"] == ["one", "two"]


async def test_image_beside_the_words_reaches_the_model(tmp_path: Path) -> None:
    house = House(tmp_path)
    shown = {**IMAGE, "metadata": {"filename": "court.png"}}
    said = [{"id": "u1", "role": "user", "content": [WORDS, shown]}]
    async with house.client(mounts=[mount]) as client:
        made = events(await client.post("/ag-ui", json=asking(messages=said)))

    assert made[-1]["result"]["reply"] == "You said: look"
    seen = house.parrot.asked[0].messages[-1].attachments
    assert [(each.name, each.data) for each in seen] == [("court.png", PNG)]


async def test_body_is_long_only_by_what_it_shows(tmp_path: Path) -> None:
    house = House(tmp_path, api_body_bytes=2_000, body_bytes=2_000)
    large = {**IMAGE, "source": {**IMAGE["source"], "value": IMAGE["source"]["value"] + " " * 3000}}
    said = [{"id": "u1", "role": "user", "content": [WORDS, large]}]
    async with house.client(mounts=[mount]) as client:
        shown = await client.post("/ag-ui", json=asking(messages=said))
        words = await client.post("/ag-ui", json=asking("x" * 3000))

    events(shown)
    problem(words, 413, "body_too_large")


async def test_failed_run_ends_with_its_error_and_nothing_after(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client(mounts=[mount]) as client:
        house.parrot.failing = ModelTimeout("parrot:1", 60.0)
        response = await client.post("/ag-ui", json=asking("hi"))

    made = events(response)
    assert made[-1]["type"] == "RUN_ERROR"
    assert made[-1]["code"] == "model_timeout"


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"messages": []}, 422, "invalid_input"),
        ({"messages": [{"id": "a", "role": "assistant", "content": "hi"}]}, 422, "invalid_input"),
        ({"messages": [{"id": "a", "role": "wizard", "content": "hi"}]}, 422, "invalid_input"),
        ({"threadId": ""}, 422, "invalid_input"),
        ({"runId": 7}, 422, "invalid_input"),
        ({"protocolVersion": "9.0"}, 400, "version_not_supported"),
        ({"resume": [{"interruptId": "i", "status": "resolved"}]}, 404, "nothing_to_resume"),
        (
            {"messages": [{"id": "a", "role": "user", "content": [
                WORDS, {"type": "video", "source": {"type": "url", "value": "https://a.b/c"}}]}]},
            400,
            "unsupported_content",
        ),
        (
            {"messages": [{"id": "a", "role": "user", "content": [
                WORDS, {"type": "image", "source": {"type": "url", "value": "https://a.b/c"}}]}]},
            422,
            "invalid_input",
        ),
        ({"messages": [{"id": "a", "role": "user", "content": [IMAGE]}]}, 422, "invalid_input"),
        (
            {"messages": [{"id": "a", "role": "user", "content": [
                WORDS, {**IMAGE, "source": {**IMAGE["source"], "mimeType": "image/jpeg"}}]}]},
            422,
            "invalid_input",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_taken_is_a_problem(
    tmp_path: Path, more: dict[str, Any], status: int, code: str
) -> None:
    house = House(tmp_path)
    async with house.client(mounts=[mount]) as client:
        response = await client.post("/ag-ui", json={**asking("hi"), **more})
        unknown = await client.post("/ag-ui/z", json=asking("hi"))

    problem(response, status, code)
    problem(unknown, 404, "unknown_style")
    assert not house.parrot.asked


async def test_wrong_key_is_nobodys(tmp_path: Path) -> None:
    async with House(tmp_path, keys=keys_file(tmp_path, ana="key-ana")).client(
        mounts=[mount]
    ) as client:
        response = await client.post("/ag-ui", json=asking("hi"), headers=bearer("key-eve"))

    problem(response, 401, "unauthenticated")


async def test_request_sent_again_under_its_key_does_nothing_twice(tmp_path: Path) -> None:
    house = House(tmp_path)
    async with house.client(mounts=[mount]) as client:
        key = {"Idempotency-Key": "k1"}
        first = events(await client.post("/ag-ui", json=asking("note it"), headers=key))
        again = events(await client.post("/ag-ui", json=asking("note it"), headers=key))

    assert len(house.notes) == 1
    assert first[-1]["result"] == again[-1]["result"]
