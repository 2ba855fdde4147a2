"""The page comes from its own server alone, under the policy that says so."""

from __future__ import annotations

from tests.browser.conftest import Open


async def test_page_comes_with_its_policy(visit: Open) -> None:
    tab = await visit()

    answer = await tab.page.request.get("/")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert await tab.page.title()
