"""What a run has used, where processes that cannot talk to each other all look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

PICO = 10**12
"""Money is counted in millionths of a millionth of a dollar: sums of whole numbers are exact."""


class Counts(NamedTuple):
    """Calls, and tokens and money both used and held."""

    model_calls: int = 0
    tool_calls: int = 0
    tokens: int = 0
    pico_usd: int = 0

    def plus(self, other: Counts) -> Counts:
        """Add them up.

        >>> Counts(1, tokens=5).plus(Counts(tool_calls=2, tokens=-3))
        Counts(model_calls=1, tool_calls=2, tokens=2, pico_usd=0)
        """
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))

    def minus(self) -> Counts:
        """Give what takes them back."""
        return Counts(*(-each for each in self))


class Ledger(Protocol):
    """Keeps the counts of runs, each alone and exact however many write at once."""

    async def open(self, run_id: str, counts: Counts) -> None:
        """Begin a run's counts; those that are there already stay."""
        ...

    async def add(
        self, run_id: str, more: Counts, most: Mapping[str, int]
    ) -> tuple[bool, Counts]:  # fmt: skip
        """Add to a run's counts where none of them is above what is allowed.

        Args:
            most: Name of a count to the most that it may be beforehand.

        Returns:
            Whether it was added, and what the counts are.

        Raises:
            RuntimeFailure: The run's counts are not there.
            StoreBusy: Nothing could be done, or be known.
        """
        ...

    async def give_up(self, run_id: str, call: str) -> None:
        """Note that nobody waits for a call any more."""
        ...

    async def is_given_up(self, run_id: str, call: str) -> bool:
        """Tell whether anybody noted that."""
        ...

    async def aclose(self) -> None:
        """Release what it holds."""
        ...
