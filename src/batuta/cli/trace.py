"""``batuta trace``: what happened in one run, and who decided it."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from batuta.cli.command import Home, User
from batuta.cli.opening import principal_for, settings_for
from batuta.cli.records import one_run
from batuta.cli.view.figures import Figures, said, seconds, usd
from batuta.cli.view.streams import safe

if TYPE_CHECKING:
    from rich.console import Console

    from batuta.core.record import RunRecord

Format = Literal["terminal", "table", "mermaid", "plantuml", "json"]


@dataclass(frozen=True, kw_only=True)
class TraceOptions:
    """What ``batuta trace`` takes."""

    run_id: Annotated[str, typer.Argument(metavar="ID", help="Id of a run; last for the newest.")]
    format: Annotated[Format, typer.Option(help="How to show it.")] = "terminal"
    user: User = ""
    home: Home = None


def trace(options: TraceOptions) -> None:
    """Show one run, call by call: who decided it, what it took."""
    settings, principal = settings_for(options.home), principal_for(options.user)
    record = asyncio.run(one_run(settings, principal.id, options.run_id))
    from batuta.cli.view.screen import screen
    from batuta.telemetry import diagram

    match options.format:
        case "json":
            print(json_format.dumps(record.to_json(), indent=2, ensure_ascii=False))
        case "mermaid":
            print(diagram.mermaid(record), end="")
        case "plantuml":
            print(diagram.plantuml(record), end="")
        case "table":
            show_table(record, screen())
        case "terminal":
            console = screen()
            show_head(record, console)
            show(record, console)
            console.print()
            show_table(record, console)


def show_head(record: RunRecord, console: Console) -> None:
    """Say which run it is and who decided in it."""
    from batuta.catalog import label_of
    from batuta.cli.view.screen import DIM, HEAD, text

    style = f"style {label_of(record.style)}" if record.style else record.agent
    console.print(text(f"{record.run_id}  {style}", HEAD))
    decided = said(Figures.of([record]).decided)
    console.print(text(f"{record.started_at[:19]} UTC | decided: {decided}", DIM))
    console.print()


def show(record: RunRecord, console: Console) -> None:
    """Draw the run as a tree, and the answer under it."""
    from batuta.cli.view.screen import BAD, tell, text
    from batuta.telemetry import diagram

    for line in safe(diagram.terminal(record, console.width)).splitlines():
        console.print(text(line), soft_wrap=True)
    tell(console, f"\n{record.text}", "" if record.error is None else BAD)


def show_table(record: RunRecord, console: Console) -> None:
    """Show the run's calls and decisions in rows."""
    from batuta.cli.view.screen import BAD, put, table, text
    from batuta.telemetry import diagram

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
