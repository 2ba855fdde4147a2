"""The site as a test builds it: once a run, for all its workers."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from scripts.site import browser
from scripts.site.build import build
from tests.once import once, run_folder


def pages(factory: pytest.TempPathFactory) -> Path:
    """Give the built site without what "Try it" loads."""
    target = run_folder(factory) / "site"

    def make() -> str:
        build(target, whole=False)
        return str(target)

    return Path(once(factory, "site-pages", make))


def site(factory: pytest.TempPathFactory) -> Path:
    """Give the whole of it."""
    target = pages(factory)

    def make() -> str:
        browser.place(target / browser.PLACE)
        return str(target)

    return Path(once(factory, "site-whole", make))


class Found(HTMLParser):
    """What a page points at, what it loads, and the places in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.places.add(said.get("id", ""))
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag == "link" and said.get("rel") not in {"next", "prev", "canonical"}:
            self.loaded.append(said["href"])
        elif "src" in said:
            self.loaded.append(said["src"])


def dead(site: Path) -> Iterator[str]:
    """Links of the built pages that lead to no file, or to no place in it."""
    read = {page: Found(page) for page in sorted(site.rglob("*.html"))}
    for page, found in read.items():
        if page.name == "404.html":
            continue  # its links are from the root of wherever it is served
        for link in (*found.links, *found.loaded):
            split = urlsplit(link)
            if split.scheme or split.netloc:
                continue
            target = (page.parent / unquote(split.path)).resolve() if split.path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{page.relative_to(site)}: {link}"
            elif target in read and unquote(split.fragment) not in read[target].places | {""}:
                yield f"{page.relative_to(site)}: {link}, no such place"


def elsewhere(site: Path) -> Iterator[str]:
    """What pages would load from other machines."""
    for page in sorted(site.rglob("*.html")):
        for address in Found(page).loaded:
            if urlsplit(address).netloc:
                yield f"{page.relative_to(site)}: {address}"
