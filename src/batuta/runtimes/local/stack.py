"""How what stands around an agent's doings is put together: flat where it can be."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.core.layers import wrap
from batuta.core.run import Handlers
from batuta.runtimes.local.flat import STANDS_FOR, FlatPath


def stacked(layers: Sequence[object], real: Handlers) -> Handlers:
    """Put layers around the real calls, the first outermost.

    The usual ones, in their usual order, become one flat path; layers of one's own may stand around
    or inside of them. In any other order, or where one is missing, each is wrapped around the next.
    """
    kinds = tuple(type(layer) for layer in layers)
    for first in range(len(kinds) - len(STANDS_FOR) + 1):
        after = first + len(STANDS_FOR)
        if kinds[first:after] == STANDS_FOR:
            inside = FlatPath(wrap(layers[after:], real))
            return wrap(layers[:first], inside.handlers())
    return wrap(layers, real)
