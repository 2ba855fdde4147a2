"""JSON as it is sent and as it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json


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


def parsed(data: bytes) -> object:
    """Read JSON, with whatever stands before it that is none of it.

    Raises:
        ValueError: It is none.
    """
    try:
        return from_json(data)
    except ValueError:
        return json.loads(data.decode("utf-8-sig", "replace"))
