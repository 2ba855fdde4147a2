"""The reference: of each public name the docstring, put under the name's heading in its page."""

from __future__ import annotations

import re
from pathlib import Path

PYTHON = "reference/python"
_HEADING = re.compile(r"^## `(?P<name>\w+)`$", re.M)


def with_docstrings(pages: Path) -> None:
    """Put what stands in the code under each heading of the reference, in the pages laid out."""
    import batuta

    for page in sorted((pages / PYTHON).glob("*.md")):
        text = page.read_text("utf-8")
        page.write_text(_HEADING.sub(lambda m: _told(m, batuta.__all__), text), "utf-8")


def _told(heading: re.Match[str], offered: list[str]) -> str:
    name = heading["name"]
    if name not in offered:
        raise ValueError(f"The reference tells of {name}, which batuta does not offer")
    return f"{heading[0]}\n\n::: batuta.{name}\n"
