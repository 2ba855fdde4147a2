"""Makes the pictures of the playground in the docs, from the real page with the offline model.

``make pictures`` runs it: the club at a standing clock, a fresh home, the same messages.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import address_of, end, serve
from tests.browser_tools import chromium

PLACE = Path(__file__).parents[2] / "docs/images"
_FREE, _FIRST = "Which courts are free on Saturday morning?", "the first one"
_LONG_MS = 60_000


async def _open(browser: Browser, address: str, width: int, height: int, scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
    )
    context.set_default_timeout(_LONG_MS)
    page = await context.new_page()
    await page.goto(address)
    await page.locator(".pane").nth(3).wait_for(state="attached")
    return page


async def _say(page: Page, text: str, turns: int, to: tuple[int, ...]) -> None:
    for number in to:
        target = page.get_by_label("To", exact=True)
        await target.select_option(index=number)
        await page.get_by_label("Message", exact=True).fill(text)
        await page.get_by_label("Message", exact=True).press("Enter")
        answers = page.locator(".pane").nth(number - 1).locator(".answer:not(.partial)")
        await answers.nth(turns - 1).wait_for(state="attached")
        await page.locator(".state").first.wait_for(state="detached")


async def _still(page: Page, name: str) -> None:
    await page.locator(":focus").evaluate("element => element.blur()")
    await page.mouse.move(0, 0)
    await page.screenshot(path=PLACE / f"playground-{name}.png")


async def main() -> None:
    """Take them all."""
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        server = serve(Path(home))
        try:
            address = address_of(server)
            async with async_playwright() as driver:
                browser = await driver.chromium.launch(executable_path=chromium())
                page = await _open(browser, address, 1280, 800, "light")
                await page.get_by_label("What answers in pane 4").select_option("f")
                await page.screenshot(path=PLACE / "playground-begin.png")
                await _say(page, _FREE, 1, (1, 2, 3, 4))
                await _say(page, _FIRST, 2, (3,))
                await _still(page, "answers")
                for number, tab in ((3, "Decisions"), (4, "Decisions"), (1, "Session")):
                    pane = page.locator(".pane").nth(number - 1)
                    await pane.get_by_role("tab", name=tab).click()
                await _still(page, "decisions")
                run = await page.locator(".pane").nth(3).locator(".menu .id").text_content()
                other = await page.locator(".pane").nth(1).locator(".menu .id").text_content()
                await page.goto(f"{address}/#/compare/{other}/{run}")
                await page.locator(".steps-beside tbody tr").first.wait_for()
                await page.screenshot(path=PLACE / "playground-compare.png")
                page = await _open(browser, address, 390, 844, "dark")
                await _say(page, _FREE, 1, (1, 2))
                await page.get_by_role("group", name="Pane in view").get_by_text("Workflow").click()
                await _still(page, "phone")
                await browser.close()
        finally:
            end(server)


if __name__ == "__main__":
    asyncio.run(main())
