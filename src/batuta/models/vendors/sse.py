"""Server-sent events from bytes, cut wherever the network cut them.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (read 2026-11).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator

_BOM = b"\xef\xbb\xbf"
_BLANK = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINES = re.compile(rb"\r\n|\n|\r")


async def events(pieces: AsyncIterable[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    """Give each event's name and data; comments, ids and pauses are left out.

    The last event is given also where the blank line after it is missing.
    """
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
                yield name, data
    for block in _BLANK.split(rest):
        name, data = _event(block)
        if data:
            yield name, data


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
