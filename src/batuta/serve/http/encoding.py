"""JSON as it leaves the house: always valid, whatever a tool or a model has put into it."""

from __future__ import annotations

import json
from typing import Any

from batuta.core.result import json_text, result_data


def encoded(content: Any) -> bytes:
    """Write JSON in plain ASCII; what JSON cannot hold (NaN, infinity) becomes null."""
    try:
        return _STRICT.encode(content).encode("ascii")
    except (TypeError, ValueError, RecursionError):
        loose = json_text(content)
        return _STRICT.encode(json.loads(loose, parse_constant=lambda _: None)).encode("ascii")


def shortened(text: str, most: int = 200) -> str:
    """Cut a text that is longer than it may be."""
    return text if len(text) <= most else text[: most - 1] + "…"


# In ASCII, because half a surrogate pair has no other form in UTF-8.
_STRICT = json.JSONEncoder(allow_nan=False, default=result_data, separators=(",", ":"))
