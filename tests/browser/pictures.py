"""Makes the pictures of the playground in the docs, from the real page with the offline model.

``make pictures`` runs it: the club at a standing clock, a fresh home, the same messages. Beside
each picture stands what a screen reader finds in it; a test compares that with today's page.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.browser.conftest import address_of, end, serve
from tests.browser_tools import chromium
from tests.patience import LONG_S, scaled

PLACE = Path(__file__).parents[2] / "docs/images"
Still = Callable[[Page, str], Awaitable[None]]
_FREE, _FIRST = "Which courts are free on Saturday morning?", "the first one"
_VARIES = (
    (re.compile(r"\b(run|ses|msg|req)_[0-9a-f]+"), r"\1_…"),
    (re.compile(r"\bBK-[0-9A-Z]{1,5}(-[0-9A-Z]{1,5})?…?"), "BK-…"),
    (re.compile(r"\([0-9a-f]{6}\)"), "(…)"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s)\b"), "… s"),
    (re.compile(r'row "time .*\n(?:.*\n){4}'), 'row "time …"\n'),
)


def picture_of(name: str) -> Path:
    return PLACE / f"playground-{name}.png"


def words_of(name: str) -> Path:
    """Give the file with what a screen reader finds in a picture."""
    return PLACE / f"playground-{name}.txt"


async def words_in(page: Page) -> str:
    """Say what a screen reader finds in a page, without what differs from run to run."""
    found = await page.locator("body").aria_snapshot()
    for pattern, instead in _VARIES:
        found = pattern.sub(instead, found)
    return f"{found}\n"


async def scenes(browser: Browser, address: str, still: Still) -> None:
    """Play what the pictures show, on a server on which nothing was said before.

    Args:
        still: Called with the page and the picture's name, whenever there is one to take.
    """
    context, page = await _open(browser, address, 1440, 1000, "light")
    await page.get_by_label("What answers in pane 4").select_option("f")
    await still(page, "begin")
    await _say(page, _FREE, 1, (1, 2, 3, 4))
    await _say(page, _FIRST, 2, (3,))
    await page.locator(".change.new").wait_for()
    await _rest(page)
    await still(page, "answers")
    for number, tab in ((3, "Decisions"), (4, "Decisions"), (1, "Session")):
        pane = page.locator(".pane").nth(number - 1)
        await pane.get_by_role("tab", name=tab).click()
    await page.locator(".pane").nth(0).locator(".session li").first.wait_for()
    await _rest(page)
    await still(page, "decisions")
    run = await page.locator(".pane").nth(3).locator(".menu .id").text_content()
    other = await page.locator(".pane").nth(1).locator(".menu .id").text_content()
    await page.goto(f"{address}/#/compare/{other}/{run}")
    await page.locator(".steps-beside tbody tr").first.wait_for()
    await still(page, "compare")
    await context.close()
    context, page = await _open(browser, address, 390, 844, "dark")
    await _say(page, _FREE, 1, (1, 2))
    await page.get_by_role("group", name="Pane in view").get_by_text("Workflow").click()
    await _rest(page)
    await still(page, "phone")
    await context.close()


async def _open(
    browser: Browser, address: str, width: int, height: int, scheme: str
) -> tuple[BrowserContext, Page]:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    context.set_default_timeout(scaled(LONG_S) * 1000)
    page = await context.new_page()
    await page.goto(address)
    await page.locator(".pane").nth(3).wait_for(state="attached")
    await page.locator(".held", has_text=re.compile(r"\d rows? in")).nth(3).wait_for()
    return context, page


async def _say(page: Page, text: str, turns: int, to: tuple[int, ...]) -> None:
    for number in to:
        target = page.get_by_label("To", exact=True)
        await target.select_option(index=number)
        await page.get_by_label("Message", exact=True).fill(text)
        await page.get_by_label("Message", exact=True).press("Enter")
        answers = page.locator(".pane").nth(number - 1).locator(".answer:not(.partial)")
        await answers.nth(turns - 1).wait_for(state="attached")
        await page.locator(".state").first.wait_for(state="detached")


async def _rest(page: Page) -> None:
    await page.locator(":focus").evaluate("element => element.blur()")
    await page.mouse.move(0, 0)


async def take(page: Page, name: str) -> None:
    """Take a picture, and write down what is in it."""
    words_of(name).write_text(await words_in(page), "utf-8")
    await page.screenshot(path=picture_of(name))


async def main() -> None:
    """Take them all."""
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        server = serve(Path(home), "--lab")
        try:
            address = address_of(server)
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=chromium())
                await scenes(browser, address, take)
                await browser.close()
        finally:
            end(server)


if __name__ == "__main__":
    asyncio.run(main())
