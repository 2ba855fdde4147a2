"""Reports of the lab: those of one folder, kept apart from the page that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.serve.http.house import bearer, problem
from tests.unit.serve.playground.grounds import club, two_people

WRITTEN = "<!doctype html><title>Styles &amp; faults</title><script>1</script>"


async def test_reports_of_the_folder_are_listed_and_opened(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "first.html").write_text(WRITTEN)
    (folder / "notes.txt").write_text("no report")
    (folder / "linked.html").symlink_to(tmp_path / "secret.html")
    (tmp_path / "secret.html").write_text("not yours")
    async with club(tmp_path, given={"reports": folder}) as client:
        listed = (await client.get("/playground/reports")).json()["reports"]
        shown = await client.get("/playground/reports/first.html")
        for name in ("linked.html", "notes.txt", "none.html", "..%2fsecret.html", "%2e%2e"):
            assert (await client.get(f"/playground/reports/{name}")).status_code == 404

    assert [(each["name"], each["title"]) for each in listed] == [("first.html", "Styles & faults")]
    assert shown.text == WRITTEN
    assert "sandbox allow-scripts; default-src 'none'" in shown.headers["content-security-policy"]


@pytest.mark.parametrize("reports", [None, Path("is-not-there")])
async def test_no_folder_is_no_reports(tmp_path: Path, reports: Path | None) -> None:
    async with club(tmp_path, given={"reports": reports}) as client:
        assert (await client.get("/playground/reports")).json() == {"reports": []}
        problem(await client.get("/playground/reports/a.html"), 404, "not_found")


async def test_where_keys_are_needed_a_frame_gets_a_pass_for_once(tmp_path: Path) -> None:
    folder, ana = tmp_path / "reports", bearer("k-ana")
    folder.mkdir()
    for name in ("one.html", "two.html"):
        (folder / name).write_text(WRITTEN)
    given = {"reports": folder}
    async with club(tmp_path, given=given, keys=two_people(tmp_path)) as client:
        stranger = await client.post("/playground/reports/one.html/pass")
        missing = await client.post("/playground/reports/none.html/pass", headers=ana)
        first, second = [
            (await client.post("/playground/reports/one.html/pass", headers=ana)).json()["path"]
            for _ in range(2)
        ]
        shown = await client.get(f"/{first}")
        problem(await client.get(f"/{first}"), 401, "unauthenticated")
        other = second.replace("one.html", "two.html")
        problem(await client.get(f"/{other}"), 401, "unauthenticated")
        problem(await client.get(f"/{second}"), 401, "unauthenticated")

    problem(stranger, 401, "unauthenticated")
    problem(missing, 404, "not_found")
    assert shown.text == WRITTEN
    assert "sandbox" in shown.headers["content-security-policy"]
    assert shown.headers["referrer-policy"] == "no-referrer"
