"""The commands' help as it stands in the pages; run as a script, writes the present one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

from tests.docs.pages import Block, blocks, pages

COMMAND = re.compile(r"^\$ batuta\b(?P<words>.*--help)$")


def help_blocks(text: str) -> Iterator[tuple[Block, str]]:
    """Console blocks that show a command's help, with the command's words."""
    for block in blocks(text):
        if block.language == "console":
            shown = COMMAND.match(block.text.partition("\n")[0])
            if shown:
                yield block, shown["words"].strip()


@cache
def present_help(words: str) -> str:
    """What the command says today, at 80 columns and without colour."""
    plain = {"COLUMNS": "80", "TERMINAL_WIDTH": "80", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(
        [sys.executable, "-c", "from batuta.cli import main; main()", *shlex.split(words)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **plain, "PYTHONIOENCODING": "utf-8"},
    )
    return tidy(done.stdout)


def tidy(text: str) -> str:
    """Without blank lines around and spaces at line ends, which Markdown editors remove."""
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines()).strip("\n")


def rewritten(text: str) -> str:
    """The page with the present help in every such block."""
    lines = text.splitlines(keepends=True)
    for block, words in reversed(list(help_blocks(text))):
        first = block.line  # the line after the command
        shown = "".join(f"{line}\n" for line in present_help(words).splitlines())
        lines[first : first + block.text.count("\n") - 1] = [shown]
    return "".join(lines)


if __name__ == "__main__":
    for page in pages():
        before = page.read_text()
        if (after := rewritten(before)) != before:
            page.write_text(after)
            sys.stdout.write(f"{page}\n")
