"""Puts events into bytes: server-sent events, and AWS's binary event stream."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any

_TEXT_HEADER = 7


def json_bytes(content: Any) -> bytes:
    """Write JSON as the vendors do, in UTF-8; half a surrogate pair goes out escaped."""
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def sse(payload: Mapping[str, Any], name: str = "") -> bytes:
    """Write one server-sent event.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2025-11.
    """
    head = f"event: {name}\n".encode() if name else b""
    return head + b"data: " + json_bytes(payload) + b"\n\n"


def event_stream(name: str, payload: Mapping[str, Any], *, exception: bool = False) -> bytes:
    """Write one message of ``application/vnd.amazon.eventstream``.

    Total length, headers' length and their CRC; headers; payload; CRC of all before it.

    Source: https://smithy.io/2.0/aws/amazon-eventstream.html, read 2025-11.
    """
    kind = "exception" if exception else "event"
    headers = (
        _header(f":{kind}-type", name)
        + _header(":content-type", "application/json")
        + _header(":message-type", kind)
    )
    body = json_bytes(payload)
    prelude = struct.pack(">II", len(headers) + len(body) + 16, len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(f">B{len(key)}sBH", len(key), key, _TEXT_HEADER, len(text)) + text
