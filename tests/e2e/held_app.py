"""The tennis club, but each agent stops where a file in the home says ``hold-<place>``.

Places: the names of the agents that ask a model, ``availability`` and ``book`` before the club's
file is touched, ``booked`` after it was written. Who stops leaves a file ``at-<place>``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.offline import OfflineModel
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import Booking, TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.tennis.slots import Slot

HOME = Path(os.environ.get("BATUTA_HOME", "."))
NAME = f"{__name__}:app"


async def pass_by(place: str) -> None:
    """Stop where a file says so, until it is gone."""
    hold = HOME / f"hold-{place}"
    if hold.exists():
        (HOME / f"at-{place}").touch()
        while hold.exists():  # noqa: ASYNC110 - the file is another process's
            await asyncio.sleep(0.01)


class Held:
    """The offline model of one agent."""

    def __init__(self, place: str) -> None:
        self.name, self._place = "offline:rules", place

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        await pass_by(self._place)
        return await OfflineModel().reply(request, emit)


class HeldBookings(SqliteBookings):
    """The club's file."""

    async def taken(self, day: dt.date) -> frozenset[str]:
        await pass_by("availability")
        return await super().taken(day)

    async def book(self, slot: Slot, member_id: str, **more: Any) -> Booking:
        await pass_by("book")
        made = await super().book(slot, member_id, **more)
        await pass_by("booked")
        return made


PLACES = ("parse", "choose", "confirm", "availability", "booking", "f")
app = replace(
    tennis_app(TennisClub(Club(), HeldBookings(HOME / "tennis.db"))),
    models={place: Held(f"{place}-model") for place in PLACES},
)
