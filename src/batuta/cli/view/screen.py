"""Where a command writes for people: rich consoles that know pipes and small terminals."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.box import ASCII, SIMPLE_HEAD, Box
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from batuta.cli.view.streams import safe

DIM = "dim"
HEAD = "bold"
GOOD = "green"
BAD = "bold red"
_NARROWEST = 20
_WIDEST = 1_000


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


def hang(console: Console, label: Text, body: Text, *, indent: int = 6) -> None:
    """Print a text beside its label, its further lines under its own beginning.

    Args:
        indent: Columns before the text; the label stands at their right end.
    """
    lead = " " * max(indent - label.cell_len - 2, 0)
    for line in body.wrap(console, max(console.width - indent, _NARROWEST)) or [Text()]:
        line.rstrip()
        console.print(Text.assemble(lead, label, "  ", line), soft_wrap=True)
        label, lead = Text(), " " * (indent - 2)


def table(
    console: Console, *columns: str, right: Sequence[str] = (), whole: Sequence[str] = ()
) -> Table:
    """Make an empty table.

    Args:
        right: Columns of figures, which stand to the right.
        whole: Further columns that are never broken.
    """
    made = Table(
        box=box_of(console),
        header_style=HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in right else "left",
            overflow="fold",
            no_wrap=column in right or column in whole,
        )
    return made


def put(console: Console, shown: Table) -> None:
    """Print a table; as blocks where it does not fit, in a pipe without spaces at line ends."""
    wide = console.options.update(width=_WIDEST)
    if Measurement.get(console, wide, shown).minimum > console.width:
        _put_blocks(console, shown)
    elif console.is_terminal:
        console.print(shown)
    else:
        with console.capture() as caught:
            console.print(shown)
        for line in caught.get().splitlines():
            print(line.rstrip(), file=console.file)


def put_commands(console: Console, commands: Sequence[str]) -> None:
    """Print the commands that install what is missing, each once and unbroken, to be copied."""
    wanted = list(dict.fromkeys(filter(None, commands)))
    if wanted:
        console.print(text("\nTo install what is missing", HEAD))
    for command in wanted:
        console.print(text(f"  {command}"), soft_wrap=True)


def _put_blocks(console: Console, shown: Table) -> None:
    heads = [str(column.header) for column in shown.columns]
    for row in zip(*(column.cells for column in shown.columns), strict=True):
        for head, cell in zip(heads, row, strict=True):
            value = cell if isinstance(cell, Text) else text(str(cell))
            if value.plain.strip():
                label = text(f"{head}:", DIM) if head else Text()
                hang(console, label, value, indent=max(cell_len(h) for h in heads) + 3)
        console.print()


def tell(console: Console, words: str, style: str = "") -> None:
    """Print a text, wrapped in a terminal; into a pipe or file with its lines as they are."""
    if console.is_terminal:
        console.print(text(words, style))
    else:
        print(safe(words), file=console.file)
