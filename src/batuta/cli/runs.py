"""``batuta runs``: what was run here, newest first."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from batuta.cli.command import Home, Json, User
from batuta.cli.figures import Figures, seconds, turn_json, usd
from batuta.cli.opening import principal_for, settings_for
from batuta.cli.records import list_runs
from batuta.core.record import RunRecord

_QUESTION = 60


@dataclass(frozen=True, kw_only=True)
class RunsOptions:
    """What ``batuta runs`` takes."""

    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most runs to list.")] = 20
    user: User = ""
    json: Json = False
    home: Home = None


def runs(options: RunsOptions) -> None:
    """List the runs kept here, newest first."""
    settings, principal = settings_for(options.home), principal_for(options.user)
    found = asyncio.run(list_runs(settings, principal.id, options.limit))
    if options.json:
        shown = [
            {
                **turn_json(record.question.text, record),
                "session_id": record.session_id,
                "app": record.app,
                "started_at": record.started_at,
            }
            for record in found
        ]
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    elif not found:
        print(f"No runs in {settings.database} yet. Make some: batuta demo")
    else:
        _show(found)


def _show(found: Sequence[RunRecord]) -> None:
    from batuta.cli.screen import BAD, DIM, put, screen, table, text

    console = screen()
    numbers = ("tokens", "cost", "time")
    shown = table(console, "run", "", "request", *numbers, right=numbers, whole=["run"])
    for record in found:
        figures = Figures.of([record])
        request = text(_cropped(record.question.text))
        if record.stop_reason != "done":
            request.append(f"  {record.stop_reason}", BAD)
        shown.add_row(
            text(f"{record.run_id}\n{_when(record)}", DIM),
            record.style.upper(),
            request,
            f"{figures.usage.total_tokens:,}",
            usd(figures.cost),
            seconds(figures.seconds),
        )
    put(console, shown)


def _when(record: RunRecord) -> str:
    return f"{datetime.fromisoformat(record.started_at):%Y-%m-%d %H:%M} UTC"


def _cropped(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _QUESTION else f"{line[: _QUESTION - 1]}…"
