"""What is in the store: one's own rows, or all in the lab; sent when they changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from batuta.serve.playground.choices import copies_of
from batuta.serve.playground.ground import Ground, Lab
from batuta.settings import Settings
from batuta.wiring import Assistants, open_app, variations
from tests.unit.serve.http.house import House, bearer, problem
from tests.unit.serve.playground.grounds import club, parrots, said, two_people

LAB = {"lab": Lab(on=True)}


async def test_rows_are_ones_own_and_sent_when_they_changed(tmp_path: Path) -> None:
    ana, bob = bearer("k-ana"), bearer("k-bob")
    async with club(tmp_path, keys=two_people(tmp_path)) as client:
        empty = await client.get("/playground/store", headers=ana)
        known = {**ana, "If-None-Match": empty.headers["etag"]}
        same = await client.get("/playground/store", headers=known)
        await said(client, "Book a court tomorrow at 3pm", headers=ana)
        hers = await client.get("/playground/store", headers=known)
        his = await client.get("/playground/store", headers=bob)

    assert (same.status_code, same.content) == (304, b"")
    [table] = hers.json()["tables"]
    assert hers.json()["whose"] == "yours"
    shown = dict(zip(table["columns"], table["rows"][0], strict=True))
    assert shown["date"] == "2026-12-01"
    assert (shown["start"], shown["end"], shown["status"]) == ("15:00", "16:00", "confirmed")
    assert his.json()["tables"][0]["rows"] == []
    assert his.headers["etag"] == empty.headers["etag"]


async def test_lab_shows_everybodys_rows(tmp_path: Path) -> None:
    async with club(tmp_path, keys=two_people(tmp_path)) as client:
        await said(client, "Book a court tomorrow at 3pm", headers=bearer("k-ana"))
    async with club(tmp_path, given={"lab": Lab(on=True)}) as client:
        told = (await client.get("/playground/store")).json()

    assert told["whose"] == "all"
    assert [row[5] for row in told["tables"][0]["rows"]] == ["ana"]


async def test_app_that_shows_no_store_has_no_tables(tmp_path: Path) -> None:
    async with parrots(House(tmp_path)) as client:
        setup = (await client.get("/playground/setup")).json()
        told = (await client.get("/playground/store")).json()

    assert setup["store"] is False
    assert told["tables"] == []


async def test_panes_have_the_data_for_themselves(tmp_path: Path) -> None:
    asked = "Book a court tomorrow at 3pm"
    async with club(tmp_path, given=LAB) as client:
        setup = (await client.get("/playground/setup")).json()
        made = [
            await said(client, asked, style="d", data="one"),
            await said(client, asked, style="front-desk", data="two"),
            await said(client, asked, style="d", data="one", faults=["tool-slow"]),
        ]
        stores = [await rows(client, data) for data in ("one", "two", "three", "")]

    assert setup["copies"] == {"available": True, "missing": None, "default": True}
    assert [each["closing"] for each in made] == ["reply"] * 3
    assert stores == [["A", "B"], ["A"], [], []], "each begins with nothing booked"


async def test_data_that_were_not_asked_for_long_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(variations, "MOST_COPIES", 2)
    async with club(tmp_path, given=LAB) as client:
        await said(client, "Book a court tomorrow at 3pm", style="d", data="one")
        stores = [await rows(client, data) for data in ("one", "two", "one", "three", "one")]
        again = [await rows(client, data) for data in ("four", "five", "one")]

    assert stores == [["A"], [], ["A"], [], ["A"]], "who asks again is kept"
    assert again == [[], [], []]


async def test_who_cannot_have_data_for_a_pane_is_told_why(tmp_path: Path) -> None:
    body = {"message": "hi", "data": "one"}
    async with club(tmp_path) as client:
        setup = (await client.get("/playground/setup")).json()
        problem(await client.post("/playground/chat", json=body), 403, "lab_off")
        problem(await client.get("/playground/store?data=one"), 403, "lab_off")
    async with club(tmp_path, given=LAB) as client:
        for wrong in ("../x", "x" * 65, "one\n"):
            sent = await client.post("/playground/chat", json={**body, "data": wrong})
            problem(sent, 422, "invalid_input")
            looked = await client.get("/playground/store", params={"data": wrong})
            problem(looked, 422, "invalid_input")
        apart = await client.post("/playground/chat", json={**body, "style": "h"})
    async with parrots(House(tmp_path / "parrots"), **LAB) as client:
        none = (await client.get("/playground/setup")).json()["copies"]
        refused = problem(await client.post("/playground/chat", json=body), 422, "invalid_input")

    assert not setup["copies"]["available"]
    assert "not a lab" in setup["copies"]["missing"]
    assert apart.status_code in {422, 503}
    assert "App(fresh=…)" in none["missing"]
    assert "App(fresh=…)" in refused["detail"]


async def test_a_durable_server_shares_its_store_at_first(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    house = Assistants(await open_app("tennis", settings), settings)
    house.settings = replace(settings, durable="sqlite")
    told = copies_of(Ground(house=house, lab=Lab(on=True)))
    await house.close()

    assert told == {"available": True, "missing": None, "default": False}


async def rows(client: httpx.AsyncClient, data: str) -> list[str]:
    told = (await client.get("/playground/store", params={"data": data})).json()
    return [row[0] for row in told["tables"][0]["rows"]]
