"""A run as a diagram and as one file: whatever was said in it is text, and it is its owner's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.serve.http.house import House, bearer, problem, until
from tests.unit.serve.playground.grounds import club, parrots, said, two_people

EVIL = '</pre></title><script>alert(1)</script><img src=x onerror="alert(2)">&amp;\u202e'


async def test_file_holds_what_was_said_as_text(tmp_path: Path) -> None:
    async with parrots(House(tmp_path)) as client:
        run = await said(client, f"note {EVIL}", style="d")
        answer = await client.get(f"/runs/{run['run_id']}/page")
        drawn = await client.get(f"/runs/{run['run_id']}/diagram?format=svg")

    assert run["closing"] == "reply", "user, model and tool have all said it"
    assert answer.headers["content-disposition"] == f'attachment; filename="{run["run_id"]}.html"'
    assert "sandbox" in answer.headers["content-security-policy"]
    for text in (answer.text, drawn.text):
        assert "<script" not in text
        assert "<img" not in text
        assert "\u202e" not in text
        assert "&lt;script&gt;" in text
    assert " src=" not in answer.text.replace("&lt;img src=x", "")
    assert "href=" not in answer.text
    assert "Really done" in answer.text


async def test_diagram_is_mermaid_unless_said_otherwise(tmp_path: Path) -> None:
    async with club(tmp_path) as client:
        run = await said(client, "Which courts are free tomorrow at 3pm?")
        path = f"/runs/{run['run_id']}/diagram"
        mermaid = await client.get(path)
        plantuml = await client.get(f"{path}?format=plantuml")
        problem(await client.get(f"{path}?format=png"), 422, "invalid_input")

    assert mermaid.text.startswith("sequenceDiagram")
    assert mermaid.headers["content-type"].startswith("text/plain")
    assert plantuml.text.startswith("@startuml")


@pytest.mark.parametrize("what", ["page", "diagram"])
async def test_anothers_run_is_as_one_that_is_not_there(tmp_path: Path, what: str) -> None:
    async with club(tmp_path, keys=two_people(tmp_path)) as client:
        run = (await said(client, "Hello", headers=bearer("k-ana")))["run_id"]
        told = [
            problem(
                await client.get(f"/runs/{named}/{what}", headers=bearer("k-bob")),
                404,
                "run_not_found",
            )["detail"].replace(named, "…")
            for named in (run, "run_none")
        ]

    assert told[0] == told[1]


async def test_run_that_is_on_is_said_to_be(tmp_path: Path) -> None:
    import asyncio

    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with parrots(house) as client:
        reading = asyncio.create_task(client.post("/playground/chat", json={"message": "hello"}))
        await until(lambda: bool(house.parrot.asked))
        [run] = (await client.get("/runs")).json()["runs"]
        problem(await client.get(f"/runs/{run['run_id']}/page"), 409, "run_is_on")
        house.parrot.go_on.set()
        await reading
