"""Which conversation a request belongs to: by name, by an earlier answer, by what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.serve.http.house import bearer, keys_file
from tests.unit.serve.openai_api.door import (
    MODEL,
    ask,
    asking,
    content,
    error,
    opened,
    sdk,
    sessions,
    words,
)

CHAT = {"X-OpenWebUI-Chat-Id": "chat-1"}


async def test_second_turn_goes_on_in_the_session_of_the_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        first = content(await ask(client, "one"))
        await ask(client, "one", f" {first}\n", "two", stream=False)
        (session,) = await sessions(house)

    assert words(session) == ["one", "two"]
    assert [m.text for m in house.parrot.asked[1].messages][-3:] == ["one", first, "two"]


async def test_streamed_turn_is_found_by_what_the_client_was_sent(tmp_path: Path) -> None:
    async with sdk(tmp_path) as (client, house):
        stream = await client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "one"}], stream=True
        )
        sent = "".join([c.choices[0].delta.content or "" async for c in stream])
        talk = asking("one", sent, "two")
        await client.chat.completions.create(**talk)
        (session,) = await sessions(house)

    assert sent.endswith("You said: one")
    assert words(session) == ["one", "two"]
    assert session.history[1].text == "You said: one"


async def test_regenerated_and_edited_turns_fork(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        one = content(await ask(client, "one"))
        two = content(await ask(client, "one", one, "two"))
        again = content(await ask(client, "one", one, "two"))
        await ask(client, "one", one, "edited")
        await ask(client, "one", one, "two", two, "three")
        kept = await sessions(house)

    assert two == again
    said = sorted(words(session) for session in kept)
    assert said == [["one", "edited"], ["one", "two"], ["one", "two", "three"]]


async def test_regenerating_what_was_done_does_not_do_it_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        first = await client.post("/v1/chat/completions", json=asking("note it"))
        again = await client.post("/v1/chat/completions", json=asking("note it"))
        streamed = await client.post("/v1/chat/completions", json=asking("note it", stream=True))
        (session,) = await sessions(house)

    assert again.json()["choices"] == first.json()["choices"]
    assert again.headers["x-batuta-repeated"] == first.headers["x-request-id"]
    assert "noted it" in streamed.text
    assert len(house.notes) == 1
    assert words(session) == ["note it"]


async def test_the_same_words_are_done_again_once_something_else_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        await ask(client, "note it")
        await ask(client, "note that")
        await ask(client, "note it")

    assert [text for text, _ in house.notes] == ["it", "that", "it"]


async def test_chats_that_a_front_end_names_are_apart(tmp_path: Path) -> None:
    async with opened(tmp_path, session_header="X-My-Chat") as (client, house):
        await ask(client, "note it", headers=CHAT)
        await ask(client, "note it", headers=CHAT)
        await ask(client, "note it", headers={"X-My-Chat": "chat-2"})

    assert len(house.notes) == 2


async def test_history_that_nobody_knows_begins_a_session(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        await ask(client, "one", "an answer of another model", "two")
        (session,) = await sessions(house)

    assert words(session) == ["one", "two"]
    assert session.history[1].text == "an answer of another model"


async def test_words_without_an_answer_are_kept_before_the_question(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        one = content(await ask(client, "one"))
        talk = [*asking("one", one, "lost")["messages"], {"role": "user", "content": "two"}]
        await client.post("/v1/chat/completions", json={"model": "batuta-d", "messages": talk})
        kept = await sessions(house)

    assert sorted(words(each) for each in kept) == [["one"], ["one", "lost", "two"]]


async def test_other_models_and_other_people_share_nothing(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana", bob="key-bob")
    async with opened(tmp_path, keys=keys) as (client, house):
        one = content(await ask(client, "one", headers=bearer("key-ana")))
        await ask(client, "one", one, "two", headers=bearer("key-bob"))
        other = {**asking("one", one, "two"), "model": "batuta-e"}
        await client.post("/v1/chat/completions", json=other, headers=bearer("key-ana"))
        anas, bobs = await sessions(house, "ana"), await sessions(house, "bob")

    assert sorted(words(each) for each in anas) == [["one"], ["one", "two"]]
    assert [words(each) for each in bobs] == [["one", "two"]]


async def test_session_in_the_header_is_gone_on_with(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        named = {"X-Batuta-Session": "my talk"}
        await ask(client, "one", headers=named)
        await ask(client, "two", headers=named)
        (session,) = await sessions(house)
        await ask(client, "three", headers={"X-Batuta-Session": session.id})
        (session,) = await sessions(house)

    assert words(session) == ["one", "two", "three"]


@pytest.mark.parametrize("name", ["ses_0123456789abcdef1", "x" * 201])
async def test_session_that_is_not_there_is_not_made(tmp_path: Path, name: str) -> None:
    async with opened(tmp_path) as (client, house):
        headers = {"X-Batuta-Session": name}
        answer = await client.post("/v1/chat/completions", json=asking("hi"), headers=headers)
        kept = await sessions(house)

    assert answer.status_code in (400, 404)
    assert not kept


async def test_anothers_session_looks_like_none(tmp_path: Path) -> None:
    keys = keys_file(tmp_path, ana="key-ana", bob="key-bob")
    async with opened(tmp_path, keys=keys) as (client, _):
        made = await ask(client, "one", headers=bearer("key-ana"))
        headers = {**bearer("key-bob"), "X-Batuta-Session": made["batuta"]["session_id"]}
        answer = await client.post("/v1/chat/completions", json=asking("hi"), headers=headers)

    error(answer, 404, "session_not_found")


async def test_request_with_a_key_of_its_own_is_answered_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as (client, house):
        one = content(await ask(client, "one"))
        key = {"Idempotency-Key": "k1"}
        first = await ask(client, "one", one, "note it", headers=key)
        await ask(client, "one", one, "other")
        again = await ask(client, "one", one, "note it", headers=key)

    assert first["id"] == again["id"]
    assert len(house.notes) == 1
