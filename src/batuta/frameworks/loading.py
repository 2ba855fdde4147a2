"""Imports a framework before it is needed, or says what installs it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Collection
from functools import partial
from importlib import import_module

from batuta.core.garbage import uncollected
from batuta.errors import missing_extra


async def load(
    module: str,
    *,
    what: str,
    extra: str,
    library: Collection[str],
    work: Callable[[], object] | None = None,
) -> None:
    """Import in a thread, once: others are at work meanwhile.

    Args:
        module: Ours that imports it.
        what: The framework, as an error names it.
        extra: What installs it.
        library: Its top modules; another one that is missing is somebody else's fault.
        work: Imports the module, and does what else is slow; None imports it alone.

    Raises:
        ConfigError: It is not installed.
    """
    if module in sys.modules:
        return

    def loaded() -> None:
        with uncollected():
            (work or partial(import_module, module))()

    try:
        await asyncio.to_thread(loaded)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in library:
            raise
        raise missing_extra(f"{what} is not installed", extra) from error
