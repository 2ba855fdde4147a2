"""The tennis club's booking assistant: the reference App."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from batuta.app import App, Scenario, Specialist
from batuta.intake.form import Found, Intake, Option
from batuta.parts.provenance import OnlyOffered
from batuta.tennis import prompts
from batuta.tennis.bookings import TennisClub
from batuta.tennis.bookings_sqlite import SqliteBookings
from batuta.tennis.bookings_view import BookingsView
from batuta.tennis.effects import BookingEffects
from batuta.tennis.front_desk import front_desk
from batuta.tennis.tools import say_day, tennis_tools

BOOKINGS_FILE = "tennis.db"


class BookingForm(BaseModel):
    """What must be known to book a court."""

    date: dt.date = Field(description="Day to play, YYYY-MM-DD.")
    time: dt.time = Field(description="Start time, HH:MM in 24 hours; null for a window.")
    time_from: dt.time = Field(
        description="Start of a window of time, as in 'after work' or 'between 5 and 7', HH:MM."
    )
    time_to: dt.time = Field(description="End of a window of time, HH:MM.")
    court: str = Field(description="Court that the member names, such as A or B.")
    preferences: str = Field(description="Any other wish about the court or slot, in their words.")


SUGGESTIONS = (
    "Book a court tomorrow at 3pm",
    "Which courts are free on Saturday morning?",
    "I'd like to play after work this week",
)


def tennis_app(desk: TennisClub) -> App:
    """Make the App of a club.

    Args:
        desk: The club's rules and its store of bookings.
    """
    club = desk.club
    check_availability, book = tennis_tools(desk)

    def fresh(folder: Path) -> App:
        file = folder / BOOKINGS_FILE
        made = TennisClub(club, SqliteBookings(file))

        async def kept() -> Sequence[str]:
            return await held_slots(made) if file.exists() else ()  # nothing was ever booked

        return replace(tennis_app(made), state=kept)

    async def state() -> Sequence[str]:
        return await held_slots(desk)

    about = {
        "club": club.name,
        "courts": ", ".join(club.courts),
        "minutes": club.slot_minutes,
        "office": prompts.OFFICE,
    }
    return App(
        name="tennis",
        title=f"{club.name}: court booking",
        instructions=prompts.ASSISTANT.format(**about),
        tools=(check_availability, book),
        time_zone=club.time_zone,
        locale=club.locale,
        hooks=(OnlyOffered("slot_id"),),
        fresh=fresh,
        state=state,
        close=desk.store.aclose,
        probe=BookingEffects(desk).probe,
        suggestions=SUGGESTIONS,
        store_view=BookingsView(desk),
        intake=Intake(
            fields=BookingForm,
            questions={
                "date": "Which day would you like to play?",
                "time": "What time would you like to start?",
            },
            find=check_availability,
            options=read_options,
            act=book,
            argument="slot_id",
            done=say_booked,
            help="I can check which courts are open and book one for you.",
            elsewhere=f"For changes, cancellations and prices, please turn to {prompts.OFFICE}.",
            windows={"time": ("time_from", "time_to")},
            step_names=("parse", "availability", "choose", "book", "confirm"),
        ),
        specialists=(
            Specialist(
                name="availability",
                description="Availability specialist: finds open court slots for a date and time.",
                instructions=prompts.AVAILABILITY.format(**about),
                tools=("check_availability",),
            ),
            Specialist(
                name="booking",
                description="Booking specialist: books one slot, given its slot id.",
                instructions=prompts.BOOKING.format(**about),
                tools=("book",),
            ),
        ),
        compositions={"front-desk": front_desk(club)},
        scenarios=(
            Scenario(name="one request", turns=("Book a court tomorrow at 3pm",)),
            Scenario(
                name="a conversation",
                turns=(
                    "I'd like to book a court",
                    "tomorrow",
                    "at 3pm",
                    "make it 4pm instead",
                    "the second one",
                ),
            ),
        ),
    )


async def held_slots(desk: TennisClub) -> Sequence[str]:
    """List the slots that are booked, each with who has it."""
    found = await desk.store.bookings()
    return [f"{each.slot_id} {each.member_id}" for each in found if each.status == "confirmed"]


def read_options(result: Mapping[str, Any]) -> Found:
    """Read what check_availability gave: the courts at one time, or those of a day."""
    exact = bool(result["open"])
    slots = result["open"] if exact else result.get("nearest", ())
    when = dt.date.fromisoformat(result["date"])
    options = tuple(
        Option(
            slot["slot_id"],
            f"Court {slot['court']}, {slot['start']} to {slot['end']}",
            slot["start"],
        )
        for slot in slots
    )
    note = result.get("note", "")
    opens = f"Open on {say_day(when)}:" if exact else "The nearest:"
    return Found(options, exact, f"{note} {opens}".strip())


def say_booked(booking: Mapping[str, Any]) -> str:
    """Say what book did."""
    when = say_day(dt.date.fromisoformat(booking["date"]))
    return (
        f"Booked: court {booking['court']} on {when}, {booking['start']} to {booking['end']}. "
        f"Your booking id is {booking['booking_id']}."
    )
