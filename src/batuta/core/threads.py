"""Work beside the event loop: in a thread, or at once where the platform has no threads."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")
_WITHOUT = frozenset({"emscripten", "wasi"})


def has_threads() -> bool:
    """Whether this platform can start a thread; a browser's WebAssembly cannot."""
    return sys.platform not in _WITHOUT


async def in_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do work in a thread, or here and now where there are none."""
    if has_threads():
        return await asyncio.to_thread(work, *args, **kwargs)
    return work(*args, **kwargs)
