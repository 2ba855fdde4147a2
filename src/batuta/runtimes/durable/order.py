"""In which order what was recorded is given again: that in which it came."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any

_LONGEST_WAIT_S = 30.0
"""After so long without any news, what an earlier attempt recorded is not waited for any more."""


class Order:
    """The order in which steps end, among those directly below one span.

    Which of several branches was first, or which two of three, is then the same in every attempt.
    What an earlier one has not come to begins only after all beside it, and beside what it is part
    of, that has ended: a branch that lost is not begun anew before it is given up again.

    Args:
        numbers: The recorded steps that were not given up, each with its number.
    """

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._left: dict[str, list[str]] = defaultdict(list)
        self._earlier = {name: _span(name) for name in numbers}
        for name in sorted(numbers, key=numbers.__getitem__):
            self._left[_above(self._earlier[name])].append(name)
        self._last = max(numbers.values(), default=0)
        self._at_work: dict[str, list[str]] = defaultdict(list)
        self._met: set[str] = set()
        self._news = asyncio.Event()

    def number(self, name: str) -> int:
        """Number a step that has ended now; from here on its ``turn`` is due."""
        self._last += 1
        self._left[_above(_span(name))].append(name)
        return self._last

    async def turn(self, name: str) -> None:
        """Wait until all that ended before it, beside it, is given."""
        beside = self._left[_above(_span(name))]
        try:
            await self._until(lambda: name not in beside or beside[0] == name)
        finally:
            self.given(name)

    async def caught_up(self, span: str) -> None:
        """Wait until nothing recorded is left that ended beside what is to begin."""
        await self._until(lambda: not any(_is_beside(s, span) for s in self._earlier.values()))

    def given(self, name: str) -> None:
        """Wait for a step no more."""
        self._earlier.pop(name, None)
        beside = self._left[_above(_span(name))]
        if name in beside:
            beside.remove(name)
            self._tell()

    def drop(self, span: str) -> None:
        """Wait no more for anything at or below a span: it is given up."""
        for name, at in list(self._earlier.items()):
            if at == span or at.startswith(f"{span}."):
                self.given(name)

    @contextmanager
    def at_work(self, span: str) -> Generator[None]:
        """Note what is at work directly below one span."""
        beside = self._at_work[_above(span)]
        beside.append(span)
        if len(beside) > 1:
            self._met.update(beside)
        try:
            yield
        finally:
            beside.remove(span)

    def was_alone(self, span: str) -> bool:
        """Tell whether nothing else was ever at work beside it."""
        return span not in self._met

    async def _until(self, there: Callable[[], Any]) -> None:
        while not there():
            try:
                async with asyncio.timeout(_LONGEST_WAIT_S):
                    await self._news.wait()
            except TimeoutError:  # this attempt went another way, as after a change of the App
                for name in list(self._earlier):
                    self.given(name)

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _span(name: str) -> str:
    return name.partition(" ")[2].partition("#")[0]


def _above(span: str) -> str:
    return span.rpartition(".")[0]


def _is_beside(ended: str, span: str) -> bool:
    """Tell whether a step ended beside another one, or beside what that is part of.

    >>> [_is_beside(ended, "1.2.3") for ended in ("1.1", "1.2.1", "1.2", "1.1.1", "1.2.3.1")]
    [True, True, False, False, False]
    """
    above = _above(ended)
    inside = not above or span.startswith(f"{above}.")
    return inside and span != ended and not span.startswith(f"{ended}.")
