"""Runs the Python of a page: all its blocks in order, as one program."""

from __future__ import annotations

import runpy
from pathlib import Path

from tests.docs.pages import blocks

REASON = "# Not run: "


def faults(text: str) -> list[str]:
    """Blocks that would escape the test without saying why, or by another name of the language."""
    said: list[str] = []
    for block in blocks(text):
        if block.language in {"py", "python3", "pycon"}:
            said.append(f"line {block.line}: write ```python, not ```{block.language}")
        elif block.language == "python" and block.words not in {(), ("no-run",)}:
            said.append(f"line {block.line}: unknown mark {' '.join(block.words)}")
        elif block.language == "python" and block.words and not block.text.startswith(REASON):
            said.append(f"line {block.line}: open a no-run block with '{REASON}<reason>'")
    return said


def program(text: str) -> str:
    """The page's blocks as one file in which every line keeps its number."""
    lines: list[str] = []
    for block in blocks(text):
        if block.language == "python" and not block.words:
            lines += [""] * (block.line - 1 - len(lines))
            lines += block.text.splitlines()
    return "\n".join(lines) + "\n" if lines else ""


def run(text: str, name: str, folder: Path) -> None:
    """Run a page as a script named after it; what a block raises reaches the caller."""
    script = folder / name.replace("/", "__")
    script.write_text(program(text))
    runpy.run_path(str(script), run_name="__main__")
