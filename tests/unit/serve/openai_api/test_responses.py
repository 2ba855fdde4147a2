"""Responses and conversations, held against the types of OpenAI's own client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai.types.conversations import Conversation
from openai.types.responses import Response, ResponseStreamEvent

from batuta.errors import ModelTimeout
from tests.contract.vendor_wire import check_type
from tests.unit.serve.http.house import bearer, keys_file
from tests.unit.serve.openai_api.door import MODEL, error, opened, sdk, sessions, words


def asking(given: Any, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": given, **more}


async def test_response_is_of_openais_type_and_can_be_read_again(tmp_path: Path) -> None:
    more = {"metadata": {"k": "v"}, "instructions": "be kind", "tools": [], "include": []}
    async with opened(tmp_path) as (client, _):
        made = await client.post("/v1/responses", json=asking("note it", **more))
        body = made.json()
        again = (await client.get(f"/v1/responses/{body['id']}")).json()
        gone = (await client.delete(f"/v1/responses/{body['id']}")).json()
        missing = await client.get(f"/v1/responses/{body['id']}")

    check_type(Response, body)
    assert body == again
    assert body["output"][0]["content"][0]["text"] == "You said: noted it"
    assert body["usage"]["total_tokens"] == 10
    assert body["metadata"]["k"] == "v"
    assert body["metadata"]["batuta_run_id"] == made.headers["x-request-id"]
    assert made.headers["x-batuta-ignored"] == "instructions"
    assert gone["deleted"] is True
    error(missing, 404, "not_found")


@pytest.mark.parametrize("more", [{}, {"reasoning": {"summary": "auto"}}])
async def test_events_are_of_openais_types_and_in_order(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    async with opened(tmp_path) as (client, _):
        answer = await client.post("/v1/responses", json=asking("hi", stream=True, **more))

    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line[:6] == "data: "]
    for event in events:
        check_type(ResponseStreamEvent, event)
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    kinds = [event["type"].removeprefix("response.") for event in events]
    assert kinds[:4] == ["created", "in_progress", "output_item.added", "content_part.added"]
    assert kinds[-4:] == [
        "output_text.done", "content_part.done", "output_item.done", "completed",
    ]  # fmt: skip
    last = events[-1]["response"]
    deltas = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
    assert last["output"][-1]["content"][0]["text"] == "".join(deltas)


async def test_failed_stream_ends_with_a_failed_response(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        house.parrot.failing = ModelTimeout("parrot:1", 60.0)
        answer = await client.post("/v1/responses", json=asking("hi", stream=True))

    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line[:6] == "data: "]
    check_type(ResponseStreamEvent, events[-1])
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["message"]


async def test_chained_responses_share_a_session_and_fork(tmp_path: Path) -> None:
    async with sdk(tmp_path) as (client, house):
        one = await client.responses.create(model=MODEL, input="one")
        two = await client.responses.create(model=MODEL, input="two", previous_response_id=one.id)
        await client.responses.create(model=MODEL, input="other", previous_response_id=one.id)
        await client.responses.create(model=MODEL, input="three", previous_response_id=two.id)
        kept = await sessions(house)

    assert two.previous_response_id == one.id
    assert sorted(words(each) for each in kept) == [["one", "other"], ["one", "two", "three"]]


async def test_response_sent_again_after_another_does_nothing_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        one = (await client.post("/v1/responses", json=asking("one"))).json()
        asked = asking("note it", previous_response_id=one["id"])
        first = (await client.post("/v1/responses", json=asked)).json()
        again = (await client.post("/v1/responses", json=asked)).json()

    assert first["id"] == again["id"]
    assert len(house.notes) == 1


@pytest.mark.parametrize(
    ("more", "status", "param"),
    [
        ({"previous_response_id": "resp_of_another_door"}, 404, "previous_response_id"),
        ({"conversation": "conv_0123456789abcdef7"}, 404, "conversation"),
        ({"conversation": 7}, 400, "conversation"),
        ({"conversation": "c", "previous_response_id": "r"}, 400, "previous_response_id"),
        ({"background": True}, 400, "background"),
        ({"prompt": {"id": "p"}}, 400, "prompt"),
        ({"input": 7}, 400, "input"),
        ({"input": [{"type": "computer_call"}]}, 400, "input[0].type"),
        ({"input": [{"role": "wizard", "content": "hi"}]}, 400, "input[0].role"),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            400,
            "input[0].content[0]",
        ),
        ({"text": {"format": {"type": "grammar"}}}, 400, "text.format.type"),
    ],
)
async def test_what_cannot_be_honoured_is_refused(
    tmp_path: Path, more: dict[str, Any], status: int, param: str
) -> None:
    async with opened(tmp_path) as (client, house):
        answer = await client.post("/v1/responses", json={**asking("hi"), **more})

    assert answer.status_code == status
    assert answer.json()["error"]["param"] == param
    assert not house.parrot.asked


async def test_conversation_is_made_used_listed_and_forgotten(tmp_path: Path) -> None:
    async with sdk(tmp_path) as (client, house):
        made = await client.conversations.create(
            items=[{"role": "user", "content": "before"}], metadata={"who": "ann"}
        )
        answer = await client.responses.create(model=MODEL, input="hi", conversation=made.id)
        await client.responses.create(model=MODEL, input="ho", conversation=made.id)
        items = [item async for item in client.conversations.items.list(made.id, order="asc")]
        last = await client.conversations.items.list(made.id, limit=1)
        changed = await client.conversations.update(made.id, metadata={"who": "bob"})
        await client.conversations.items.delete(f"{items[0].id}", conversation_id=made.id)
        left = [item async for item in client.conversations.items.list(made.id)]
        (session,) = await sessions(house)
        await client.conversations.delete(made.id)
        none = await sessions(house)

    check_type(Conversation, made.model_dump())
    assert answer.conversation is not None
    assert answer.conversation.id == made.id
    assert [item.to_dict()["content"][0]["text"] for item in items] == [  # pyright: ignore[reportIndexIssue]
        "before", "hi", "You said: hi", "ho", "You said: ho",
    ]  # fmt: skip
    assert last.has_more
    assert changed.metadata == {"who": "bob"}
    assert len(left) == len(items) - 1
    assert words(session) == ["hi", "ho"]
    assert not none


async def test_conversation_that_a_client_names_is_its_own(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana", bob="key-bob")
    async with opened(tmp_path, keys=keys) as (client, house):
        asked = asking("hi", conversation={"id": "conv_1"})
        for who in ("ana", "ana", "bob"):
            answer = await client.post("/v1/responses", json=asked, headers=bearer(f"key-{who}"))
            assert answer.status_code == 200
        made = await client.post("/v1/conversations", json={}, headers=bearer("key-ana"))
        path = f"/v1/conversations/{made.json()['id']}"
        anothers = await client.get(path, headers=bearer("key-bob"))
        items = await client.get(f"{path}/items", headers=bearer("key-bob"))
        used = asking("hi", conversation=made.json()["id"])
        in_anothers = await client.post("/v1/responses", json=used, headers=bearer("key-bob"))
        anas, bobs = await sessions(house, "ana"), await sessions(house, "bob")

    assert ["hi", "hi"] in [words(each) for each in anas]
    assert [words(each) for each in bobs] == [["hi"]]
    for refused in (anothers, items, in_anothers):
        assert refused.status_code == 404


async def test_anothers_response_looks_like_none(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana", bob="key-bob")
    async with opened(tmp_path, keys=keys) as (client, _):
        made = await client.post("/v1/responses", json=asking("hi"), headers=bearer("key-ana"))
        path = f"/v1/responses/{made.json()['id']}"
        read = await client.get(path, headers=bearer("key-bob"))
        dropped = await client.delete(path, headers=bearer("key-bob"))
        still = await client.get(path, headers=bearer("key-ana"))

    error(read, 404, "not_found")
    error(dropped, 404, "not_found")
    assert still.status_code == 200


async def test_response_that_is_not_to_be_stored_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, _):
        made = (await client.post("/v1/responses", json=asking("hi", store=False))).json()
        missing = await client.get(f"/v1/responses/{made['id']}")

    error(missing, 404, "not_found")
