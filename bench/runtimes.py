"""What placement costs: each runtime beside the bare engine under it, in the same run.

Run: ``make bench``. The machine may be shared: compare the ratios, which are taken round by round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bench.runtimes_durable import measure as measure_durable
from bench.runtimes_grpc import measure as measure_grpc
from bench.timing import Row

PARTS: Sequence[Callable[[], Awaitable[list[Row]]]] = (measure_grpc, measure_durable)
"""One for each runtime; each gives its rows."""


async def main() -> None:
    """Measure and print."""
    for part in PARTS:
        for row in await part():
            print(row)


if __name__ == "__main__":
    asyncio.run(main())
