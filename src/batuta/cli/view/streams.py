"""The process's streams: any encoding, any text, a reader that goes away."""

from __future__ import annotations

import codecs
import os
import re
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

LIKE = {
    "·": "|", "→": "->", "←": "<-", "…": "...", "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"',
    "”": '"', "✓": "ok", "✗": "x", "•": "*", "│": "|", "─": "-", "▸": ">", "▶": ">",
    "◀": "<", "├": "|", "└": "`", "┤": "|", "┌": "+", "┐": "+", "┘": "+", "┬": "+", "┴": "+",
    "┼": "+", "é": "e", "è": "e",
}  # fmt: skip
BROKEN_PIPE = 1
_HANDLER = "batuta.like"
_SEQUENCE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-_])")


def prepare(*streams: TextIO) -> None:
    """Let the streams take any text: what they cannot show is replaced by what looks like it."""
    codecs.register_error(_HANDLER, _like)
    for stream in streams:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace" if stream is sys.stdin else _HANDLER)


def _like(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):  # only streams that are written have it
        raise error
    cut = error.object[error.start : error.end]
    return "".join(LIKE.get(c, "?") for c in cut), error.end


def safe(text: str) -> str:
    """Take out what would steer a terminal: escape sequences, and all controls but line ends."""
    return "".join(c for c in _SEQUENCE.sub("", text) if c in "\n\t\xa0" or c.isprintable())


def leave_quietly(code: int) -> int:
    """Write out what waits and give the exit code; a reader that went away is no error to report.

    Args:
        code: The exit code so far.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            code = BROKEN_PIPE
            with suppress(OSError, ValueError):  # nothing more to write to, for the interpreter too
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code
