"""The claims of the compositions, which ``bench.claims`` measures, as rows and sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.claims.figures import Line
from bench.evidence.finding import Finding, Study, Verdict

ROWS: Mapping[str, int] = {
    "Parallel": 31, "Router": 32, "RAG": 34, "Reflection": 35, "Ensemble": 37,
}  # fmt: skip


def findings(lines: Sequence[Line]) -> Sequence[Finding]:
    """Make a row of each claim."""
    return [
        Finding(
            number=ROWS[each.pattern],
            measure=f"{each.claim}; simulated: {each.simulated}",
            figure=each.measured,
            model="see below",
            verdict=_verdict(each.holds),
            note=each.holds,
        )
        for each in lines
    ]


def studies(lines: Sequence[Line]) -> Sequence[Study]:
    """Make a section of each claim, with its workload and details."""
    return [
        Study(
            title=each.pattern,
            words=[each.workload, f"Repeats: {each.repeats}."],
            head=("what", "figure") if each.details else (),
            rows=[tuple(row) for row in each.details],
        )
        for each in lines
    ]


def _verdict(holds: str) -> Verdict:
    if holds.startswith("it follows from"):
        return "assumed"
    if "yes" in holds:
        return "in part" if "no" in holds.replace("not surely", "no") else "holds"
    return "does not hold"
