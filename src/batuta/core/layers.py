"""How layers are put around the four things that an agent can do through its Run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from batuta.core.run import Doing, Handlers, Op

OpT = TypeVar("OpT", bound=Op)
Proceed = Callable[[OpT], Doing[Any]]
"""What a layer calls to go on: the next layer, or the thing itself."""


def wrap(layers: Sequence[object], innermost: Handlers) -> Handlers:
    """Put layers around the real calls, the first outermost.

    A layer is any object with one or more of the methods ``ask``, ``use``, ``call``, ``step``, each
    taking the op and what to go on with: ``async def use(self, op, proceed)``. A kind that a layer
    does not name passes it by at no cost.
    """
    made: list[Any] = []
    for kind, real in zip(Handlers._fields, innermost, strict=True):
        outermost: Any = real
        for layer in reversed(layers):
            method = getattr(layer, kind, None)
            if method is not None:
                outermost = partial(method, proceed=outermost)
        made.append(outermost)
    return Handlers(*made)
