"""Where a command writes for people: rich consoles that know pipes and small terminals."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from batuta.cli.streams import safe

DIM = "dim"
HEAD = "bold"
GOOD = "green"
BAD = "bold red"


def screen(*, stderr: bool = False) -> Console:
    """Make a console on stdout or stderr as they are now; plain where nobody watches."""
    return Console(
        file=sys.stderr if stderr else sys.stdout, highlight=False, markup=False, emoji=False
    )


def unicode_shown(console: Console) -> bool:
    """Tell whether the console can show more than ASCII."""
    return console.encoding.lower().startswith("utf")


def box_of(console: Console) -> Box:
    """Pick a table's lines by what the console can show."""
    return SIMPLE_HEAD if unicode_shown(console) else ASCII


def text(words: str, style: str = "") -> Text:
    """Make rich text of words that may come from anywhere."""
    return Text(safe(words), style=style)


def hanging(rows: Sequence[tuple[Text, Text]], *, indent: int = 2, label: int = 4) -> Table:
    """Lay out labels with texts beside them, long texts wrapped under their own beginning."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=indent + label, justify="right", no_wrap=True)
    grid.add_column(overflow="fold")
    for left, right in rows:
        grid.add_row(left, right)
    return grid


def table(console: Console, *columns: str, right: Sequence[str] = ()) -> Table:
    """Make an empty table.

    Args:
        right: Columns of figures, which stand to the right.
    """
    made = Table(box=box_of(console), pad_edge=False, header_style=HEAD, show_edge=False)
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column in right,
        )
    return made
