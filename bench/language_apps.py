"""Two Apps of other kinds for the language benches: a restaurant and a parcel shop."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import BaseModel, Field

from batuta.app import App, Specialist
from batuta.core.tool import Tool
from batuta.intake.form import Found, Intake, Option


def _options(found: dict[str, Any]) -> Found:
    rows = next(iter(found.values()))
    return Found(tuple(Option(row["id"], row["start"], row["start"]) for row in rows))


class Seating(BaseModel):
    """What must be known for a table."""

    date: dt.date = Field(description="Day of the meal.")
    area: Literal["terrace", "garden", "bar"] = Field(description="Where to sit.")


def restaurant(made: list[str]) -> App:
    """Build a restaurant with three places to sit; what it reserves is put into ``made``."""

    async def find_tables(date: dt.date, area: Literal["terrace", "garden", "bar"]) -> Any:
        """Find free restaurant tables on a day.

        Args:
            date: Day of the meal.
            area: Where to sit: terrace, garden or bar.
        """
        return {"tables": [{"id": f"{date}-{area}-{h}", "start": f"{h}:00"} for h in (18, 20)]}

    async def reserve_table(table_id: str) -> Any:
        """Reserve one restaurant table for the guest.

        Args:
            table_id: Id of a free table.
        """
        made.append(table_id)
        return {"reservation_id": "R-1", "table_id": table_id}

    find, act = Tool(find_tables), Tool(reserve_table, effect="write")
    return App(
        name="restaurant",
        instructions="You reserve tables at a restaurant.",
        tools=(find, act),
        intake=Intake(
            fields=Seating,
            questions={"date": "Which day?", "area": "Terrace, garden or bar?"},
            find=find,
            act=act,
            argument="table_id",
            done="Reserved {reservation_id}.",
            options=_options,
        ),
        specialists=(
            Specialist("host", "Knows the room.", "You look up tables.", ("find_tables",)),
            Specialist("waiter", "At your service.", "You reserve.", ("reserve_table",)),
        ),
    )


class Pickup(BaseModel):
    """What must be known to fetch a parcel."""

    date: dt.date = Field(description="Day of the collection.")
    size: Literal["small", "medium", "large"] = Field(description="Size of the parcel.")


def parcels(made: list[str]) -> App:
    """Build a shop that sends for parcels; what it schedules is put into ``made``."""

    async def list_pickups(date: dt.date, size: Literal["small", "medium", "large"]) -> Any:
        """List the hours at which a courier can collect a parcel on a day.

        Args:
            date: Day of the collection.
            size: Size of the parcel: small, medium or large.
        """
        return {"pickups": [{"id": f"{date}-{size}-{h}", "start": f"{h}:00"} for h in (10, 15)]}

    async def schedule_pickup(pickup_id: str) -> Any:
        """Schedule one parcel pickup for the sender.

        Args:
            pickup_id: Id of a listed pickup.
        """
        made.append(pickup_id)
        return {"receipt_id": "P-1", "pickup_id": pickup_id}

    find, act = Tool(list_pickups), Tool(schedule_pickup, effect="write")
    return App(
        name="parcels",
        instructions="You arrange parcel pickups.",
        tools=(find, act),
        intake=Intake(
            fields=Pickup,
            questions={"date": "Which day?", "size": "Small, medium or large?"},
            find=find,
            act=act,
            argument="pickup_id",
            done="Scheduled {receipt_id}.",
            options=_options,
        ),
        specialists=(
            Specialist("planner", "Plans the rounds.", "You look up.", ("list_pickups",)),
            Specialist("driver", "Drives the van.", "You schedule.", ("schedule_pickup",)),
        ),
    )
