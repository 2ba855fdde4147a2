"""``batuta runs``: what was run here, newest first."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batuta.cli.command import Home, Json, User
from batuta.cli.opening import principal_for, settings_for
from batuta.cli.records import list_runs, open_runs
from batuta.cli.view.figures import Figures, seconds, turn_json, usd
from batuta.core.record import RunRecord
from batuta.errors import called

if TYPE_CHECKING:
    from batuta.runtimes.durable import Seen

_QUESTION = 60


@dataclass(frozen=True, kw_only=True)
class RunsOptions:
    """What ``batuta runs`` takes."""

    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most runs to list.")] = 20
    user: User = ""
    json: Json = False
    home: Home = None


def runs(options: RunsOptions, context: typer.Context) -> None:
    """List the runs kept here, newest first; before them those that have not ended."""
    if context.invoked_subcommand is not None:
        return
    settings, principal = settings_for(options.home), principal_for(options.user)
    found = asyncio.run(list_runs(settings, principal.id, options.limit))
    kept = {record.run_id for record in found}
    unended = open_runs(settings, principal.id, kept=kept, limit=options.limit)
    if options.json:
        shown = [*map(_unended_json, unended), *map(_ended_json, found)]
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    elif not found and not unended:
        from batuta.wiring.storage import where_kept

        print(f"No runs in {where_kept(settings)} yet. Make some: {called()} demo")
    else:
        _show(found, unended)


def _ended_json(record: RunRecord) -> dict[str, Any]:
    return {
        **turn_json(record.question.text, record),
        "session_id": record.session_id,
        "app": record.app,
        "started_at": record.started_at,
        "state": "ended",
        "waits_for": "",
        "note": "",
    }


def _unended_json(seen: Seen) -> dict[str, Any]:
    """Give what is known of a run that is on, in the shape of one that has ended; else null."""
    return {
        **dict.fromkeys(_OF_ITS_END),
        "said": seen.question,
        "style": seen.place,
        "run_id": seen.run_id,
        "effects": [],
        "warnings": [],
        "session_id": None,
        "app": seen.app,
        "started_at": datetime.fromtimestamp(seen.begun_ms / 1000, UTC).isoformat(),
        "state": seen.state,
        "waits_for": seen.waits_for,
        "note": seen.note,
    }


_OF_ITS_END = (
    *("reply", "error", "stop_reason", "decided", "model_calls", "tool_calls", "input_tokens"),
    *("output_tokens", "cost_usd", "cost_reason", "seconds", "stand_in"),
)


def _show(found: Sequence[RunRecord], unended: Sequence[Seen]) -> None:
    from batuta.cli.view.screen import BAD, DIM, put, screen, table, text
    from batuta.styles import label_of

    console = screen()
    numbers = ("tokens", "cost", "time")
    shown = table(console, "run", "", "request", *numbers, right=numbers, whole=["run"])
    for seen in unended:
        request = text(_cropped(seen.question))
        request.append(f"  {seen.state}", BAD)
        if seen.waits_for or seen.note:
            request.append(f"\n{_cropped(seen.waits_for or seen.note)}", DIM)
        begun = f"{datetime.fromtimestamp(seen.begun_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
        shown.add_row(text(f"{seen.run_id}\n{begun}", DIM), seen.place.upper(), request, "", "", "")
    for record in found:
        figures = Figures.of([record])
        request = text(_cropped(record.question.text))
        if record.stop_reason != "done":
            request.append(f"  {record.stop_reason}", BAD)
        if record.unknown_effects:
            request.append(f"  outcome unknown: {', '.join(record.unknown_effects)}", BAD)
        shown.add_row(
            text(f"{record.run_id}\n{_when(record)}", DIM),
            label_of(record.style),
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
