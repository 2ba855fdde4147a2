"""Which path a run took: the flat one, or one layer after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest

from batuta.core.run import Handlers
from batuta.runtimes.local.flat import STANDS_FOR, FlatPath

DONE = {
    "a": ("call", "ask"),
    "b": ("call", "ask", "use"),
    "d": ("call", "ask", "use"),
    "e": ("call", "ask", "use"),
    "f": ("call", "ask", "use"),
}
"""What each style that needs no service does when a court is asked for."""


def watched(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count what is done on the flat path, and by layers, of runtimes that are made from now on."""
    taken: Counter[str] = Counter()

    def counted(where: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def counts(*given: Any, **more: Any) -> Any:
            taken[where] += 1
            return method(*given, **more)

        return counts

    for kind in (FlatPath, *STANDS_FOR):
        for name in Handlers._fields:
            method = getattr(kind, name, None)
            if method is not None:
                where = f"flat {name}" if kind is FlatPath else f"{kind.__name__}.{name}"
                monkeypatch.setattr(kind, name, counted(where, method))
    return taken


def only_flat(taken: Counter[str], *kinds: str) -> bool:
    """Tell whether these kinds of things were done, and everything on the flat path."""
    return {f"flat {kind}" for kind in kinds} <= set(taken) and all(
        where.startswith("flat ") for where in taken
    )
