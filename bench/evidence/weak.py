"""How much control a weak model needs: one small enough to run on this machine's own processor."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.lab.measures import cells
from batuta.lab.report.words import estimate_text
from batuta.lab.results import Comparison
from batuta.lab.scenario_file import read_scenarios
from bench.evidence.finding import Finding


def findings(comparison: Comparison) -> Sequence[Finding]:
    """Tell success and false claims of each style."""
    found = cells(comparison)
    told = "; ".join(
        f"{each.subject.style.upper()} {estimate_text(each.success)} right, "
        f"{each.endings.get('lied', 0)} lies, {each.wrong_bookings} wrong bookings"
        for each in found
    )
    models = ", ".join(sorted({each.model for each in comparison.subjects}))
    first, *others = sorted(found, key=lambda each: each.subject.style)
    apart = all(first.success.low > each.success.high for each in others)
    return [
        Finding(
            number=6,
            measure=f"success and false claims over {len(comparison.scenarios)} scenarios, "
            f"{comparison.repeat} each",
            figure=told,
            model=f"{models}: real, and weak",
            verdict="holds" if apart else "not told apart",
            note=f"where a booking was wanted, {_booked(comparison)} succeeded under any style; "
            f"{_late(comparison)} conversations ended at a limit, as the machine was slow",
        )
    ]


def _booked(comparison: Comparison) -> str:
    kinds = {each.name: each.kind for each in read_scenarios("tennis")}
    wanted = [e for e in comparison.samples if kinds[e.scenario] != "no booking wanted"]
    return f"{sum(each.succeeded for each in wanted)} of {len(wanted)}"


def _late(comparison: Comparison) -> int:
    return sum("Budget of" in each.reason for each in comparison.samples)
