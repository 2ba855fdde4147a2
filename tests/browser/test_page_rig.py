"""The page comes from its own server alone, under the policy that says so."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Route, expect

from tests.browser.conftest import Open


async def test_page_comes_with_its_policy(visit: Open) -> None:
    tab = await visit()

    answer = await tab.page.request.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert await tab.page.title()


async def test_answer_that_comes_in_one_piece_goes_on_the_same_way(visit: Open) -> None:
    page = (await visit(viewport={"width": 1280, "height": 800})).page
    sent: list[dict[str, Any]] = []

    async def whole(route: Route) -> None:
        sent.append(route.request.post_data_json or {})
        await route.fulfill(response=await route.fetch())

    await page.route("**/playground/chat", whole)
    await page.get_by_label("To", exact=True).select_option(index=3)
    answers = page.locator(".pane").nth(2).locator(".answer:not(.partial)")
    for turns, said in enumerate(("Which courts are free on Friday at 9am?", "thanks"), start=1):
        await page.get_by_label("Message", exact=True).fill(said)
        await page.get_by_label("Message", exact=True).press("Enter")
        await expect(answers).to_have_count(turns)
        await expect(page.locator(".state")).to_have_count(0)

    first, second = sent
    assert "session_id" not in first
    assert second["session_id"], "the second message goes on with the first one's conversation"
