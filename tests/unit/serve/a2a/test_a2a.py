"""Styles as A2A agents, with the library's own client: tasks, questions back, cancel, strangers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from a2a.client import Client, ClientConfig, create_client
from a2a.helpers import new_data_part
from a2a.types.a2a_pb2 import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    TaskState,
)
from a2a.utils.errors import A2AError, TaskNotFoundError

from batuta.app import App
from batuta.core.message import Message as Said
from batuta.core.replacement import replace
from batuta.core.tool import AskPerson, ToolUse
from batuta.errors import AgentUnreachable, ModelTimeout
from batuta.remote.a2a import A2AAgent, parts_of
from batuta.serve.a2a import mount
from batuta.wiring import run
from tests.pictures import PNG
from tests.unit.serve.http.house import BASE, House, bearer, keys_file, until

BINDINGS = ["JSONRPC", "HTTP+JSON"]


@asynccontextmanager
async def opened(
    home: Path,
    *,
    binding: str = "JSONRPC",
    key: str = "",
    house: House | None = None,
    streaming: bool = True,
) -> AsyncIterator[tuple[Client, House, httpx.AsyncClient]]:
    house = house or House(home)
    async with house.client(mounts=[mount], headers=bearer(key) if key else {}) as http:
        config = ClientConfig(
            httpx_client=http,
            supported_protocol_bindings=[binding],
            use_client_preference=True,
            streaming=streaming,
        )
        yield await create_client(f"{BASE}/a2a/d", config), house, http


def saying(text: str, *, number: str = "m1", at_once: bool = False, **more: Any) -> Any:
    said = Message(message_id=number, role=Role.ROLE_USER, parts=[Part(text=text)], **more)
    told = SendMessageConfiguration(return_immediately=at_once)
    return SendMessageRequest(message=said, configuration=told)


async def states(client: Client, asked: Any) -> tuple[list[int], list[str], str]:
    """Send a message; give the states of its task, its artifacts' texts and its id."""
    seen: list[int] = []
    texts: list[str] = []
    task_id = ""
    async for event in client.send_message(asked):
        if event.HasField("task"):
            task_id = event.task.id
            seen.append(event.task.status.state)
        elif event.HasField("status_update"):
            seen.append(event.status_update.status.state)
        elif event.HasField("artifact_update"):
            texts += [p.text for p in event.artifact_update.artifact.parts if p.HasField("text")]
    return seen, texts, task_id


@pytest.mark.parametrize("binding", BINDINGS)
async def test_message_becomes_a_task_that_is_done(tmp_path: Path, binding: str) -> None:
    async with opened(tmp_path, binding=binding) as (client, house, _):
        seen, texts, task_id = await states(client, saying("note it"))
        task = await client.get_task(GetTaskRequest(id=task_id))
        listed = await client.list_tasks(ListTasksRequest())

    assert seen[0] == TaskState.TASK_STATE_SUBMITTED
    assert seen[-1] == TaskState.TASK_STATE_COMPLETED
    assert texts == ["You said: noted it"]
    assert len(house.notes) == 1
    assert task.status.state == TaskState.TASK_STATE_COMPLETED
    assert [each.id for each in listed.tasks] == [task_id]


async def test_card_names_addresses_and_what_it_does(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana")
    async with House(tmp_path, keys=keys).client(mounts=[mount]) as http:
        card = (await http.get("/a2a/d/.well-known/agent-card.json")).json()
        default = (await http.get("/.well-known/agent-card.json")).json()
        missing = await http.get("/a2a/z/.well-known/agent-card.json")
        nowhere = await http.get("/a2a/d/nowhere", headers=bearer("key-ana"))

    assert card == default
    assert [each["protocolBinding"] for each in card["supportedInterfaces"]] == BINDINGS
    assert card["supportedInterfaces"][0]["url"] == f"{BASE}/a2a/d/"
    assert [skill["id"] for skill in card["skills"]] == ["note"]
    assert "key" in card["securitySchemes"]
    assert missing.status_code == 404
    assert nowhere.status_code == 404


async def test_question_waits_for_its_answer_in_the_same_task(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house, _):
        first, _, task_id = await states(client, saying("what?", context_id="talk"))
        again = saying("note it", number="m2", task_id=task_id, context_id="talk")
        second, _, _ = await states(client, again)
        kept = await house.assistants.sessions.list("local")

    assert first[-1] == TaskState.TASK_STATE_INPUT_REQUIRED
    assert second[-1] == TaskState.TASK_STATE_COMPLETED
    assert len(kept) == 1, "both turns are of one session"


class Asking(House):
    """Notes nothing before whoever asked has said yes."""

    def _app(self) -> App:
        async def ask(use: ToolUse) -> AskPerson:
            return AskPerson("local", f"Note {use.arguments['text']}?")

        made = super()._app()
        return App(**{**made.__dict__, "hooks": [ask]})


@pytest.mark.parametrize(("says", "noted"), [("yes", 1), ("no, not that", 0)])
async def test_approval_is_asked_and_given_in_the_task(
    tmp_path: Path, says: str, noted: int
) -> None:
    async with opened(tmp_path, house=Asking(tmp_path)) as (client, house, _):
        first, _, task_id = await states(client, saying("note it"))
        task = await client.get_task(GetTaskRequest(id=task_id))
        assert not house.notes
        answer = saying(says, number="m2", task_id=task_id, context_id=task.context_id)
        second, texts, _ = await states(client, answer)
        records = await house.assistants.records.list("local")

    assert first[-1] == TaskState.TASK_STATE_INPUT_REQUIRED
    asked = task.status.message.parts
    assert asked[0].text == "Note it?"
    assert asked[1].data.struct_value["tool"] == "note"
    assert second[-1] == TaskState.TASK_STATE_COMPLETED
    assert texts[0].startswith("You said:")
    assert (len(house.notes), len(records)) == (noted, 1), "one run, that went on"


async def test_task_that_waits_for_approval_is_cancelled_with_its_run(tmp_path: Path) -> None:
    async with opened(tmp_path, house=Asking(tmp_path)) as (client, house, _):
        _, _, task_id = await states(client, saying("note it"))
        task = await client.cancel_task(CancelTaskRequest(id=task_id))
        async with asyncio.timeout(20):
            while not (records := await house.assistants.records.list("local")):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert task.status.state == TaskState.TASK_STATE_CANCELED
    assert [record.stop_reason for record in records] == ["cancelled"]
    assert not house.notes


@pytest.mark.parametrize("binding", BINDINGS)
async def test_image_beside_the_words_reaches_the_model(tmp_path: Path, binding: str) -> None:
    asked = saying("look")
    image = Part(raw=PNG, filename="court.png", media_type="image/png")
    asked.message.parts.append(image)
    async with opened(tmp_path, binding=binding) as (client, house, _):
        seen, texts, _ = await states(client, asked)

    assert seen[-1] == TaskState.TASK_STATE_COMPLETED
    assert texts == ["You said: look"]
    shown = house.parrot.asked[0].messages[-1].attachments
    assert [(each.name, each.media_type, each.data) for each in shown] == [
        ("court.png", "image/png", PNG)
    ]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Part(raw=b"MZ\x00\x01", media_type="image/png"), "type that nobody here takes"),
        (Part(url="https://a.b/c.png"), "Send its bytes instead"),
    ],
)
async def test_what_cannot_be_shown_fails_with_what_to_do(
    tmp_path: Path, part: Part, said: str
) -> None:
    asked = saying("look")
    asked.message.parts.append(part)
    async with opened(tmp_path) as (client, house, _):
        seen, _, task_id = await states(client, asked)
        task = await client.get_task(GetTaskRequest(id=task_id))

    assert seen[-1] == TaskState.TASK_STATE_FAILED
    assert said in task.status.message.parts[0].text
    assert not house.parrot.asked


@pytest.mark.parametrize("context", ["", "talk"])
async def test_message_that_is_sent_again_does_nothing_twice(tmp_path: Path, context: str) -> None:
    async with opened(tmp_path) as (client, house, _):
        both = [await states(client, saying("note it", context_id=context)) for _ in range(2)]
        elsewhere = await states(client, saying("note it", context_id="another talk"))

    for seen, texts, _ in both:
        assert seen[-1] == TaskState.TASK_STATE_COMPLETED
        assert texts == ["You said: noted it"]
    assert elsewhere[0][-1] == TaskState.TASK_STATE_COMPLETED
    assert len(house.notes) == 2, "in another context it is another message"


async def test_failed_run_is_a_failed_task_that_says_why(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house, _):
        house.parrot.failing = ModelTimeout("parrot:1", 60.0)
        seen, _, task_id = await states(client, saying("hi"))
        task = await client.get_task(GetTaskRequest(id=task_id))

    assert seen[-1] == TaskState.TASK_STATE_FAILED
    assert "60 s" in task.status.message.parts[0].text
    assert task.status.message.parts[1].data.struct_value["code"] == "model_timeout"


async def test_task_that_is_cancelled_ends_its_run(tmp_path: Path) -> None:
    async with opened(tmp_path, streaming=False) as (client, house, _):
        house.parrot.go_on.clear()
        _, _, task_id = await states(client, saying("note it", at_once=True))
        await until(lambda: bool(house.parrot.asked))
        task = await client.cancel_task(CancelTaskRequest(id=task_id))
        house.parrot.go_on.set()
        async with asyncio.timeout(20):
            while not (records := await house.assistants.records.list("local")):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    assert task.status.state == TaskState.TASK_STATE_CANCELED
    assert not house.notes
    assert [record.stop_reason for record in records] == ["cancelled"]


async def test_anothers_task_and_context_look_like_none(tmp_path: Path) -> None:
    house = House(tmp_path, keys=keys_file(tmp_path, ana="key-ana", bob="key-bob"))
    async with opened(tmp_path, key="key-ana", house=house) as (client, _, http):
        _, _, task_id = await states(client, saying("one", context_id="talk"))
        http.headers.update(bearer("key-bob"))
        with pytest.raises(TaskNotFoundError):
            await client.get_task(GetTaskRequest(id=task_id))
        listed = await client.list_tasks(ListTasksRequest())
        await states(client, saying("two", context_id="talk"))
        http.headers.update(bearer("key-eve"))
        with pytest.raises(A2AError):
            await client.list_tasks(ListTasksRequest())
        kept = await house.assistants.sessions.list("bob")

    assert not listed.tasks
    assert len(kept) == 1


async def test_what_has_no_words_or_holds_data_is_refused(tmp_path: Path) -> None:
    data, mute = saying("look"), saying("")
    data.message.parts.append(new_data_part({"a": 1}))
    mute.message.parts[0].CopyFrom(Part(raw=PNG, media_type="image/png"))
    async with opened(tmp_path) as (client, house, _):
        for asked in (data, mute):
            with pytest.raises(A2AError):
                await states(client, asked)

    assert not house.parrot.asked


async def test_headers_say_what_json_it_is_and_since_when_a_card_is_so(tmp_path: Path) -> None:
    said = {"message": {"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "hi"}]}}
    version = {"A2A-Version": "1.0"}
    async with House(tmp_path).client(mounts=[mount], headers=version) as http:
        card = await http.get("/a2a/d/.well-known/agent-card.json")
        plain = await http.post("/a2a/d/message:send", json=said)
        theirs = {"Accept": "application/a2a+json"}
        own = await http.post("/a2a/d/message:send", json=said, headers=theirs)
        text = {"Content-Type": "text/plain"}
        unread = await http.post("/a2a/d/", content=b"{}", headers=text)

    assert "max-age" in card.headers["cache-control"]
    assert card.headers["last-modified"].endswith("GMT")
    assert plain.headers["content-type"] == "application/json"
    assert own.headers["content-type"] == "application/a2a+json"
    record = plain.json()["task"]["artifacts"][1]["parts"][0]["data"]
    assert {"runId", "sessionId", "stopReason", "standIn", "effects"} <= set(record)
    assert record["usage"]["modelCalls"] == 1
    assert (unread.status_code, unread.json()["error"]["code"]) == (415, -32005)


async def test_files_beside_an_answer_go_on_as_they_came() -> None:
    file = {"url": "https://a.b/c.txt", "filename": "c.txt", "mediaType": "text/plain"}
    beside = [file, {"raw": "YQ==", "filename": "a"}, {"no": "part"}]
    reply = replace(Said.assistant("Here."), metadata={"a2a_parts": beside})
    both = parts_of(reply)
    assert [(part.url, part.raw, part.filename) for part in both] == [
        ("https://a.b/c.txt", b"", "c.txt"), ("", b"a", "a"),
    ]  # fmt: skip


async def test_version_that_is_not_spoken_is_refused(tmp_path: Path) -> None:
    async with House(tmp_path).client(mounts=[mount]) as http:
        call = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}}
        headers = {"A2A-Version": "7.0"}
        response = await http.post("/a2a/d/", json=call, headers=headers)

    assert "version" in response.json()["error"]["message"].lower()


async def test_agent_elsewhere_that_is_not_there_is_unreachable() -> None:
    agent = A2AAgent(name="far", url="http://127.0.0.1:9", timeout_s=5)
    with pytest.raises(AgentUnreachable):
        await run(agent, "hi")
