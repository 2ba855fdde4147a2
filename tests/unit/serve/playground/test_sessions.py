"""A conversation is branched off at a message: what came before it comes along, state included."""

from __future__ import annotations

import base64
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.pictures import PNG
from tests.unit.serve.http.house import House, bearer, problem
from tests.unit.serve.playground.grounds import club, parrots, said, two_people


async def test_branch_says_a_message_anew_with_all_that_was_known_before_it(
    tmp_path: Path,
) -> None:
    async with club(tmp_path) as client:
        first = await said(client, "Book a court tomorrow", style="a")
        session = first["session_id"]
        await said(client, "at 3pm", style="a", session_id=session)
        place = f"/playground/sessions/{session}"
        before = (await client.get(place)).json()
        branch = await client.post(f"{place}/branches", json={"before": 2})
        other = branch.json()["session_id"]
        kept = (await client.get(f"/playground/sessions/{other}")).json()
        anew = await said(client, "at 5pm", style="a", session_id=other)
        whole = (await client.post(f"{place}/branches", json={"before": 0})).json()["session_id"]
        empty = (await client.get(f"/playground/sessions/{whole}")).json()
        after = (await client.get(place)).json()

    assert branch.status_code == 201
    assert [m["text"] for m in kept["messages"]] == [m["text"] for m in before["messages"][:2]]
    assert kept["state"]["ai_service"]["values"] == {"date": "2026-12-01"}
    assert "17:00" in anew["reply"], "it knew the day"
    assert (empty["messages"], empty["state"]) == ([], {})
    assert after == before, "the first one stays as it was"


async def test_branch_shows_the_images_of_what_was_said(tmp_path: Path) -> None:
    house = House(tmp_path)
    image = {"data": base64.b64encode(PNG).decode(), "name": "court.png"}
    async with parrots(house) as client:
        session = (await said(client, "look", attachments=[image]))["session_id"]
        await said(client, "and now", session_id=session)
        path = f"/playground/sessions/{session}/branches"
        other = (await client.post(path, json={"before": 2})).json()["session_id"]
        gone = await client.delete(f"/sessions/{session}")
        await said(client, "what was it?", session_id=other)

    assert gone.status_code == 204
    shown = [each for m in house.parrot.asked[-1].messages for each in m.attachments]
    assert [each.content and each.content.data for each in shown] == [PNG]


async def test_what_is_kept_for_branches_goes_with_the_conversation(tmp_path: Path) -> None:
    async with club(tmp_path) as client:
        first = await said(client, "Book a court tomorrow", style="a")
        await said(client, "at 3pm", style="a", session_id=first["session_id"])
        with closing(sqlite3.connect(tmp_path / "batuta.db")) as db:
            before = [row[0] for row in db.execute("SELECT session_id FROM sessions")]
        await client.delete(f"/sessions/{first['session_id']}")
        with closing(sqlite3.connect(tmp_path / "batuta.db")) as db:
            after = [row[0] for row in db.execute("SELECT session_id FROM sessions")]

    assert sorted(each.partition("_")[0] for each in before) == ["marks", "ses"]
    assert after == []


@pytest.mark.parametrize("before", [1, 3, 99])
async def test_branch_is_made_at_a_message_of_the_user_alone(tmp_path: Path, before: int) -> None:
    async with club(tmp_path) as client:
        session = (await said(client, "Hello"))["session_id"]
        path = f"/playground/sessions/{session}/branches"
        problem(await client.post(path, json={"before": before}), 422, "invalid_input")
        problem(await client.post(path, json={"before": -1}), 422, "invalid_input")
        listed = (await client.get("/sessions")).json()["sessions"]

    assert len(listed) == 1


async def test_anothers_conversation_is_as_one_that_is_not_there(tmp_path: Path) -> None:
    async with club(tmp_path, keys=two_people(tmp_path)) as client:
        session = (await said(client, "Hello", headers=bearer("k-ana")))["session_id"]
        told = []
        for named in (session, "ses_none"):
            path, bob = f"/playground/sessions/{named}", bearer("k-bob")
            shown = await client.get(path, headers=bob)
            made = await client.post(f"{path}/branches", json={"before": 0}, headers=bob)
            told += [
                problem(each, 404, "session_not_found")["detail"].replace(named, "…")
                for each in (shown, made)
            ]

    assert len(set(told)) == 1
