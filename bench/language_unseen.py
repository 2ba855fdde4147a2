"""Measures the offline model on sentences that its rules had never met.

    python -m bench.language_unseen [--styles dbaf] [--shown]

Reads ``bench/frames/unseen``: what must book nothing, what must book, replies to an offer that
consent and that do not, and sentences for two Apps of another kind. Played in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field

from batuta.app import App, Specialist
from batuta.assistant import Ask
from batuta.core.principal import Principal
from batuta.core.redaction import Secret
from batuta.core.tool import Tool
from batuta.intake.form import Found, Intake, Option
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.wiring import open_tennis
from bench.language_doubt import AGAIN, placed
from examples import library

UNSEEN = Path(__file__).with_name("frames") / "unseen"
OFFER = "Is a court free tomorrow at 4pm?"
Told = tuple[str, bool, bool, str]
"""What was said, whether something was booked, whether that was right, and the last answer."""


def _lines(name: str) -> list[str]:
    text = (UNSEEN / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def meant(booked: Sequence[str], slot: str) -> bool:
    """Say whether exactly the slot meant is booked: ``2026-03-03 16:00 B``, ``!A`` for not A."""
    day, hour, court = (*slot.split(), "", "")[:3]
    if len(booked) != 1 or not booked[0].startswith(f"{day} {hour}".strip()):
        return False
    return booked[0][-1] != court[1:] if court.startswith("!") else booked[0].endswith(court)


async def play(style: str, talks: Sequence[Sequence[str]]) -> list[tuple[list[str], list[str]]]:
    """Play talks at one club until each has booked; give bookings and answers."""
    done: list[tuple[list[str], list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), secret=Secret("s" * 32))
        desk = await open_tennis(settings)
        async with placed(tennis_app(desk), style, settings) as club:
            for number, turns in enumerate(talks):
                who, session_id = Principal(f"member-{number}"), None
                answers: list[str] = []
                made: list[str] = []
                for turn in turns:
                    record = await club.answer(Ask(text=turn, principal=who, session_id=session_id))
                    session_id = record.session_id
                    answers.append(record.raised().text)
                    found = await desk.store.bookings(member_id=who.id)
                    made = [f"{b.date.isoformat()} {b.time:%H:%M} {b.slot_id[-1]}" for b in found]
                    if made:
                        break
                done.append((made, answers))
        await desk.store.aclose()
    return done


async def tennis(style: str) -> dict[str, list[Told]]:
    """Play what was said to the tennis club."""
    told: dict[str, list[Told]] = {}
    for group, before in (("nothing", ()), ("nothing_again", ()), ("no_consent", (OFFER,))):
        said = _lines(f"{group}.txt")
        played = await play(style, [(*before, s) for s in said])
        told[group] = [(s, bool(b), not b, a[-1]) for s, (b, a) in zip(said, played, strict=True)]
    told["consent"] = []
    for line in _lines("consent.txt"):
        said, _, court = (p.strip() for p in line.partition("|"))
        [(made, answers)] = await play(style, [(OFFER, said)])
        right = meant(made, f"2026-03-03 16:00 {court}")
        told["consent"].append((said, bool(made), right, answers[-1]))
    told["positive"] = []
    for line in _lines("positive.txt"):
        said, _, slot = (p.strip() for p in line.partition("|"))
        [(made, answers)] = await play(style, [(said, AGAIN)])
        told["positive"].append((said, bool(made), meant(made, slot), answers[0]))
    return told


class Shot(BaseModel):
    """What must be known for an appointment."""

    date: dt.date = Field(description="Day of the appointment.")
    vaccine: Literal["flu", "tetanus", "covid"] = Field(description="Which vaccine.")


def clinic(made: list[str]) -> App:
    """Build a clinic that gives three vaccines; what it books is put into ``made``."""

    async def find_appointments(
        date: dt.date, vaccine: Literal["flu", "tetanus", "covid"]
    ) -> dict[str, Any]:
        """Find free vaccination appointments on a day.

        Args:
            date: Day of the appointment.
            vaccine: Which vaccine: flu, tetanus or covid.
        """
        hours = ((9, "Kim"), (11, "Lee"))
        found = [
            {"appointment_id": f"{date}-{vaccine}-{h}", "start": f"{h:02}:00", "nurse": nurse}
            for h, nurse in hours
        ]
        return {"appointments": found}

    async def book_appointment(appointment_id: str) -> dict[str, Any]:
        """Book one vaccination appointment for the patient.

        Args:
            appointment_id: Id of a free appointment.
        """
        made.append(appointment_id)
        return {"booking_id": "V-1", "appointment_id": appointment_id}

    def options(found: dict[str, Any]) -> Found:
        rows = found["appointments"]
        return Found(tuple(Option(r["appointment_id"], r["start"], r["start"]) for r in rows))

    find, act = Tool(find_appointments), Tool(book_appointment, effect="write")
    questions = {"date": "Which day?", "vaccine": "Which vaccine?"}
    return App(
        name="clinic",
        instructions="You book vaccination appointments at a clinic.",
        tools=(find, act),
        intake=Intake(
            fields=Shot,
            questions=questions,
            find=find,
            act=act,
            argument="appointment_id",
            done="Booked {booking_id}.",
            options=options,
        ),
        specialists=(
            Specialist("finder", "Knows the calendar.", "You look up.", ("find_appointments",)),
            Specialist("desk", "Vaccination desk.", "You book.", ("book_appointment",)),
        ),
    )


async def others(style: str) -> list[Told]:
    """Play what was said to a library and to a clinic."""
    told: list[Told] = []
    for line in _lines("other.txt"):
        kind, said = line.split(" ", 1)
        shots: list[str] = []
        library.LOANS.clear()
        app = library.app if kind.startswith("library") else clinic(shots)
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(home=Path(folder), secret=Secret("s" * 32))
            async with placed(app, style, settings) as desk:
                who, session_id = Principal("reader"), None
                answers: list[str] = []
                for turn in (said, AGAIN) if kind.endswith("+") else (said,):
                    record = await desk.answer(Ask(text=turn, principal=who, session_id=session_id))
                    session_id = record.session_id
                    answers.append(record.raised().text)
                    if shots or library.LOANS:
                        break
        made = bool(shots or library.LOANS)
        told.append((said, made, made == kind.endswith("+"), answers[0]))
    return told


async def measure(style: str, *, shown: bool) -> str:
    """Play all under a style; give its figures as a line."""
    told = {**await tennis(style), "other": await others(style)}
    parts: list[str] = []
    for group, rows in told.items():
        count = Counter(right for _, _, right, _ in rows)
        wrong = sum(made and not right for _, made, right, _ in rows)
        parts.append(f"{group} {count[True]} of {len(rows)} ({wrong} wrong bookings)")
        for said, made, right, answer in rows:
            if shown and not right:
                parts.append(f"\n  {group} {'BOOKED' if made else 'missed'}: {said}\n    {answer}")
    return f"style {style}: " + "; ".join(parts)


def main() -> None:
    """Read the arguments, play each style, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--styles", default="dbaf")
    parser.add_argument("--shown", action="store_true", help="with what went wrong")
    chosen = parser.parse_args()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "loopback")  # what boto3 signs with; nobody here checks it
    for style in chosen.styles:
        print(asyncio.run(measure(style, shown=chosen.shown)), flush=True)


if __name__ == "__main__":
    main()
