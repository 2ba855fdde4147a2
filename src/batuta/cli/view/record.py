"""A run's record in the terminal: its head, its tree and its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batuta.cli.view.figures import Figures, said, seconds, usd
from batuta.cli.view.screen import BAD, DIM, HEAD, put, table, tell, text
from batuta.cli.view.streams import safe
from batuta.telemetry import diagram

if TYPE_CHECKING:
    from rich.console import Console

    from batuta.core.record import RunRecord


def show_head(record: RunRecord, console: Console) -> None:
    """Say which run it is and who decided in it."""
    from batuta.styles import label_of

    style = f"style {label_of(record.style)}" if record.style else record.agent
    console.print(text(f"{record.run_id}  {style}", HEAD))
    decided = said(Figures.of([record]).decided)
    console.print(text(f"{record.started_at[:19]} UTC | decided: {decided}", DIM))
    console.print()


def show(record: RunRecord, console: Console) -> None:
    """Draw the run as a tree, and the answer under it."""
    for line in safe(diagram.terminal(record, console.width)).splitlines():
        console.print(text(line), soft_wrap=True)
    tell(console, f"\n{record.text}", "" if record.error is None else BAD)


def show_table(record: RunRecord, console: Console) -> None:
    """Show the run's calls and decisions in rows."""
    numbers = ("tokens", "cost", "time")
    shown = table(console, "decided by", "what", "", *numbers, right=numbers)
    for row in diagram.table(record):
        shown.add_row(
            row.by,
            text("  " * row.depth + row.kind),
            text(row.name, BAD if row.failed else ""),
            "" if row.tokens is None else f"{row.tokens:,}",
            "" if row.cost is None else usd(row.cost),
            "" if row.seconds is None else seconds(row.seconds),
        )
    put(console, shown)
