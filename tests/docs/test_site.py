"""The site is built of the pages, its links lead somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.site import browser
from scripts.site.pages import DOCS, ROOT, linked, menu
from tests.docs.pages import pages
from tests.site_built import dead, elsewhere
from tests.site_built import pages as built_pages


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_pages(tmp_path_factory)


def test_every_page_is_in_the_site_and_in_its_menu(built: Path) -> None:
    listed = {p for _, inside in menu((DOCS / "README.md").read_text("utf-8")) for _, p in inside}
    own = {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}

    assert own - listed - {"README.md", "try.md", "doors/lambda_transcripts.md"} == set()
    for page in own:
        name = page.removesuffix("README.md").removesuffix(".md")
        assert (built / name / "index.html").is_file(), page


def test_every_link_leads_somewhere(built: Path) -> None:
    assert list(dead(built)) == []


def test_nothing_is_loaded_from_elsewhere(built: Path) -> None:
    assert list(elsewhere(built)) == []


def test_pages_are_found_by_what_they_say(built: Path) -> None:
    found = json.loads((built / "search.json").read_text("utf-8"))

    assert any("function_calling" in item["location"] for item in found["items"])


def test_links_of_all_pages_lead_to_files_of_the_project() -> None:
    assert all(linked(page) for page in pages())  # the README's too, which GitHub shows


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text('<a href="gone/">x</a><a href="#no">y</a><img src="https://cdn.example/a.png">')

    assert list(dead(tmp_path)) == ["index.html: gone/", "index.html: #no, no such place"]
    assert list(elsewhere(tmp_path)) == ["index.html: https://cdn.example/a.png"]
    lost = ROOT / "docs" / "no_such_page_of_this_test.md"
    with pytest.raises(FileNotFoundError):
        linked(lost)


def test_a_page_that_points_at_no_file_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.site.pages.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("see [it](gone.md), `[not](a_link.md` and\n\n```text\n[nor](this.md)\n```\n")

    with pytest.raises(ValueError, match=r"page\.md: there is no gone\.md"):
        linked(page)


@pytest.mark.parametrize("fence", ["```mermaid", "  ~~~ mermaid", "````dot", "```plantuml x"])
def test_a_drawing_that_would_be_shown_as_source_is_not_built(fence: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{fence}\na --> b\n")

    with pytest.raises(ValueError, match=r"page\.md: a reader would see the source of a drawing"):
        linked(page)


def test_no_page_of_the_site_shows_a_drawing_as_source(built: Path) -> None:
    shown = [
        page.relative_to(built).as_posix()
        for page in built.rglob("*.html")
        if "language-mermaid" in (text := page.read_text("utf-8")) or "flowchart TD" in text
    ]
    assert shown == []


def test_the_first_page_shows_every_picture_of_the_playground() -> None:
    shown = (DOCS / "README.md").read_text("utf-8")
    pictures = sorted(path.name for path in (DOCS / "images").glob("playground-*.png"))

    assert pictures
    assert [name for name in pictures if f"](images/{name})" not in shown] == []


def test_wheels_for_the_browser_are_all_that_the_base_needs() -> None:
    wanted = browser.requirements().splitlines()

    assert {line.partition("==")[0] for line in wanted} == set(browser.PACKAGES)
    assert browser.needed() == set(browser.PACKAGES)
