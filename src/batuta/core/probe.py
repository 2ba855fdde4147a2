"""What can say whether it works by doing it."""

from __future__ import annotations

from typing import Protocol


class Probe(Protocol):
    """A store, or whatever else an App stands on, that can be tried without a trace."""

    async def probe(self) -> None:
        """Read and write, really, and change nothing that anybody sees.

        Raises:
            BatutaError: It does not work now.
        """
        ...
