"""The tennis club with the two tools of the conformance suite that any App can have."""

from __future__ import annotations

from dataclasses import replace

from batuta import tool
from batuta.errors import ToolFailed
from batuta.settings import read_settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.tennis.club import Club
from batuta.wiring.storage import open_bookings


@tool
def test_simple_text() -> str:
    """Give the suite's text."""
    return "This is a simple text response for testing."


@tool
def test_error_handling() -> str:
    """Fail as the suite wants it."""
    raise ToolFailed("test_error_handling", "This tool intentionally returns an error for testing")


_club = tennis_app(TennisClub(Club(), open_bookings(read_settings())))
app = replace(_club, tools=[*_club.tools, test_simple_text, test_error_handling])
