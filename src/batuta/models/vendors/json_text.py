"""JSON as it is sent and as it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast


def encoded(body: Mapping[str, Any]) -> bytes:
    """Write JSON; half characters, which no vendor takes, are replaced."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return whole_text(text).encode()


def whole_text(text: str) -> str:
    """Replace halves of characters, and put two that belong together into one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_value(value: Any) -> Any:
    """Replace halves of characters in all texts of JSON-able data; the rest stays as it is."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return whole_text(value)
        return value
    if isinstance(value, Mapping):
        held = cast("Mapping[str, Any]", value)
        return {whole_value(key): whole_value(each) for key, each in held.items()}
    if isinstance(value, list | tuple):
        return [whole_value(each) for each in cast("list[Any]", value)]
    return value


def parsed(data: bytes) -> object:
    """Read JSON; a byte order mark is passed over, and bytes that are no text are replaced.

    Raises:
        ValueError: It is none.
    """
    try:
        return json.loads(data)
    except UnicodeDecodeError:
        return json.loads(data.decode("utf-8-sig", "replace"))
