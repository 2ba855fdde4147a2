"""``batuta cost``: what the runs kept here used and cost, by whatever it is asked for."""

from __future__ import annotations

import asyncio
import json as json_format
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from batuta.cli.command import Home, Json, User
from batuta.cli.opening import principal_for, settings_for
from batuta.errors import called

if TYPE_CHECKING:
    from batuta.core.spending import RunSpending
    from batuta.settings import Settings
    from batuta.telemetry.spending_totals import SpendingTotal

By = Literal[
    "model", "style", "agent", "step", "tool", "decider", "day", "session", "run", "principal"
]


@dataclass(frozen=True, kw_only=True)
class CostOptions:
    """What ``batuta cost`` takes."""

    by: Annotated[By, typer.Option(help="Add up by this.")] = "model"
    days: Annotated[
        int, typer.Option(min=0, metavar="N", help="Of the last N days, today included; 0 for all.")
    ] = 0
    user: User = ""
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Of all users; with --by principal always.")
    ] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV for a spreadsheet.")] = False
    json: Json = False
    home: Home = None


def cost(options: CostOptions) -> None:
    """Show what the runs here used and cost, by whatever you ask for.

    Runs count whose records are gone. What vendors' prompt caches saved stands beside it. An
    unknown price is not nothing: such calls are counted, and the sum is "over" what is known.
    """
    from batuta.telemetry.prices import default_prices
    from batuta.telemetry.spending_totals import as_csv, spending_totals

    settings = settings_for(options.home)
    found = asyncio.run(_spending(settings, options))
    totals = spending_totals(found, options.by, default_prices(settings.prices))
    if options.json:
        shown = [total.to_json() for total in totals]
        print(json_format.dumps(shown, indent=2, ensure_ascii=False))
    elif options.csv:
        print(as_csv(totals, options.by), end="")
    elif not totals:
        print(f"No run here has spent anything yet. Make some: {called()} demo")
    else:
        show(totals, options.by)


async def _spending(settings: Settings, options: CostOptions) -> Sequence[RunSpending]:
    from batuta.wiring import clock_of
    from batuta.wiring.storage import open_records

    everybody = options.everybody or options.by == "principal"
    whose = None if everybody else principal_for(options.user).id
    since = ""
    if options.days:
        today = clock_of(settings).now().astimezone(UTC).date()
        since = (today - timedelta(days=options.days - 1)).isoformat()
    async with open_records(settings) as store:
        return await store.spending(whose, since)


def show(totals: Sequence[SpendingTotal], by: str) -> None:
    """Print totals as a table, and below it what nobody knows of them."""
    from batuta.cli.view.figures import usd
    from batuta.cli.view.screen import put, screen, table, text
    from batuta.core.price import Cost

    console = screen()
    numbers = (
        *("runs", "calls", "tools", "input", "from cache", "output", "reasoning"),
        *("cost", "saved"),
    )
    shown = table(console, by, *numbers, right=numbers)
    for total in totals:
        models, used, saved = total.models, total.models.usage, total.saved_usd
        shown.add_row(
            text(total.key),
            f"{total.runs:,}",
            f"{models.calls:,}",
            f"{total.tools.calls:,}",
            f"{used.input_tokens:,}",
            f"{used.cached_tokens:,}",
            f"{used.output_tokens:,}",
            f"{used.reasoning_tokens:,}",
            usd(Cost(models.usd, models.known_usd)),
            "unknown" if saved is None else f"${saved:.4f}",
        )
    put(console, shown)
    unpriced = sum(total.models.unpriced for total in totals)
    if unpriced:
        console.print(text(f"{unpriced:,} of these calls have no known price."))
    untold = sum(total.models.untold for total in totals)
    if untold:
        console.print(text(f"Of {untold:,} of these calls nobody told the tokens."))
