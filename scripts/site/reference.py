"""The reference: of each public name the docstring, put under the name's heading in its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

PYTHON = "reference/python"
PACKAGES = {
    "errors": "batuta.errors",
    "pytest_plugin": "batuta.testing.pytest_plugin",
    "testing": "batuta.testing",
}
"""Pages that tell of another package than ``batuta`` itself."""
_HEADING = re.compile(r"^## `(?P<name>\w+)`$", re.M)


def package_of(page: Path) -> str:
    """Name the package whose names a page of the reference tells of."""
    return PACKAGES.get(page.stem, "batuta")


def offered(package: str) -> list[str]:
    """Give the names that a package offers."""
    return list(import_module(package).__all__)


def names_in(page: Path) -> Iterator[str]:
    """Give the names that a page tells of, in its order."""
    return (found["name"] for found in _HEADING.finditer(page.read_text("utf-8")))


def with_docstrings(pages: Path) -> None:
    """Put what stands in the code under each heading of the reference, in the pages laid out.

    Raises:
        ValueError: A page tells of a name that its package does not offer.
    """
    for page in sorted((pages / PYTHON).glob("*.md")):
        package = package_of(page)
        if unknown := sorted({*names_in(page)} - {*offered(package)}):
            told = ", ".join(unknown)
            raise ValueError(f"The reference tells of {told}, which {package} does not offer")
        text = page.read_text("utf-8")
        told = _HEADING.sub(rf"\g<0>\n\n::: {package}.\g<name>\n", text)
        page.write_text(told, "utf-8")
