"""The club's front desk: questions about the club are answered by code, the rest by a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from batuta.core.message import Message

if TYPE_CHECKING:
    from batuta.app import App
    from batuta.core.agent import Agent
    from batuta.core.run import Run
    from batuta.core.trace import Decider
    from batuta.tennis.club import Club

_FACTS = re.compile(
    r"""opening\s(?:hours|times)
    |(?:when|what\s(?:time|hours|days)|how\s(?:late|early|long))\s(?:are|do)\s(?:you|we)\s
        (?:open|close|stay\sopen)
    |how\smany\scourts(?:\sdo\syou\shave|\sare\sthere|\shas\sthe\sclub)?
    |(?:what|which)\scourts\sdo\syou\shave
    |how\slong\s(?:is|are|does)\s(?:an?\s|the\s|one\s)?(?:slots?|bookings?|sessions?)(?:\slast)?
    |how\sfar\s(?:ahead|in\sadvance)(?:\scan\s(?:i|we|one)\s(?:book|reserve))?
    |what\stime\s?zone""",
    re.IGNORECASE | re.VERBOSE,
)
_ABOUT_A_SLOT = re.compile(
    r"\d|\b(?:book|reserve|courts?|slots?|today|tonight|tomorrow|\w+day|noon|free|available)\b",
    re.IGNORECASE,
)


def front_desk(club: Club) -> Callable[[App], Sequence[Agent]]:
    """Make the composition: a router between the club's facts and the booking assistant."""

    def compose(app: App) -> Sequence[Agent]:
        # Here, so that other styles do without them.
        from batuta.compose.router import Router
        from batuta.control.function_calling import FunctionCalling

        return [
            ClubFacts(club),
            FunctionCalling(
                name="booking_desk",
                role="finds and books courts",
                tools=app.tools,
                instructions=app.instructions,
                model=app.model_of("d"),
            ),
            Router(
                name="front_desk",
                role="club facts by code, bookings by a model",
                classifier=Reception(),
                routes={"facts": "club_facts", "booking": "booking_desk"},
                default="booking_desk",
            ),
        ]

    return compose


@dataclass(frozen=True, slots=True)
class Reception:
    """Sorts messages: ``facts`` or ``booking``. A classifier needs no model to be one."""

    name: str = "reception"
    role: str = "tells questions about the club from bookings"
    decides: Decider = "code"

    async def execute(self, message: Message, run: Run) -> Message:
        """Label the message."""
        label = "facts" if asks_for_facts(message.text) else "booking"
        return Message.assistant(label, {"label": label, "confidence": 1.0})


@dataclass(frozen=True, slots=True)
class ClubFacts:
    """Tells what there is to know about the club."""

    club: Club
    name: str = "club_facts"
    role: str = "tells about courts, opening hours and rules"

    async def execute(self, message: Message, run: Run) -> Message:
        """Say it all: it is three sentences."""
        return Message.assistant(say_facts(self.club))


def asks_for_facts(text: str) -> bool:
    """Tell whether a message asks about the club and for nothing else.

    >>> asks_for_facts("When do you open?"), asks_for_facts("When do you open? Book me court A")
    (True, False)
    """
    rest, found = _FACTS.subn(" ", text)
    return found > 0 and not _ABOUT_A_SLOT.search(rest)


def say_facts(club: Club) -> str:
    """Say what there is to know about a club before booking."""
    days = club.horizon_days
    ahead = "any day ahead" if days is None else f"up to {days} days ahead"
    return (
        f"{club.name} has {len(club.courts)} courts: {', '.join(club.courts)}. "
        f"Opening hours: {_week(club)}, time zone {club.time_zone}. "
        f"A slot lasts {club.slot_minutes} minutes and can be booked {ahead}."
    )


def _week(club: Club) -> str:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    said: list[str] = []
    for hours, group in groupby(zip(days, club.hours, strict=True), key=lambda pair: pair[1]):
        names = [day for day, _ in group]
        when = " to ".join(dict.fromkeys((names[0], names[-1])))
        when = "every day" if len(names) == len(days) else when
        said.append(f"{when} {hours or 'closed'}")
    return ", ".join(said)
