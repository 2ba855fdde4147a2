"""The reference tells of every public name, with an example that uses it, and is today's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.site import tables
from scripts.site.reference import PACKAGES, offered, package_of, with_docstrings
from tests.docs.pages import ROOT, blocks

FOLDER = ROOT / "docs/reference"
PYTHON = FOLDER / "python"
IMPORT = re.compile(r"^from .* import .*$", re.M)
SECTION = re.compile(r"^## `(\w+)`$", re.M)


def sections(page: Path) -> dict[str, str]:
    """Each name of a page and what stands under its heading."""
    _, *parts = SECTION.split(page.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def without_example(told: dict[str, str]) -> list[str]:
    """Names whose section has no block of Python that runs and names them."""
    return [
        name
        for name, text in told.items()
        if not any(
            block.language == "python"
            and not block.words
            and re.search(rf"\b{name}\b", IMPORT.sub("", block.text))
            for block in blocks(text)
        )
    ]


@pytest.mark.parametrize("package", ["batuta", *PACKAGES.values()])
def test_every_public_name_stands_in_the_reference_once(package: str) -> None:
    pages = [page for page in sorted(PYTHON.glob("*.md")) if package_of(page) == package]
    told = [name for page in pages for name in sections(page)]

    assert sorted(told) == sorted(offered(package))


def test_a_page_that_tells_of_a_name_that_is_not_offered_is_not_built(tmp_path: Path) -> None:
    page = tmp_path / "reference/python/testing.md"
    page.parent.mkdir(parents=True)
    page.write_text("## `talk`\n\n## `App`\n")

    with pytest.raises(ValueError, match=r"tells of App, which batuta\.testing does not offer"):
        with_docstrings(tmp_path)


@pytest.mark.parametrize("page", sorted(PYTHON.glob("*.md")), ids=lambda p: p.stem)
def test_every_name_has_an_example_that_uses_it(page: Path) -> None:
    assert without_example(sections(page)) == []


def test_a_name_that_is_only_imported_has_no_example() -> None:
    used = "\n```python\nfrom batuta import A\nassert A()\n```\n"
    told = {"A": used, "B": "\n```python\nfrom batuta import B\n```\n", "C": "words"}

    assert without_example(told) == ["B", "C"]


@pytest.mark.parametrize("name", tables.PAGES)
def test_pages_made_from_the_code_are_todays(name: str) -> None:
    made = (FOLDER / f"{name}.md").read_text("utf-8")

    assert made == tables.PAGES[name](), "run: python -m scripts.site.tables"
