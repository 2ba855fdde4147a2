"""A2A over gRPC, with the library's own client: the same agents, callers, limits and tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from a2a.types.a2a_pb2 import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    TaskPushNotificationConfig,
    TaskState,
)
from a2a.types.a2a_pb2_grpc import A2AServiceStub

from batuta.errors import ConfigError
from batuta.serve.a2a import mount
from tests.unit.serve.http.house import House, bearer, keys_file

ANA, BOB = "key-ana", "key-bob"


@asynccontextmanager
async def opened(home: Path, **settings: Any) -> AsyncIterator[tuple[Any, House, str]]:
    """Open the door with two callers; gives the service, the house and its address."""
    keys = keys_file(home, ana=ANA, bob=BOB)
    house = House(home, keys=keys, a2a_grpc="127.0.0.1:0", **settings)
    async with house.client(mounts=[mount]) as http:
        address = await address_of(http)
        async with grpc.aio.insecure_channel(address) as channel:
            yield A2AServiceStub(channel), house, address


async def address_of(http: httpx.AsyncClient, style: str = "d") -> str:
    card = (await http.get(f"/a2a/{style}/.well-known/agent-card.json")).json()
    [there] = [each for each in card["supportedInterfaces"] if each["protocolBinding"] == "GRPC"]
    assert there["tenant"] == style
    return there["url"]


def told(key: str, version: str = "1.0") -> Any:
    return (("authorization", f"Bearer {key}"), ("a2a-version", version))


def saying(text: str, number: str = "m1", **more: Any) -> SendMessageRequest:
    said = Message(message_id=number, role=Role.ROLE_USER, parts=[Part(text=text)])
    return SendMessageRequest(message=said, **more)


async def test_message_is_a_task_of_its_caller_and_of_every_binding(tmp_path: Path) -> None:
    async with opened(tmp_path) as (service, house, _):
        made = await service.SendMessage(saying("note it", tenant="d"), metadata=told(ANA))
        again = await service.SendMessage(saying("note it", tenant="d"), metadata=told(ANA))
        task = await service.GetTask(GetTaskRequest(id=made.task.id), metadata=told(ANA))
        listed = await service.ListTasks(ListTasksRequest(), metadata=told(ANA))
        theirs = await service.ListTasks(ListTasksRequest(), metadata=told(BOB))
        with pytest.raises(grpc.aio.AioRpcError) as hidden:
            await service.GetTask(GetTaskRequest(id=made.task.id), metadata=told(BOB))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await service.CancelTask(CancelTaskRequest(id=made.task.id), metadata=told(ANA))
        async with house.client(mounts=[mount]):
            records = await house.assistants.records.list("ana")

    assert made.task.status.state == TaskState.TASK_STATE_COMPLETED
    assert task.artifacts[0].parts[0].text == "You said: noted it"
    assert (again.task.context_id, len(house.notes)) == (made.task.context_id, 1)
    assert {each.id for each in listed.tasks} == {made.task.id, again.task.id}
    assert not theirs.tasks
    assert hidden.value.code() == grpc.StatusCode.NOT_FOUND
    assert ended.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert [record.principal_id for record in records] == ["ana"]


async def test_stream_ends_with_the_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as (service, _, _):
        events = [
            each async for each in service.SendStreamingMessage(saying("hi"), metadata=told(ANA))
        ]

    assert events[0].HasField("task")
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    assert "You said: hi" in str(events)


REFUSED = {
    "no key": (saying("x"), (("a2a-version", "1.0"),), "UNAUTHENTICATED"),
    "a wrong key": (saying("x"), told("key-eve"), "UNAUTHENTICATED"),
    "no such style": (saying("x", tenant="z"), told(ANA), "NOT_FOUND"),
    "another version": (saying("x"), told(ANA, "7.0"), "UNIMPLEMENTED"),
    "too much": (saying("x" * 70_000), told(ANA), "RESOURCE_EXHAUSTED"),
}


async def test_what_is_refused_has_its_status(tmp_path: Path) -> None:
    async with opened(tmp_path, api_body_bytes=60_000, body_bytes=60_000) as (service, house, _):
        for what, (asked, headers, status) in REFUSED.items():
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await service.SendMessage(asked, metadata=headers)
            assert refused.value.code().name == status, what
            events = service.SendStreamingMessage(asked, metadata=headers)
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await anext(aiter(events))
            assert refused.value.code().name == status, what
        with pytest.raises(grpc.aio.AioRpcError) as unbuilt:
            await service.CreateTaskPushNotificationConfig(
                TaskPushNotificationConfig(task_id="t", url="https://a.b"), metadata=told(ANA)
            )

    assert unbuilt.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert not house.parrot.asked


async def test_address_that_is_taken_or_open_to_all_is_refused(tmp_path: Path) -> None:
    async with opened(tmp_path) as (_, _, address):
        with pytest.raises(ConfigError, match="cannot listen"):
            async with House(tmp_path, a2a_grpc=address).client(mounts=[mount]):
                pass
    with pytest.raises(ConfigError, match="can be reached"):
        async with House(tmp_path, a2a_grpc="0.0.0.0:0").client(mounts=[mount]):
            pass


async def test_card_names_no_grpc_where_it_is_not_spoken(tmp_path: Path) -> None:
    async with House(tmp_path).client(mounts=[mount], headers=bearer("none")) as http:
        card = (await http.get("/a2a/d/.well-known/agent-card.json")).json()

    assert [each["protocolBinding"] for each in card["supportedInterfaces"]] == [
        "JSONRPC",
        "HTTP+JSON",
    ]
