"""Server-sent events from bytes, cut wherever the network cut them.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator
from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINES = re.compile(rb"\r\n|\n|\r")


class ServerEvent(NamedTuple):
    """One event.

    Args:
        closed: Whether the blank line after it came: else it may be half of one.
    """

    name: str
    data: bytes
    closed: bool


async def events(pieces: AsyncIterable[bytes]) -> AsyncIterator[ServerEvent]:
    """Give each event that has data; comments, ids and pauses are left out."""
    rest = b""
    begun = False
    async for piece in pieces:
        rest += piece
        if not begun:
            begun, rest = True, rest.removeprefix(_BOM)
        if rest.endswith(b"\r"):  # half of a line's end, perhaps
            continue
        *whole, rest = _BLANK.split(rest)
        for block in whole:
            name, data = _event(block)
            if data:
                yield ServerEvent(name, data, closed=True)
    *whole, rest = _BLANK.split(rest)
    for block in (*whole, rest):
        name, data = _event(block)
        if data:
            yield ServerEvent(name, data, closed=block is not rest)


def _event(block: bytes) -> tuple[str, bytes]:
    if block.startswith(b"data: ") and b"\n" not in block and b"\r" not in block:
        return "", block[6:]
    if block.lstrip()[:1] == b"{":  # an error that nobody put into an event
        return "", block
    name, data = "", list[bytes]()
    for line in _LINES.split(block):
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"data":
            data.append(value)
        elif key == b"event":
            name = value.decode("utf-8", "replace")
    return name, b"\n".join(data)
