"""Connections that take too long are ended, and nobody for what the server itself held up."""

from __future__ import annotations

import asyncio
from typing import Any

from batuta.core.clock import ManualClock
from batuta.serve.http.connections import ConnectionLimits, HttpServerSide, Room
from tests.unit.core.rig import manual_clock

LIMITS = ConnectionLimits(most=10, header_s=10.0)


class Silent(HttpServerSide):
    """The server's side of a connection without a request."""

    cycle = None


class Line(asyncio.Transport):
    """A transport that only notes that it was ended."""

    ended = False

    def abort(self) -> None:
        self.ended = True

    def get_write_buffer_size(self) -> int:
        return 0


def connected(clock: ManualClock) -> tuple[Room, Line]:
    room, line = Room(LIMITS, clock), Line()
    room.enter(Silent()).connection_made(line)
    return room, line


def passed(clock: ManualClock, room: Room, *steps_s: float) -> Any:
    for step_s in steps_s:
        clock.advance(step_s)
        room.sweep()


def test_a_silent_connection_is_ended_once_its_time_is_up() -> None:
    clock = manual_clock()
    room, line = connected(clock)
    passed(clock, room, *[0.5] * 20)
    assert not line.ended
    passed(clock, room, 0.5)
    assert line.ended


def test_a_server_that_was_held_up_reads_first_what_came_meanwhile() -> None:
    clock = manual_clock()
    room, line = connected(clock)
    passed(clock, room, 0.5, 60.0)
    assert not line.ended
    passed(clock, room, 0.5)  # it has had its turn, and said nothing
    assert line.ended
