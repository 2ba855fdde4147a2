"""What each door carries of a run, as the table in the docs says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from batuta.serve.doors import mounts_of
from tests.unit.serve.http.house import House, bearer, keys_file

PAGE = Path(__file__).parents[3] / "docs/doors/README.md"
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJ"
    "RU5ErkJggg=="
)
IMAGE = f"data:image/png;base64,{PIXEL}"
MODEL = {"model": "batuta-d", "stream": True}


def chat(text: str, *, image: bool) -> tuple[str, Any]:
    shown = [{"data": PIXEL, "media_type": "image/png"}] if image else []
    return "/chat", {"message": text, "stream": True, "attachments": shown}


def completion(text: str, *, image: bool) -> tuple[str, Any]:
    shown = [{"type": "image_url", "image_url": {"url": IMAGE}}] if image else []
    content = [{"type": "text", "text": text}, *shown]
    talk = [{"role": "user", "content": content}]
    told = {"include_reasoning": True, "stream_options": {"include_usage": True}}
    return "/v1/chat/completions", {**MODEL, **told, "messages": talk}


def response(text: str, *, image: bool) -> tuple[str, Any]:
    shown = [{"type": "input_image", "image_url": IMAGE}] if image else []
    content = [{"type": "input_text", "text": text}, *shown]
    talk = [{"role": "user", "content": content}]
    return "/v1/responses", {**MODEL, "input": talk, "reasoning": {"summary": "auto"}}


def ag_ui(text: str, *, image: bool) -> tuple[str, Any]:
    source = {"type": "data", "value": PIXEL, "mimeType": "image/png"}
    shown = [{"type": "image", "source": source}] if image else []
    content = [{"type": "text", "text": text}, *shown]
    said = {"id": "u", "role": "user", "content": content}
    return "/ag-ui", {"threadId": "t", "runId": "r", "messages": [said]}


def a2a(text: str, *, image: bool) -> tuple[str, Any]:
    shown = [{"raw": PIXEL, "mediaType": "image/png"}] if image else []
    said = {"messageId": f"m{len(shown)}", "role": "ROLE_USER", "parts": [{"text": text}, *shown]}
    call = {"jsonrpc": "2.0", "id": 1, "method": "SendStreamingMessage"}
    return "/a2a/d/", {**call, "params": {"message": said}}


DOORS = {
    "HTTP": chat,
    "OpenAI's chat": completion,
    "OpenAI's responses": response,
    "AG-UI": ag_ui,
    "A2A": a2a,
}
SIGNS: Mapping[str, Mapping[str, str]] = {
    "the answer": dict.fromkeys(DOORS, "You said: noted it"),
    "as it comes": dict.fromkeys(DOORS, "Po"),
    "who decided": {
        "HTTP": '"by":"model"',
        "OpenAI's chat": "reasoning_content",
        "OpenAI's responses": '"type":"reasoning"',
        "AG-UI": '"by":"model"',
        "A2A": '"by"',
    },
    "tool calls": dict.fromkeys(DOORS, '"arguments":{"text":"it"}'),
    "effects": dict.fromkeys(DOORS, '"tool":"note"'),
    "cost": dict.fromkeys(DOORS, "usd"),
    "usage": dict.fromkeys(DOORS, "10"),
}


def cells() -> dict[tuple[str, str], str]:
    """Read the table of the page."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = [cell.partition("[")[2].partition("]")[0] for cell in rows[0][1:]]
    return {
        (what, name): cell for what, *row in rows[2:] for name, cell in zip(names, row, strict=True)
    }


def plain(text: str) -> str:
    """Give an answer's text without the spaces that JSON may have, and tool calls in one form."""
    made = text.replace('": ', '":').replace(', "', ',"').replace("\\", "")
    return made.replace('"delta":"{"text":"it"}"', '"arguments":{"text":"it"}')


@pytest.mark.parametrize("name", DOORS)
async def test_door_carries_what_the_table_says(tmp_path: Path, name: str) -> None:
    told = {what: cell for (what, door), cell in cells().items() if door == name}
    assert set(told) == {*SIGNS, "identity", "images and files"}
    keys = keys_file(tmp_path, ana="key-ana")
    house = House(tmp_path, keys=keys)
    headers = {**bearer("key-ana"), "A2A-Version": "1.0"}
    async with house.client(mounts=mounts_of("all"), headers=headers) as client:
        path, body = DOORS[name]("note it", image=False)
        answer = await client.post(path, json=body)
        records = await house.assistants.records.list("ana")
        path, body = DOORS[name]("look", image=True)
        shown = await client.post(
            path, json={**body, "threadId": "t2"} if name == "AG-UI" else body
        )

    said = plain(answer.text)
    assert answer.status_code == 200, said
    for what, signs in SIGNS.items():
        if what == "who decided" and told[what] == "asked":
            continue
        assert (signs[name] in said) == (told[what] == "yes"), (what, said)
    assert told["identity"] == "yes"
    assert [record.principal_id for record in records] == ["ana"]
    looked = any(m.attachments for asked in house.parrot.asked for m in asked.messages)
    assert looked == (told["images and files"] == "yes"), shown.text


def test_table_names_every_door_that_is_tried() -> None:
    assert {door for _, door in cells()} == set(DOORS)
    assert set(cells().values()) <= {"yes", "no", "asked"}
