"""Imports a framework before it is needed, or says what installs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from batuta.core.garbage import uncollected
from batuta.errors import missing_extra


async def load(
    work: Callable[[], object], *, what: str, extra: str, library: Collection[str]
) -> None:
    """Import in a thread: others are at work meanwhile.

    Args:
        work: Imports it.
        what: The framework, as an error names it.
        extra: What installs it.
        library: Its top modules; another one that is missing is somebody else's fault.

    Raises:
        ConfigError: It is not installed.
    """

    def loaded() -> None:
        with uncollected():
            work()

    try:
        await asyncio.to_thread(loaded)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in library:
            raise
        raise missing_extra(f"{what} is not installed", extra) from error
