"""An App whose only writing tool needs a yes from its owner."""

from __future__ import annotations

from dataclasses import replace

from batuta.core.tool import Approve, AskPerson, ToolUse, Verdict
from batuta.settings import read_settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club


async def ask_owner(use: ToolUse) -> Verdict:
    if use.tool.effect == "write":
        return AskPerson("owner", f"May {use.principal.id} have {use.arguments['slot_id']}?")
    return Approve()


_CLUB = tennis_app(TennisClub(Club(), SqliteBookings(read_settings().bookings)))
app = replace(_CLUB, name="asking", hooks=(*_CLUB.hooks, ask_owner))
