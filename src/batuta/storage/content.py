"""What a store has kept, read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from batuta.errors import StoreUnusable

_T = TypeVar("_T")


def content_of(read: Callable[[], _T], what: str, where: str) -> _T:
    """Read what a store has kept.

    Args:
        read: Makes it of what was kept.
        what: What it is, for the error.
        where: Where it lies, which whoever keeps it is told.

    Raises:
        StoreUnusable: It is damaged, or of another version.
    """
    try:
        return read()
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        fault = f"cannot be read ({type(error).__name__}: {error})"
        mend = "It was damaged, or written by another version of batuta: delete it, or update."
        damaged = StoreUnusable(what, fault, mend)
        damaged.add_note(f"In {where}")
        raise damaged from error
