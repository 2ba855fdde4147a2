"""One message to every pane: what each answers, who decided, what was done, what is kept."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Open

_DONE = "booked Court"
_WORDS = {"code", "workflow", "model", "agent", "manager", "AWS", "you"}


def pane(page: Page, number: int) -> Locator:
    """Give the pane at that place."""
    return page.locator(".pane").nth(number - 1)


async def answered(page: Page, number: int, turns: int = 1) -> None:
    """Wait until a pane has answered so many messages."""
    await expect(pane(page, number).locator(".answer:not(.partial)")).to_have_count(turns)


async def say(page: Page, text: str, to: str = "to all panes") -> None:
    """Write a message, and send it with Enter."""
    target = page.get_by_label("To", exact=True)
    option = target.locator("option", has_text=to)
    await expect(option).to_have_count(1)
    await target.select_option(await option.get_attribute("value"))
    await page.get_by_label("Message", exact=True).fill(text)
    await page.get_by_label("Message", exact=True).press("Enter")


async def test_four_panes_answer_one_message(visit: Open) -> None:
    tab = await visit(viewport={"width": 1440, "height": 900})
    page = tab.page

    await expect(page.locator(".pane")).to_have_count(4)
    await page.get_by_role("button", name="Book a court tomorrow at 3pm").click()
    for number in (1, 2, 3, 4):
        await answered(page, number)
        words = await pane(page, number).locator(".shares .by").all_inner_texts()
        assert words
        assert {each.split()[0] for each in words} <= _WORDS
        await expect(pane(page, number).locator(".diagram .row").first).to_be_attached()
        await expect(pane(page, number).get_by_role("meter", name="model calls")).to_be_visible()
    # Each has a store of its own, so none takes the court from another.
    await expect(page.locator(".done-box li", has_text=f"{_DONE} A")).to_have_count(3)
    await expect(page.locator(".change.new", has_text="2026-12-01").first).to_be_visible()
    await page.locator(".store > summary").click()
    await expect(page.locator(".store tr.new")).to_have_count(3)
    await expect(page.locator(".store tr.new").first).to_contain_text("15:00")
    await tab.check()

    await page.get_by_label("Each pane has a store of its own").uncheck()
    await expect(page.locator(".turn")).to_have_count(0)
    await expect(page.locator(".store table")).to_have_count(1)
    await expect(page.locator(".store caption")).to_have_text("Bookings")


async def test_message_goes_to_one_pane_alone(visit: Open) -> None:
    page = (await visit()).page

    await say(page, "Which courts are free on Saturday morning?", to="to pane 3")
    await answered(page, 3)
    await expect(page.locator(".turn")).to_have_count(1)
    await pane(page, 3).get_by_role("tab", name="Session").click()
    await expect(pane(page, 3).locator(".session li").first).to_contain_text("Saturday morning")


async def test_list_says_in_words_what_the_diagram_shows(visit: Open) -> None:
    page = (await visit()).page

    await pane(page, 4).get_by_label("What answers in pane 4").select_option("f")
    await say(page, "Which courts are free on Saturday morning?", to="to pane 4")
    await answered(page, 4)
    calls = await pane(page, 4).locator(".diagram .row.call, .diagram .row.note").count()
    assert calls > 4
    await pane(page, 4).get_by_role("tab", name="Decisions").click()
    steps = pane(page, 4).locator(".step .what")
    await expect(steps).to_have_count(calls)
    said = await steps.all_text_contents()
    assert all(each.split()[0] in _WORDS for each in said)
    assert any(each.startswith("manager called availability") for each in said)
    await pane(page, 4).locator(".step details summary").first.click()
    await expect(pane(page, 4).locator(".step pre").first).to_contain_text("Saturday morning")


async def test_edited_message_runs_again_from_there(visit: Open) -> None:
    tab = await visit()
    page = tab.page

    for turn, text in enumerate(("Which courts are free on Sunday morning?", "the first one"), 1):
        await say(page, text, to="to pane 3")
        await answered(page, 3, turn)
    third = pane(page, 3)
    await third.locator(".question").nth(1).hover()
    await third.get_by_role("button", name="Edit").nth(1).click()
    await third.get_by_label("The message, edited").fill("the third one")
    await third.get_by_role("button", name="Run again from here").click()
    await expect(third.locator(".question").nth(1)).to_contain_text("the third one")
    await expect(third.locator(".done-box li")).to_contain_text(_DONE)
    await third.get_by_role("link", name="Compare with what was said before").click()
    await expect(page.locator(".steps-beside tr.otherwise").first).to_be_visible()
    await expect(page.locator(".figures")).to_contain_text("differs")
    await tab.check()


async def test_run_is_opened_by_its_id_and_taken_away(visit: Open) -> None:
    tab = await visit(permissions=["clipboard-read", "clipboard-write"], accept_downloads=True)
    page = tab.page

    await say(page, "Which courts are free on Saturday morning?", to="to pane 2")
    await answered(page, 2)
    await pane(page, 2).get_by_label("This run", exact=True).click()
    run_id = await pane(page, 2).locator(".menu .id").inner_text()
    await page.get_by_role("link", name="History").click()
    await page.get_by_label("Open a run by its id").fill(run_id)
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page.locator(".run-page .diagram .row").first).to_be_attached()
    await expect(page.locator(".run-page .answer")).to_contain_text("Open on Saturday")
    await tab.check()

    await page.get_by_label("This run", exact=True).click()
    await page.get_by_role("button", name="Copy as Mermaid").click()
    await expect(page.locator(".menu").get_by_role("status")).to_have_text("Copied as Mermaid.")
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("sequenceDiagram")
    assert "workflow: " in copied
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Save as an HTML file").click()
    file = await saved.value
    assert file.suggested_filename == f"{run_id}.html"
    assert "<svg" in (await file.path()).read_text("utf-8")


async def test_history_and_costs_are_opened_in_place(visit: Open) -> None:
    tab = await visit()
    page = tab.page

    await say(page, "Which courts are free on Saturday morning?")
    for number in (1, 2, 3, 4):
        await answered(page, number)
    await page.get_by_role("link", name="History").click()
    ticks = page.locator("tbody input")
    for place in (0, 1):
        await ticks.nth(place).check()
    await tab.check()
    await page.get_by_role("button", name="Compare the two that are ticked").click()
    await expect(page.locator(".steps-beside tbody tr").first).to_be_visible()
    await page.get_by_role("link", name="Costs").click()
    await page.get_by_label("by", exact=True).select_option("decider")
    await expect(page.locator("tbody th", has_text="code")).to_be_visible()
    await tab.check()
    await page.get_by_role("link", name="Play").click()
    await answered(page, 1)
