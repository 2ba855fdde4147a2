"""What is in the store: one's own rows, or all in the lab; sent when they changed."""

from __future__ import annotations

from pathlib import Path

from batuta.serve.playground.ground import Lab
from tests.unit.serve.http.house import House, bearer
from tests.unit.serve.playground.grounds import club, parrots, said, two_people


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
