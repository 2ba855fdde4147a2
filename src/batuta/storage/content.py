"""What a store has kept, read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from batuta.errors import ConfigError

_T = TypeVar("_T")


def content_of(read: Callable[[], _T], what: str) -> _T:
    """Read what a store has kept.

    Args:
        read: Makes it of what was kept.
        what: What it is and where it lies, for the error.

    Raises:
        ConfigError: It is damaged, or of another version.
    """
    try:
        return read()
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        fault = f"{what} cannot be read ({type(error).__name__}: {error})"
        mend = "It was damaged, or written by another version of batuta: delete it, or update."
        raise ConfigError(fault, mend) from error
