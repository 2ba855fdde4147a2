"""What becomes of C and G when one of their processes is killed, and of F in the same place."""

from __future__ import annotations

from collections.abc import Sequence

from batuta.lab.measures import Cell, cells
from batuta.lab.report.words import ENDINGS
from batuta.lab.results import Comparison
from bench.evidence.finding import OFFLINE, Finding, Study, Verdict

KILL = "process-kill"


def findings(comparison: Comparison) -> Sequence[Finding]:
    """Decide the rows that speak of isolation."""
    found = {(each.subject.style, each.fault): each for each in cells(comparison)}
    return [
        Finding(
            number=number,
            measure=f"a process of {style.upper()} is killed in a conversation: how it ends",
            figure=endings(found[style, KILL]),
            model=OFFLINE,
            verdict=most if verdict_of(found[style, KILL]) == "holds" else "does not hold",
            note=note,
        )
        for number, style, most, note in _ROWS
    ]


def study(comparison: Comparison) -> Study:
    """Tell how conversations end under each fault."""
    rows = [
        (each.subject.style.upper(), each.fault or "none", endings(each))
        for each in cells(comparison)
    ]
    return Study(
        title="What survives which fault",
        words=[_WORDS.format(n=len(comparison.scenarios))],
        head=("style", "fault", "how conversations ended"),
        rows=rows,
    )


def endings(cell: Cell) -> str:
    """Say how many ended how."""
    told = [f"{cell.endings[end]} {words}" for end, words in ENDINGS.items() if end in cell.endings]
    return (
        f"{', '.join(told)}; {cell.wrong_bookings} wrong and {cell.double_bookings} double bookings"
    )


def verdict_of(cell: Cell) -> Verdict:
    """Isolated: nothing is lied about, booked wrongly or twice, and what fails says so."""
    bad = cell.endings.get("lied", 0) + cell.endings.get("wrong", 0)
    return "in part" if bad or cell.wrong_bookings or cell.double_bookings else "holds"


_ROWS: Sequence[tuple[int, str, Verdict, str]] = (
    (11, "c", "holds", "tests/e2e/test_placed_kills.py kills each in turn"),
    (24, "g", "in part", "isolation holds; vendors and checks of its own are not counted here"),
)
_WORDS = """\
{n} of the club's scenarios under C, F and G, each fault once in a conversation. A fault that cannot
happen to a style leaves it as it is: F has no process of its own to be killed."""
