"""How a comparison is shown: its progress on standard error, its figures, and its files."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from batuta.cli.exit_codes import WORSE
from batuta.lab.measures import cells
from batuta.lab.report import report_html, report_markdown
from batuta.lab.results import OFFLINE, WEAK_NOTE, comparison_text
from batuta.lab.tables import HEADS, comparison_csv, row_of

if TYPE_CHECKING:
    from batuta.lab.plan import ComparisonPlan
    from batuta.lab.regression import Regression
    from batuta.lab.results import Comparison, Sample
    from batuta.lab.runner import ToldOf

_PARTS = 10


@contextmanager
def progress(plan: ComparisonPlan) -> Generator[ToldOf]:
    """Tell on standard error how far it is: in a terminal at once, else a line each tenth."""
    watched = sys.stderr.isatty()
    told = 0
    first = True

    def tell(done: int, size: int, latest: Sample) -> None:
        nonlocal told, first
        if first and done > 1:
            print(f"goes on from {done - 1} that were kept", file=sys.stderr)
        first = False
        if watched:
            line = f"{done} of {size}: {latest.subject.name}: {latest.scenario}: {latest.ended}"
            print(f"\r\033[K{line[:_WIDTH]}", end="", file=sys.stderr, flush=True)
        elif done * _PARTS // size > told:
            told = done * _PARTS // size
            print(f"{done} of {size} samples", file=sys.stderr, flush=True)

    print(
        f"{len(plan.subjects)} subjects, {len(plan.scenarios)} scenarios, {plan.repeat} repeats: "
        f"{plan.size} samples",
        file=sys.stderr,
    )
    try:
        yield tell
    finally:
        if watched:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def write(comparison: Comparison, folder: Path) -> Sequence[Path]:
    """Write the report's files into a folder, and give their paths."""
    made = {
        "report.json": comparison_text(comparison),
        "samples.csv": comparison_csv(comparison),
        "report.md": report_markdown(comparison),
        "report.html": report_html(comparison),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def show(comparison: Comparison, files: Sequence[Path]) -> None:
    """Print the figures, and where more of them is."""
    from batuta.cli.view.screen import put, screen, table, text

    console = screen()
    shown = table(console, *HEADS, right=HEADS[1:])
    for fault in comparison.faults:
        for cell in cells(comparison):
            if cell.fault == fault:
                shown.add_row(*(text(each) for each in row_of(cell)))
    put(console, shown)
    if any(each.model != OFFLINE for each in comparison.subjects):
        print("Figures of real models differ from run to run.")
        if any(each.weak for each in comparison.subjects):
            print(WEAK_NOTE)
    else:
        print("The offline model answered: no model's quality is measured here.")
    for path in files:
        print(f"  {path}")


def show_changes(found: Regression, folder: Path) -> None:
    """Print what has changed since the last comparison, write it down, and fail on a drop.

    Raises:
        Exit: Something is surely worse.
    """
    from batuta.lab.report import regression_markdown

    path = folder / "regression.md"
    told = regression_markdown(found)
    path.write_text(told, encoding="utf-8")
    print(f"\n{told}\n  {path}")
    if found.drops:
        raise typer.Exit(WORSE)


_WIDTH = 100
