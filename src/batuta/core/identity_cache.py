"""What was made of things that nobody changes, kept while the very same come again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Made = TypeVar("Made")
_MOST = 256


def cached_by_identity(make: Callable[..., Made]) -> Callable[..., Made]:
    """Make once for each row of things that are the very same objects, such as schemas of tools.

    For what has no hash, and is not changed once it is there. The latest few hundred rows are kept,
    with their things.
    """
    kept: dict[tuple[int, ...], tuple[tuple[Any, ...], Made]] = {}

    @wraps(make)
    def cached(*things: Any) -> Made:
        key = tuple(map(id, things))
        found = kept.get(key)
        if found is None:
            if len(kept) >= _MOST:
                kept.clear()
            found = kept[key] = (things, make(*things))  # held, so that no other has their ids
        return found[1]

    return cached
