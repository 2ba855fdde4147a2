"""Compare every account of runs, cell by cell of the matrix, and write the page.

Run: ``make agreement``, or ``python -m scripts.agreement``. It takes some minutes; a test runs a
slice of it, and says where the page is not of today's matrix.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from batuta.core.clock import machine_time
from tests.contract.agreement import PATTERNS, READ, TROUBLES, Cell, Counts, bench, cells, counted
from tests.contract.durable_hosts import durable_house
from tests.contract.hosts import HOSTS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/agreement.md"
RUNTIMES = {"local": "local", "grpc-each": "gRPC", "durable": "durable", "lambda": "Lambda"}
Results = Mapping[Cell, Counts]
BEGINS = "## "
"""Opens the part of the page that is made."""


async def measured() -> dict[Cell, Counts]:
    """Run every cell, one after the other."""
    found: dict[Cell, Counts] = {}
    with tempfile.TemporaryDirectory() as folder:
        async with bench() as shared, durable_house(Path(folder) / "durable.db") as house:
            hosts = {**HOSTS, "durable": house.host}
            for cell in cells(PATTERNS, tuple(RUNTIMES)):
                found[cell] = await counted(cell, hosts[cell.runtime], shared)
                if found[cell].verdict != "=":
                    print(f"{found[cell].verdict:8} {cell}: {found[cell]}", flush=True)
    return found


def tables(found: Results, day: str) -> str:
    """Write the page's part that is made of results."""
    served = sum(sum(counts.server) for counts in found.values())
    told = sum(sum(counts.record) for counts in found.values())
    return (
        f"{BEGINS}{len(found)} runs on {day}\n\n"
        f"The stand-in gave {served:,} tokens, and each account has {told:,}.\n\n"
        f"{_table('pattern', PATTERNS, found)}\n"
        f"{_table('trouble', TROUBLES, found)}\n"
        f"{_table('read', READ, found)}"
    )


def _table(field: str, rows: tuple[str, ...], found: Results) -> str:
    lines = [f"| {field} | {' | '.join(RUNTIMES.values())} |", f"|---|{'---|' * len(RUNTIMES)}"]
    for row in rows:
        counted_cells = [
            Counter(
                counts.verdict
                for cell, counts in found.items()
                if getattr(cell, field) == row and cell.runtime == runtime
            )
            for runtime in RUNTIMES
        ]
        name = row.upper() if len(row) == 1 else row
        lines.append(f"| {name} | {' | '.join(map(_shown, counted_cells))} |")
    return "\n".join(lines) + "\n"


def _shown(verdicts: Counter[str]) -> str:
    return ", ".join(
        f"{count} {verdict}" for verdict, count in sorted(verdicts.items(), reverse=True)
    )


def main() -> None:
    """Run the matrix, and write the page; fail where accounts differ."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    found = asyncio.run(measured())
    prose, _, _ = PAGE.read_text().partition(BEGINS)
    PAGE.write_text(prose + tables(found, f"{machine_time():%Y-%m-%d}"))
    wrong = [str(cell) for cell, counts in found.items() if counts.verdict not in {"=", "?"}]
    if wrong:
        sys.exit("\n".join(["Accounts differ:", *wrong]))


if __name__ == "__main__":
    main()
