"""``batuta trace``: what happened in one run, and who decided it."""

from __future__ import annotations

import asyncio
import json as json_format
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from batuta.cli.command import Home, User
from batuta.cli.opening import principal_for, settings_for
from batuta.cli.records import one_run

Format = Literal["terminal", "table", "mermaid", "plantuml", "svg", "json"]


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
    from batuta.cli.view.record import show, show_head, show_table
    from batuta.cli.view.screen import screen
    from batuta.telemetry import diagram

    match options.format:
        case "json":
            print(json_format.dumps(record.to_json(), indent=2, ensure_ascii=False))
        case "mermaid":
            print(diagram.mermaid(record), end="")
        case "plantuml":
            print(diagram.plantuml(record), end="")
        case "svg":
            from batuta.telemetry.svg import svg

            print(svg(record), end="")
        case "table":
            show_table(record, screen())
        case "terminal":
            console = screen()
            show_head(record, console)
            show(record, console)
            console.print()
            show_table(record, console)
