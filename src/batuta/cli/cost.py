"""``batuta cost``: what the runs kept here used and cost, by model, and what caching saved."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from batuta.cli.command import Home, Json, User
from batuta.cli.opening import principal_for, settings_for
from batuta.cli.records import list_runs
from batuta.errors import called

if TYPE_CHECKING:
    from batuta.telemetry.model_totals import ModelTotal


@dataclass(frozen=True, kw_only=True)
class CostOptions:
    """What ``batuta cost`` takes."""

    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most runs to count.")] = 1_000
    user: User = ""
    json: Json = False
    home: Home = None


def cost(options: CostOptions) -> None:
    """Show what the runs kept here cost, and what caches saved.

    By model; what vendors' prompt caches saved stands beside it.
    """
    from batuta.telemetry.model_totals import model_totals
    from batuta.telemetry.prices import default_prices

    settings, principal = settings_for(options.home), principal_for(options.user)
    found = asyncio.run(list_runs(settings, principal.id, options.limit))
    totals = model_totals(found, default_prices(settings.prices))
    if options.json:
        shown = [total.to_json() for total in totals]
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    elif not totals:
        print(f"No run here has asked a model yet. Make some: {called()} demo")
    else:
        _show(totals)


def _show(totals: Sequence[ModelTotal]) -> None:
    from batuta.cli.view.figures import usd
    from batuta.cli.view.screen import put, screen, table, text

    console = screen()
    numbers = ("calls", "input", "from cache", "output", "reasoning", "cost", "saved")
    shown = table(console, "model", *numbers, right=numbers)
    for total in totals:
        used, saved = total.usage, total.saved_usd
        shown.add_row(
            text(total.model),
            f"{total.calls:,}",
            f"{used.input_tokens:,}",
            f"{used.cached_tokens:,}",
            f"{used.output_tokens:,}",
            f"{used.reasoning_tokens:,}",
            usd(total.cost),
            "unknown" if saved is None else f"${saved:.4f}",
        )
    put(console, shown)
