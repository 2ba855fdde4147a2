"""The project's pages and the code blocks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`]*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: language, the words after it, text, and the line on which the text starts."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int


def pages() -> list[Path]:
    """README, CONTRIBUTING and everything under docs."""
    tops = [p for name in ("README.md", "CONTRIBUTING.md") if (p := ROOT / name).exists()]
    return [*tops, *sorted((ROOT / "docs").rglob("*.md"))]


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(text: str) -> Iterator[Block]:
    """All fenced blocks of a page, in order; a block in a list may be indented."""
    lines = text.splitlines()
    at = 0
    while at < len(lines):
        opened = FENCE.match(lines[at])
        at += 1
        if not opened:
            continue
        start, indent, fence = at, len(opened["indent"]), opened["fence"]
        while at < len(lines) and lines[at].strip() != fence:
            at += 1
        language, *words = opened["info"].split() or [""]
        inner = "".join(f"{line[indent:]}\n" for line in lines[start:at])
        yield Block(language, tuple(words), inner, start + 1)
        at += 1
