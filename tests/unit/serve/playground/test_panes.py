"""A pane's message: with a framework, a model and a budget of its own; and when nobody reads."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from batuta.faults import single_faults
from batuta.serve.playground.faults import ANYWHERE, APART
from batuta.serve.playground.ground import Lab
from tests.unit.serve.http.house import House, bearer, frames, problem, until
from tests.unit.serve.playground.grounds import club, parrots, said, two_people

LAB = {"lab": Lab(on=True)}


async def test_panes_differ_by_style_framework_and_model(tmp_path: Path) -> None:
    asked = "Book a court tomorrow at 3pm"
    async with club(tmp_path) as client:
        made = [
            await said(client, asked, style="d"),
            await said(client, asked, style="e", framework="pydantic-ai"),
            await said(client, asked, style="front-desk", model="offline:rules"),
        ]
        rows = (await client.get("/playground/store")).json()["tables"][0]["rows"]

    assert [each["closing"] for each in made] == ["reply"] * 3
    assert len({each["session_id"] for each in made}) == 3
    assert [row[0] for row in rows] == ["A", "B", "C"], "each has booked for real"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"style": "e", "framework": "none"}, 422, "unknown_framework"),
        ({"style": "d", "framework": "langgraph"}, 422, "invalid_input"),
        ({"style": "e", "framework": "strands"}, 503, "framework_unavailable"),
        ({"style": "d", "model": "openai:gpt-5"}, 422, "unknown_model"),
        ({"style": "h", "model": "offline:rules"}, 422, "invalid_input"),
        ({"style": "z"}, 404, "unknown_style"),
        ({"budget": {"cost_usd": 0.1}}, 403, "lab_off"),
        ({"faults": ["model timeout"]}, 403, "lab_off"),
        ({"budget": {"cost_usd": -1}}, 422, "invalid_input"),
        ({"none": 1}, 422, "invalid_input"),
        ({"session_id": "ses_nobodys"}, 404, "session_not_found"),
    ],
)
async def test_what_cannot_be_is_said(
    tmp_path: Path, body: dict[str, Any], status: int, code: str
) -> None:
    async with club(tmp_path) as client:
        answer = await client.post("/playground/chat", json={"message": "hi", **body})
        runs = (await client.get("/runs")).json()["runs"]

    problem(answer, status, code)
    assert runs == []


async def test_lab_takes_any_model_and_says_what_it_lacks(tmp_path: Path) -> None:
    async with club(tmp_path, given=LAB) as client:
        body = {"message": "hi", "model": "openai:gpt-5-mini"}
        answer = await client.post("/playground/chat", json=body)

    assert "OPENAI_API_KEY" in problem(answer, 503, "model_unavailable")["detail"]


async def test_budget_is_lowered_and_never_raised(tmp_path: Path) -> None:
    asked = "Book a court tomorrow at 3pm"
    async with club(tmp_path, given=LAB, run_cost_usd=0.5) as client:
        cut = await said(client, asked, budget={"model_calls": 1})
        whole = await said(client, asked, budget={"cost_usd": 5.0, "model_calls": 1_000})

    assert (cut["closing"], cut["code"]) == ("problem", "budget_exceeded")
    assert (cut["kind"], cut["limit"]) == ("model_calls", 1)
    assert whole["closing"] == "reply"


async def test_run_goes_on_where_its_reader_leaves(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.parrot.go_on.clear()
    async with parrots(house) as client:
        reading = asyncio.create_task(client.post("/playground/chat", json={"message": "hello"}))
        await until(lambda: bool(house.parrot.asked))
        reading.cancel()
        await asyncio.wait([reading])
        [run] = (await client.get("/runs")).json()["runs"]
        house.parrot.go_on.set()
        told = frames((await client.get(f"/runs/{run['run_id']}/events")).text)
        last = told[-1][2]
        after = await client.get(
            f"/runs/{run['run_id']}/events", headers={"Last-Event-ID": str(last)}
        )

    assert run["status"] == "running"
    assert told[-1][0] == "reply"
    assert told[-1][1]["reply"] == "You said: hello"
    assert after.status_code == 204


async def test_stop_ends_ones_own_run_alone(tmp_path: Path) -> None:
    house = House(tmp_path, keys=two_people(tmp_path))
    house.parrot.go_on.clear()
    ana, bob = bearer("k-ana"), bearer("k-bob")
    async with parrots(house) as client:
        reading = asyncio.create_task(
            client.post("/playground/chat", json={"message": "hello"}, headers=ana)
        )
        await until(lambda: bool(house.parrot.asked))
        [run] = (await client.get("/runs", headers=ana)).json()["runs"]
        path = f"/playground/runs/{run['run_id']}/stop"
        hers = problem(await client.post(path, headers=bob), 404, "run_not_found")
        none = problem(
            await client.post("/playground/runs/run_none/stop", headers=bob),
            404,
            "run_not_found",
        )
        stopped = await client.post(path, headers=ana)
        told = frames((await reading).text)
        again = await client.post(path, headers=ana)

    assert hers["detail"].replace(run["run_id"], "…") == none["detail"].replace("run_none", "…")
    assert (stopped.status_code, again.status_code) == (204, 204)
    assert (told[-1][0], told[-1][1]["code"]) == ("problem", "cancelled")


async def test_message_of_a_megabyte_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    async with club(tmp_path) as client:
        huge = await client.post("/playground/chat", json={"message": "x" * 1_000_000})
        long = await client.post("/playground/chat", json={"message": "x" * 4_001})
        runs = (await client.get("/runs")).json()["runs"]

    problem(huge, 413, "body_too_large")
    assert "4000" in problem(long, 422, "invalid_input")["detail"]
    assert runs == []


async def test_faults_strike_one_run_and_none_after_it(tmp_path: Path) -> None:
    asked = "Book a court tomorrow at 3pm"
    async with club(tmp_path, given=LAB) as client:
        offered = (await client.get("/playground/setup")).json()["faults"]
        gone = await said(client, asked, faults=["model-gone"])
        lost = await said(client, asked, faults=["tool-half-done", "model-timeout"])
        whole = await said(client, asked)
        events = (await client.get(f"/runs/{lost['run_id']}")).json()["events"]
        answer = await client.post("/playground/chat", json={"message": "hi", "faults": ["none"]})

    assert {each["name"] for each in offered} == set(ANYWHERE)
    assert set(ANYWHERE) | set(APART) <= set(single_faults())
    assert (gone["closing"], gone["code"]) == ("problem", "model_unavailable")
    assert [each for each in events if each["kind"] == "retry"], "its timeout was tried again"
    assert lost["effects"][0]["result"]["court"] == "A", "what was done is told, or looked up"
    assert whole["effects"][0]["result"]["court"] == "B"
    problem(answer, 422, "unknown_fault")


async def test_clock_that_jumps_is_the_runs_own(tmp_path: Path) -> None:
    asked = "Which courts are free tomorrow at 3pm?"
    async with club(tmp_path, given=LAB) as client:
        await said(client, asked, faults=["clock-jump"])
        after = await said(client, asked)
        setup = (await client.get("/playground/setup")).json()

    assert "1 December" in after["reply"]
    assert setup["now"].startswith("2026-11-30T09:00")
