"""The page for everybody: keyboard alone, screen reader, phone, dark."""

from __future__ import annotations

from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.test_page_flows import answered

_FOCUSED = """() => document.activeElement.getAttribute("aria-label")
    || document.activeElement.textContent"""


async def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        await page.keyboard.press("Tab")
        said: str = await page.evaluate(_FOCUSED)
        if said.strip() == name:
            return
    raise AssertionError(f"Tab does not reach {name!r}")


async def test_keyboard_alone_is_enough(visit: Open) -> None:
    page = (await visit()).page

    await expect(page.locator(".pane")).to_have_count(4)
    await page.keyboard.press("Tab")
    await expect(page.locator(":focus")).to_have_text("To the message")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Which courts are free on Saturday morning?")
    await page.keyboard.press("Enter")
    for number in (1, 2, 3, 4):
        await answered(page, number)
    await page.keyboard.press("Shift+Tab")
    await _tab_to(page, "Conversation")
    await _tab_to(page, "Diagram")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator(":focus")).to_have_text("Decisions")
    await expect(page.locator(".steps .what").first).to_be_visible()
    await _tab_to(page, "This run")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Copy as Mermaid")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Copy as Mermaid")).to_be_hidden()


async def test_screen_reader_hears_the_answer_and_the_decisions(visit: Open) -> None:
    page = (await visit()).page

    await page.get_by_role("button", name="Which courts are free").click()
    first = page.get_by_role("region", name="Pane 1: AI as a service")
    await answered(page, 1)
    said = page.get_by_role("log", name="Answers").locator("p")
    await expect(said).to_have_count(4)
    await expect(said.filter(has_text="AI as a service: Open on Saturday")).to_have_count(1)
    await first.get_by_role("tab", name="Decisions").click()
    await expect(first.locator(".step .what", has_text="check_availability")).to_have_count(1)
    heard = await first.get_by_role("tabpanel").aria_snapshot()
    assert "list" in heard
    assert "code called the tool check_availability" in heard.replace('"', "")
    assert "→" in heard


async def test_phone_in_the_dark(visit: Open) -> None:
    tab = await visit(viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True)
    page = tab.page

    await page.get_by_role("button", name="Which courts are free").click()
    await expect(page.locator(".pane:visible")).to_have_count(1)
    await answered(page, 1)
    await tab.check()
    await page.get_by_role("group", name="Pane in view").get_by_text("Workflow").click()
    await expect(page.locator(".pane:visible .shares")).to_contain_text("workflow")
    await page.get_by_role("link", name="History").click()
    await expect(page.locator("tbody tr").first).to_be_visible()
    await tab.check()
