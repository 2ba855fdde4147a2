"""Runs that wait for a person: who sees them, and who may answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx

from batuta.app import App
from batuta.core.tool import AskPerson, ToolUse
from tests.patience import scaled
from tests.unit.serve.http.house import House, bearer, keys_file, problem

ANA, BOSS, BOB = bearer("k-ana"), bearer("k-boss"), bearer("k-bob")


class Asking(House):
    """Notes nothing before the boss has said yes."""

    def _app(self) -> App:
        async def ask(use: ToolUse) -> AskPerson:
            return AskPerson("boss", f"Note {use.arguments['text']}?")

        made = super()._app()
        return App(**{**made.__dict__, "hooks": [ask]})


def house(tmp_path: Path) -> Asking:
    keys = keys_file(tmp_path, ana="k-ana", boss="k-boss", bob="k-bob")
    return Asking(tmp_path, keys=keys)


async def waiting(client: httpx.AsyncClient, whose: dict[str, str]) -> Sequence[dict[str, Any]]:
    async with asyncio.timeout(scaled(20)):
        while True:
            found = (await client.get("/questions", headers=whose)).json()["questions"]
            if found:
                return found
            await asyncio.sleep(0.01)


async def test_whom_a_question_is_put_to_sees_it_and_answers_it(tmp_path: Path) -> None:
    made = house(tmp_path)
    async with made.client() as client:
        chat = asyncio.create_task(
            client.post("/styles/d/chat", json={"message": "note it"}, headers=ANA)
        )
        [seen] = await waiting(client, BOSS)
        assert (seen["person"], seen["question"], seen["yours"]) == ("boss", "Note it?", True)
        assert seen["data"] == {"tool": "note", "arguments": {"text": "it"}}
        [own] = await waiting(client, ANA)
        assert (own["run_id"], own["yours"]) == (seen["run_id"], False)
        assert (await client.get("/questions", headers=BOB)).json() == {"questions": []}
        path, yes = f"/runs/{seen['run_id']}/answer", {"text": "yes"}
        for stranger in (ANA, BOB):  # not even whose run it is
            refused = await client.post(path, json=yes, headers=stranger)
            problem(refused, 404, "question_not_found")
        problem(await client.post(path, json={"said": "yes"}, headers=BOSS), 422, "invalid_input")
        assert made.notes == []
        taken = await client.post(path, json=yes, headers=BOSS)
        assert (taken.status_code, taken.content) == (204, b"")
        assert (await chat).json()["reply"].startswith("You said: noted")
        problem(await client.post(path, json=yes, headers=BOSS), 404, "question_not_found")
        assert (await client.get("/questions", headers=BOSS)).json() == {"questions": []}
    assert [text for text, _ in made.notes] == ["it"]


async def test_a_no_keeps_it_from_being_done(tmp_path: Path) -> None:
    made = house(tmp_path)
    async with made.client() as client:
        chat = asyncio.create_task(
            client.post("/styles/d/chat", json={"message": "note it"}, headers=ANA)
        )
        [seen] = await waiting(client, BOSS)
        no = {"text": "No, not today."}
        await client.post(f"/runs/{seen['run_id']}/answer", json=no, headers=BOSS)
        assert (await chat).status_code == 200
    assert made.notes == []
