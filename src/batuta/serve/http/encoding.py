"""JSON as it leaves the house: always valid, whatever a tool or a model has put into it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encoded(content: Any) -> bytes:
    """Write JSON in plain ASCII; what JSON cannot hold (NaN, infinity) becomes null."""
    try:
        return _STRICT.encode(content).encode("ascii")
    except ValueError:
        loose = _LOOSE.encode(content)
        return _STRICT.encode(json.loads(loose, parse_constant=lambda _: None)).encode("ascii")


def shortened(text: str, most: int = 200) -> str:
    """Cut a text that is longer than it may be."""
    return text if len(text) <= most else text[: most - 1] + "…"


def _other(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType]
    return str(value)


# In ASCII, because half a surrogate pair has no other form in UTF-8.
_STRICT, _LOOSE = (
    json.JSONEncoder(allow_nan=allow_nan, default=_other, separators=(",", ":"))
    for allow_nan in (False, True)
)
