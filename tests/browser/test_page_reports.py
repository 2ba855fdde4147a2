"""Reports of the lab open within the page, and are kept apart from it."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import expect

from batuta.lab.report import report_html
from batuta.lab.results import read_comparison
from tests.browser.conftest import Open, address_of, end, serve
from tests.browser.test_page_life import USERS, signed_in

SHIPPED = Path(__file__).parents[2] / "src" / "batuta" / "lab" / "measured" / "tennis.json"


async def test_reports_open_in_place(visit: Open, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "club.html").write_text(report_html(read_comparison(SHIPPED)), "utf-8")
    scripted = "<title>mine</title><p id=p>as it was</p><script>p.textContent = 'changed'</script>"
    (folder / "mine.html").write_text(scripted, "utf-8")
    (tmp_path / "keys.json").write_text(json.dumps(USERS))
    server = serve(tmp_path, "--reports", str(folder), keys=str(tmp_path / "keys.json"))
    try:
        tab = await signed_in(visit, address_of(server), path="/#/reports")
        page, frame = tab.page, tab.page.frame_locator("iframe.report")
        await page.get_by_role("button", name="tennis").click()
        await expect(frame.locator("h2").first).to_be_visible()
        await expect(page.locator("iframe.report")).to_have_attribute("title", "Report club.html")
        assert not tab.elsewhere
        assert all("sandboxed" in each for each in tab.faults)  # mine.html's script is blocked
        await page.get_by_role("button", name="mine", exact=True).click()
        await expect(frame.locator("#p")).to_have_text("as it was")
    finally:
        end(server)
