"""The docs' pictures show today's page: what a screen reader finds in it is what it found then."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser, Page

from tests.browser.conftest import address_of, end, serve
from tests.browser.pictures import PLACE, picture_of, scenes, words_in, words_of


async def test_pictures_show_what_the_page_shows_today(browser: Browser, tmp_path: Path) -> None:
    seen: dict[str, str] = {}

    async def look(page: Page, name: str) -> None:
        seen[name] = await words_in(page)

    server = serve(tmp_path, "--lab")
    try:
        await scenes(browser, address_of(server), look)
    finally:
        end(server)

    kept = {path.name for path in PLACE.glob("playground-*.png")}
    assert {picture_of(name).name for name in seen} == kept
    for name, now in seen.items():
        then = words_of(name).read_text("utf-8")
        assert now == then, f"{picture_of(name).name} is of an earlier page: make pictures"
