"""With the lab, the page sets a budget, and offers faults."""

from __future__ import annotations

from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.test_page_flows import pane, say


async def test_lab_sets_budgets_and_faults(visit: Open) -> None:
    tab = await visit()
    page = tab.page
    lab = page.locator(".menu.lab")

    await lab.locator("summary").click()
    await lab.get_by_role("spinbutton", name="model calls").fill("1")
    fault = lab.get_by_role("checkbox").first
    await expect(fault).not_to_be_checked()
    await tab.check()
    await lab.locator("summary").click()
    await expect(lab.locator("summary")).to_have_text("Lab · 1 set")
    await say(page, "Book a court tomorrow at 3pm", to="to pane 3")
    await expect(pane(page, 3).locator(".problem")).to_contain_text("Budget exceeded")
    await expect(pane(page, 3).locator(".meter.full")).to_contain_text("models")
    await expect(pane(page, 3).locator(".run-part .done-box")).to_contain_text("nothing")

    await lab.locator("summary").click()
    await lab.get_by_role("spinbutton", name="model calls").fill("")
    await lab.get_by_role("checkbox", name="tool-half-done").check()
    await lab.locator("summary").click()
    await say(page, "Book a court tomorrow at 3pm", to="to pane 3")
    await expect(pane(page, 3).locator(".run-part .done-box").last).to_contain_text(
        "booked Court A"
    )
    await tab.check()
