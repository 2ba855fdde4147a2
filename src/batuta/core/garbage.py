"""Loading a large library without looking for garbage in it."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from contextlib import contextmanager

_lock = threading.Lock()
_loading: list[bool] = []
"""For each block that lasts, whether garbage was collected when it began."""


@contextmanager
def uncollected() -> Generator[None]:
    """Collect no garbage while the block lasts.

    A library's thousands of classes stay, and the collector would look at all of them again and
    again while they are made: a tenth of the time that large ones take, as measured here.
    """
    with _lock:
        _loading.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            if len(_loading) == 1 and _loading[0]:
                gc.enable()
            _loading.pop()
