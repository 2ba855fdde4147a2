"""Runs in the reader's browser: opens the club, answers, and tells what was really done.

The page calls ``start``, ``options`` and ``say``; all that they give is JSON.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from at_the_club import QUESTIONS, with_nine

from batuta.cli.view.figures import deciders
from batuta.core.principal import LOCAL
from batuta.settings import Settings
from batuta.styles.table import find_style
from batuta.telemetry.diagram import terminal
from batuta.telemetry.svg import svg
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.club import Club
from batuta.wiring import Assistants
from batuta.wiring.clock import clock_of

if TYPE_CHECKING:
    from batuta.core.record import RunRecord

SCALE = ("a", "b", "d")
"""The control styles that need nothing but the base installation, by how much the model decides."""
ASKED = "Book a court tomorrow at 3pm"


class House:
    """The club with its stores, opened once for the page."""

    def __init__(self) -> None:
        settings = Settings(home=Path(tempfile.mkdtemp()))
        self.club = Club()
        self.store = SqliteBookings(settings.home / "club.db")
        app = with_nine(tennis_app(TennisClub(self.club, self.store)))
        self.clock = clock_of(settings, self.club.time_zone)
        self.assistants = Assistants(app, settings, self.clock)

    async def say(self, style: str, text: str, session: str) -> dict[str, Any]:
        """Answer one message under a style or composition."""
        key = session or None
        record = await (await self.assistants.style(style)).chat(text, key)
        return {**told(record), "bookings": await self.bookings()}

    async def bookings(self) -> list[str]:
        """Read what stands in the database."""
        found = await self.store.bookings(member_id=LOCAL.id)
        return [
            f"Court {each.court}, {each.date} {each.start:%H:%M}, {each.booking_id}"
            for each in found
        ]


def told(record: RunRecord) -> dict[str, Any]:
    """Tell the answer, its diagram, who decided and what it took."""
    return {
        "text": record.text,
        "failed": record.error is not None,
        "session": record.session_id,
        "style": record.style,
        "deciders": deciders(record.events),
        "model_calls": record.model_calls,
        "tool_calls": record.tool_calls,
        "tokens": record.usage.total_tokens,
        "milliseconds": round(record.seconds * 1000),
        "stand_in": record.stand_in,
        "effects": [effect.text for effect in record.effects],
        "svg": svg(record),
        "as_text": terminal(record),
    }


_house: list[House] = []


async def start() -> str:
    """Open the club; gives what the page can choose from."""
    made = House()
    await made.assistants.__aenter__()
    _house[:] = [made]
    return json.dumps({"scale": [about(key) for key in SCALE], "compositions": compositions()})


def about(key: str) -> dict[str, str]:
    """Describe a pattern as the package itself does."""
    style = find_style(key)
    return {
        "key": key,
        "name": style.name,
        "decides": style.decides,
        "when": style.when,
        "page": style.page,
        "ask": QUESTIONS.get(key, ASKED),
    }


def compositions() -> list[dict[str, str]]:
    """Describe the nine ways to combine agents."""
    return [about(key) for key in QUESTIONS]


async def say(style: str, text: str, session: str) -> str:
    """Answer one message."""
    try:
        return json.dumps(await _house[0].say(style, text, session))
    except Exception as error:  # the boundary of a run: whatever it was is shown in the page
        return json.dumps({"text": f"{error}", "failed": True, "session": session})
