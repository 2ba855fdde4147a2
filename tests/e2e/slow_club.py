"""The tennis club as real ones are: 0.1 s for its model, 0.15 s after a booking's write."""

from __future__ import annotations

import asyncio
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
MODEL_S, WRITE_S = 0.1, 0.15


class SlowModel:
    """The offline model."""

    name = "offline:rules"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        await asyncio.sleep(MODEL_S)
        return await OfflineModel().reply(request, emit)


class SlowBookings(SqliteBookings):
    """The club's file."""

    async def book(self, slot: Slot, member_id: str, **more: Any) -> Booking:
        made = await super().book(slot, member_id, **more)
        await asyncio.sleep(WRITE_S)
        return made


app = replace(
    tennis_app(TennisClub(Club(), SlowBookings(HOME / "tennis.db"))),
    models={"default": SlowModel()},
)
