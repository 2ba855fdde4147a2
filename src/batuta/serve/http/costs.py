"""The route that shows what one's own runs used and cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from batuta.serve.http.chat import Caller
from batuta.serve.http.door import door_of
from batuta.serve.http.problems import Answer
from batuta.telemetry.prices import default_prices
from batuta.telemetry.spending_totals import as_csv, spending_totals

By = Literal["model", "style", "agent", "step", "tool", "decider", "day", "session", "run"]


@dataclass(frozen=True, slots=True)
class CostQuery:
    """What is asked of the ledger."""

    by: Annotated[By, Query(description="Add up by this.")] = "model"
    days: Annotated[
        int, Query(ge=0, le=36_500, description="Of the last days, today included; 0 for all.")
    ] = 0
    format: Annotated[Literal["json", "csv"], Query(description="How to write it.")] = "json"


async def list_costs(
    request: Request, caller: Caller, asked: Annotated[CostQuery, Depends()]
) -> Response:
    """Add up what one's own runs used and cost, those included whose records are gone.

    What is unknown is null, or empty in CSV, and is counted: an unknown price is no price of 0.
    """
    house = door_of(request).house
    since = ""
    if asked.days:
        today = house.clock.now().astimezone(UTC).date()
        since = (today - timedelta(days=asked.days - 1)).isoformat()
    found = await house.records.spending(caller.id, since)
    totals = spending_totals(found, asked.by, default_prices(house.settings.prices))
    if asked.format == "csv":
        return Response(as_csv(totals, asked.by), media_type="text/csv; charset=utf-8")
    lines = [total.to_json() for total in totals]
    return Answer(200, {"by": asked.by, "costs": lines}).response()
