"""Whose call comes next where several people are served at once: drawn from a seed, not by luck."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence


class DrawnTurns:
    """Lets one person's run go on at a time, up to its next call, in an order that a seed draws.

    All their runs are under way at once, and what one reads may be gone when it writes: as it is
    with two who are served at the same time, but the same for the same seed.

    Args:
        people: Who takes part, from the beginning.
        longest_s: How long a call waits at most: a run may wait for what another one holds.
    """

    def __init__(self, people: Sequence[str], seed: str, *, longest_s: float = 30.0) -> None:
        self._left, self._seed, self._longest_s = list(people), seed, longest_s
        self._drawn = 0
        self._changed = asyncio.Condition()
        self._on = self._next()

    @property
    def free(self) -> bool:
        """Whether nobody waits for anybody any more."""
        return not self._left

    def is_on(self, person: str) -> bool:
        """Tell whether a person's run may go on now."""
        return self._on == person

    async def call(self, person: str) -> None:
        """Wait until a person's next call may be made; who takes no part never waits."""
        if person not in self._left:
            return
        async with self._changed:
            if self._on == person:
                self._pass_on()
            try:
                async with asyncio.timeout(self._longest_s):
                    await self._changed.wait_for(lambda: self._may(person))
            except TimeoutError:  # whoever is on waits for this one: from now on all may
                self._left.clear()
                self._changed.notify_all()

    async def begin(self, person: str) -> None:
        """Wait until a person's first turn comes."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._may(person))

    async def end(self, person: str) -> None:
        """Let the others go on: this person has nothing more to say."""
        async with self._changed:
            if person in self._left:
                self._left.remove(person)
            self._pass_on()

    def _may(self, person: str) -> bool:
        return self._on == person or person not in self._left

    def _pass_on(self) -> None:
        self._on = self._next()
        self._changed.notify_all()

    def _next(self) -> str:
        if not self._left:
            return ""
        self._drawn += 1
        told = hashlib.sha256(f"{self._seed}|call {self._drawn}".encode()).digest()
        return self._left[int.from_bytes(told[:8]) % len(self._left)]
