"""What time it is, as a model reads it: true at every moment, in every zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from batuta.core.clock import ManualClock
from batuta.core.run import Run
from batuta.parts.instructions import present
from tests.unit.core.rig import ran

ZONES = ("UTC", "Europe/Madrid", "Asia/Kathmandu", "America/St_Johns")
MOMENTS = (
    datetime(2026, 3, 2, 23, 59, 58, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, 57, tzinfo=UTC),  # Madrid's clocks go forward at 01:00 UTC
    datetime(2026, 10, 25, 0, 59, 57, tzinfo=UTC),
    datetime(1900, 1, 1, 12, 0, 0, tzinfo=UTC),  # zones then differed by odd seconds
)


def said_of(now: datetime, zone: str) -> str:
    local = now.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%dT%H:%M} ({local:%A}), time zone {zone}"


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
@pytest.mark.parametrize("zone", ZONES)
async def test_the_sentence_is_that_of_the_moment(moment: datetime, zone: str) -> None:
    clock = ManualClock(moment)
    told: list[tuple[str, datetime]] = []

    async def look(run: Run) -> None:
        for seconds in (0.0, 1.5, 1.5, 30.0, 29.0, 61.0, -90.0):
            clock.advance(seconds)
            told.append((present(run), clock.now()))

    (await ran(look, clock=clock, time_zone=zone)).raised()
    assert [text for text, _ in told] == [said_of(now, zone) for _, now in told]
    assert told[-1][1] == moment + timedelta(seconds=33)
