"""The table that compares: who decided, calls, tokens, money, time."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from batuta.cli.view.figures import Figures, said, seconds, usd
from batuta.cli.view.screen import table

_NUMBERS = ("model+tool", "tokens", "cost", "time")


def totals(
    console: Console, rows: Sequence[tuple[Text, Figures, Text | None]], last: str = ""
) -> Table:
    """Make the table.

    Args:
        rows: Label, figures, and what stands in the last column.
        last: Head of the last column; empty for none.
    """
    columns = ["style", "who decided", *_NUMBERS, *([last] if last else [])]
    made = table(console, *columns, right=_NUMBERS)
    for label, figures, more in rows:
        made.add_row(
            label,
            said(figures.decided),
            f"{figures.model_calls}+{figures.tool_calls}",
            f"{figures.usage.total_tokens:,}",
            usd(figures.cost),
            seconds(figures.seconds),
            *([more or ""] if last else []),
        )
    return made
