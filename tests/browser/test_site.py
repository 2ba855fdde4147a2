"""The built site in a real browser: Batuta answers in the page, with no server behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Visit, _watch  # the rig's own, for a home of another kind
from tests.browser_tools import AXE
from tests.patience import LONG_S, scaled
from tests.site_built import site

RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
DESK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
COMPOSITIONS = {
    "parallel": "## evening",
    "router": "15:00",
    "swarm": "herringbone",
    "rag": "[[rules/shoes]]",
    "reflection": "Dear friend",
    "hierarchical": "at 18:00",
    "ensemble": "booking",
    "map_reduce": "## part 3",
    "debate": "None names more than",
}


class Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Say nothing of what was asked for."""


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = site(tmp_path_factory)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest_asyncio.fixture(loop_scope="session")
async def tab(browser: Browser, address: str) -> AsyncIterator[Visit]:
    context = await browser.new_context(base_url=address, reduced_motion="reduce", **DESK)
    context.set_default_timeout(scaled(LONG_S) * 1000)
    made = Visit(await context.new_page(), context, address)
    _watch(made)
    yield made
    await context.close()


async def asked(page: Page, text: str = "") -> str:
    """Send the message that stands there, or another; gives the answer that comes."""
    turns = page.locator(".try-turn")
    before = await turns.count()
    if text:
        await page.get_by_label("Your message").fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(turns).to_have_count(before + 1)
    return await turns.nth(before).inner_text()


async def faults(page: Page) -> list[Any]:
    """Give what axe has against a page, and whether it is wider than its window."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.map("
        "v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))",
        RULES,
    )
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [*found, *(["wider than the window"] if wide else [])]


@pytest.mark.timeout(300)
async def test_batuta_books_in_the_page(tab: Visit) -> None:
    page = tab.page
    await page.clock.set_fixed_time("2026-11-30T09:00:00Z")
    await page.goto("/try/")
    await page.get_by_role("button", name="Start Batuta in this page").click()
    slider = page.get_by_label("From control to autonomy")
    await expect(slider).to_be_visible()
    stands = page.locator("#try-bookings")

    offered = await asked(page)
    assert "Which one would you like?" in offered
    assert "answered by a stand-in, no AI" in offered
    assert "Court" not in await stands.inner_text()
    said = await asked(page, "the second one")
    assert "Booked: court B on Tuesday 1 December 2026, 15:00 to 16:00." in said
    await expect(stands).to_contain_text("Court B")

    for steps, name in ((1, "Workflow"), (2, "Function calling")):
        await slider.fill(str(steps))
        await page.get_by_role("button", name="New conversation").click()
        await expect(page.locator("#try-who")).to_contain_text(name)
        said = await asked(page, f"Book a court tomorrow at {3 + steps}pm")
        assert f"{name}: decided by" in said
        await expect(stands.locator("li")).to_have_count(1 + steps)
    assert "model 2" in said
    drawings = page.locator(".try-drawing svg")
    await expect(drawings).to_have_count(1)  # of this conversation
    assert await drawings.last.get_attribute("aria-label") == "Run of function_calling"

    for key, expected in COMPOSITIONS.items():
        await page.get_by_label("Or a composition").select_option(key)
        assert expected in await asked(page), key
    await expect(stands.locator("li")).to_have_count(3)  # none of the nine books
    assert await faults(page) == []
    assert tab.faults == []
    assert tab.elsewhere == []


PAGES = ("", "try/", "compose/router/", "runtimes/parity/", "reference/python/compose/")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
async def test_pages_can_be_read_by_everybody(
    browser: Browser, address: str, window: dict[str, Any]
) -> None:
    context = await browser.new_context(base_url=address, reduced_motion="reduce", **window)
    made = Visit(await context.new_page(), context, address)
    _watch(made)
    found: dict[str, Any] = {}
    for path in PAGES:
        await made.page.goto(f"/{path}")
        if wrong := await faults(made.page):
            found[path] = wrong
    await context.close()

    assert found == {}
    assert made.faults == []
    assert made.elsewhere == []
