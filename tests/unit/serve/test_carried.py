"""What each door carries of a run, as the table in the docs says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from batuta.app import App
from batuta.core.tool import AskPerson, ToolUse
from batuta.serve.doors import mounts_of
from tests.patience import scaled
from tests.unit.serve.http.house import House, bearer, keys_file, until

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


def mcp(text: str, *, image: bool) -> tuple[str, Any]:
    shown = {"attachments": [IMAGE]} if image else {}
    asked = {"name": "ask_d", "arguments": {"message": text, **shown}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    return "/mcp", {**call, "params": {**asked, "_meta": {"progressToken": 1}}}


DOORS = {
    "HTTP": chat,
    "OpenAI's chat": completion,
    "OpenAI's responses": response,
    "AG-UI": ag_ui,
    "A2A": a2a,
    "MCP": mcp,
}
HEADERS = {
    **bearer("key-ana"),
    "A2A-Version": "1.0",
    "Accept": "application/json, text/event-stream",
    "MCP-Protocol-Version": "2025-11-25",
}
APART = {"identity", "images and files", "cancel", "approval"}
"""Rows with a test of their own."""
SIGNS: Mapping[str, Mapping[str, str]] = {
    "the answer": dict.fromkeys(DOORS, "You said: noted it"),
    "as it comes": dict.fromkeys(DOORS, "Po"),
    "who decided": {
        "HTTP": '"by":"model"',
        "OpenAI's chat": "reasoning_content",
        "OpenAI's responses": '"type":"reasoning"',
        "AG-UI": '"by":"model"',
        "A2A": '"by"',
        "MCP": '"by"',
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
    assert set(told) == {*SIGNS, *APART}
    keys = keys_file(tmp_path, ana="key-ana")
    house = House(tmp_path, keys=keys)
    async with house.client(mounts=mounts_of("all"), headers=HEADERS) as client:
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


class Asking(House):
    """Notes nothing before whoever asked has said yes."""

    def _app(self) -> App:
        async def ask(use: ToolUse) -> AskPerson:
            return AskPerson("ana", f"Note {use.arguments['text']}?")

        made = super()._app()
        return App(**{**made.__dict__, "hooks": [ask]})


@pytest.mark.parametrize("name", DOORS)
async def test_approval_is_asked_where_the_table_says(tmp_path: Path, name: str) -> None:
    house = Asking(tmp_path, keys=keys_file(tmp_path, ana="key-ana"))
    path, body = DOORS[name]("note it", image=False)
    async with house.client(mounts=mounts_of("all"), headers=HEADERS) as client:
        asking = asyncio.create_task(client.post(path, json=body))
        async with asyncio.timeout(scaled(20)):
            while True:
                waiting = (await client.get("/questions")).json()["questions"]
                if waiting:
                    break
                await asyncio.sleep(0.01)
        if cells()["approval", name] == "yes" and name != "HTTP":
            assert "Note it?" in (await asking).text
            assert not house.notes
            return
        assert waiting[0]["question"] == "Note it?"
        await client.post(f"/runs/{waiting[0]['run_id']}/answer", json={"text": "yes"})
        answer = await asking

    assert "noted it" in answer.text
    assert len(house.notes) == 1


@pytest.mark.parametrize("name", DOORS)
async def test_client_that_leaves_ends_its_run_where_the_table_says(
    tmp_path: Path, name: str
) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, ana="key-ana"))
    path, body = DOORS[name]("hi", image=False)
    async with house.client(mounts=mounts_of("all"), headers=HEADERS) as client:
        house.parrot.go_on.clear()
        gone = asyncio.Event()
        asking = asyncio.create_task(
            left_at(house.web, client.build_request("POST", path, json=body), gone)
        )
        await until(lambda: bool(house.parrot.asked))
        gone.set()
        await asking
        ends = cells()["cancel", name] == "yes"
        if not ends:
            house.parrot.go_on.set()
        async with asyncio.timeout(scaled(20)):
            while True:
                records = await house.assistants.records.list("ana")
                if records:
                    break
                await asyncio.sleep(0.01)

    assert [record.stop_reason for record in records] == ["cancelled" if ends else "done"]


async def left_at(app: Any, request: httpx.Request, gone: asyncio.Event) -> None:
    """Send a request to an application, and go away when told."""
    bodies = iter([request.content])

    async def receive() -> dict[str, Any]:
        if (body := next(bodies, None)) is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        del message

    scope = {
        "type": "http", "http_version": "1.1", "method": request.method, "scheme": "http",
        "path": request.url.path, "raw_path": request.url.raw_path, "query_string": b"",
        "root_path": "", "headers": [(k.lower(), v) for k, v in request.headers.raw],
        "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000),
    }  # fmt: skip
    await app(scope, receive, send)


def test_table_names_every_door_that_is_tried() -> None:
    assert {door for _, door in cells()} == set(DOORS)
    assert set(cells().values()) <= {"yes", "no", "asked", "elsewhere"}
