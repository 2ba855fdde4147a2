"""The claims of the compositions, which ``make bench-claims`` measures, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.evidence.finding import Finding, Verdict

PAGE = Path(__file__).parents[2] / "docs" / "claims.md"
ROWS: Mapping[str, int] = {
    "Parallel": 31, "Router": 32, "RAG": 34, "Reflection": 35, "Ensemble": 37,
}  # fmt: skip


def findings(page: str) -> Sequence[Finding]:
    """Make a row of each claim that the page of claims tells."""
    table = page.partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return [
        Finding(
            number=ROWS[pattern],
            measure=f"{claim}; simulated: {simulated}",
            figure=measured,
            model="see claims.md",
            verdict=verdict_of(holds),
            note=holds,
        )
        for pattern, claim, measured, holds, simulated in (r for r in rows if r[0] in ROWS)
    ]


def verdict_of(holds: str) -> Verdict:
    """Say in this page's words whether a claim holds."""
    if holds.startswith("it follows from"):
        return "assumed"
    if "yes" in holds:
        return "in part" if "no" in holds.replace("not surely", "no") else "holds"
    return "does not hold"
