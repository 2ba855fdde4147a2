"""A conversation is branched off at a message: what came before it comes along, state included."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.serve.http.house import bearer, problem
from tests.unit.serve.playground.grounds import club, said, two_people


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


@pytest.mark.parametrize("before", [1, 2, 99])
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
