"""Measures what articles claim of the patterns, and writes docs/claims.md.

make bench-claims ARGS="--only rag parallel"
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from bench.claims import ensemble, parallel, rag, reflection, router
from bench.claims.figures import Line, page

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"
KEPT = Path(__file__).parents[1] / "out" / "claims"
NAMES = ("parallel", "router", "rag", "reflection", "ensemble")


async def measured(chosen: argparse.Namespace) -> None:
    """Measure one after the other, so that none slows another; keep each figure."""
    ways = {
        "parallel": parallel.measure,
        "router": lambda: router.measure(chosen.data, chosen.cheap, chosen.dear),
        "rag": rag.measure,
        "reflection": lambda: reflection.measure(chosen.writer),
        "ensemble": ensemble.measure,
    }
    for name in chosen.only or NAMES:
        line = await ways[name]()
        print(f"{name}: {line.measured}; claim: {line.claim}; holds: {line.holds}", flush=True)
        keep(name, line)


def keep(name: str, line: Line) -> None:
    """Keep a figure, so that one line can be measured anew without the others."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{name}.json").write_text(json.dumps(asdict(line), indent=1), encoding="utf-8")


def kept() -> dict[str, Line]:
    """Read the figures that are kept."""
    files = {name: KEPT / f"{name}.json" for name in NAMES}
    return {
        name: Line(**json.loads(file.read_text(encoding="utf-8")))
        for name, file in files.items()
        if file.exists()
    }


def main() -> None:
    """Read the arguments, measure, write the page."""
    parser = argparse.ArgumentParser(prog="make bench-claims", description="Measure the claims.")
    parser.add_argument("--only", nargs="+", choices=NAMES, help="measure these anew")
    parser.add_argument("--data", type=Path, help="folder with datetime_en.jsonl, for the router")
    parser.add_argument("--cheap", help="a real model for the router's cheap route")
    parser.add_argument("--dear", help="a real model for its dear route")
    parser.add_argument("--writer", help="a real model that writes the programs of reflection")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write")
    chosen = parser.parse_args()
    asyncio.run(measured(chosen))
    lines = kept()
    missing = [name for name in NAMES if name not in lines]
    where: Path = chosen.page
    where.write_text(page(list(lines.values()), missing), encoding="utf-8")
    print(f"Written to {where}." + (f" Not measured yet: {', '.join(missing)}." * bool(missing)))


if __name__ == "__main__":
    main()
