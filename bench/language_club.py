"""A fake tennis club and a loop of function calling, to measure the language rules with.

``converse`` is the one seam: it plays the user's turns and returns the bookings that come of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelRequest, ToolSchema
from batuta.models.offline import OfflineModel

COURTS = "ABCD"
FIRST_HOUR, LAST_HOUR = 7, 21
MAX_CALLS = 8
TOOLS = (
    ToolSchema(
        "check_availability",
        "Finds the open court slots of a day, or of one time of that day.",
        {
            "type": "object",
            "properties": {
                "date": {"type": "string", "format": "date", "description": "Day of play."},
                "time": {
                    "anyOf": [{"type": "string", "format": "time"}, {"type": "null"}],
                    "description": "Start of play; null for the whole day.",
                },
            },
            "required": ["date", "time"],
        },
    ),
    ToolSchema(
        "book",
        "Books one open slot for the member.",
        {
            "type": "object",
            "properties": {
                "slot_id": {"type": "string", "description": "A slot_id from check_availability."}
            },
            "required": ["slot_id"],
        },
    ),
)
INSTRUCTIONS = (
    "You are the booking assistant of a tennis club. Courts A to D can be booked by the hour. "
    "Offer what is free and book what the member confirms."
)


@dataclass
class Club:
    """Courts A to D, full hours from 7 to 22, in memory."""

    now: datetime
    taken: set[str] = field(default_factory=set[str])
    bookings: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def fill(self, date: str, time: str) -> None:
        """Take every court in all slots that overlap an hour of play from that time."""
        start = datetime.fromisoformat(f"{date}T{time}")
        for hour in range(FIRST_HOUR, LAST_HOUR + 1):
            slot = datetime.fromisoformat(f"{date}T{hour:02}:00")
            if abs(slot - start) < timedelta(hours=1):
                self.taken |= {f"{slot:%Y-%m-%dT%H:%M}/{court}" for court in COURTS}

    def _slot(self, date: str, hour: int, court: str) -> dict[str, str]:
        start = f"{hour:02}:00"
        slot_id = f"{date}T{start}/{court}"
        return {"slot_id": slot_id, "court": court, "start": start, "end": f"{hour + 1:02}:00"}

    def check_availability(self, date: str, time: str | None = None) -> dict[str, Any]:
        """List what is open, else what is nearest."""
        open_slots = [
            slot
            for hour in range(FIRST_HOUR, LAST_HOUR + 1)
            for court in COURTS
            if datetime.fromisoformat(f"{date}T{hour:02}:00") > self.now
            if (slot := self._slot(date, hour, court))["slot_id"] not in self.taken
        ]
        here = [s for s in open_slots if time is None or s["start"] == time[:5]]
        found: dict[str, Any] = {"date": date, "time": time, "open": here}
        if not here and time is not None:
            asked = int(time[:2]) * 60 + int(time[3:5])
            near = sorted(open_slots, key=lambda s: abs(int(s["start"][:2]) * 60 - asked))
            found |= {"nearest": near[:6], "note": f"Nothing is open at {time}."}
        return found

    def book(self, slot_id: str) -> dict[str, Any]:
        """Book a slot, once."""
        if slot_id in self.taken or "/" not in slot_id:
            return {"error": f"Slot {slot_id} is taken or unknown.", "retry": True}
        self.taken.add(slot_id)
        date, start, court = slot_id[:10], slot_id[11:16], slot_id[-1]
        end = f"{int(start[:2]) + 1:02}:00"
        booking_id = f"bk-{len(self.bookings) + 1}"
        made = {"booking_id": booking_id, "slot_id": slot_id, "court": court, "date": date}
        self.bookings.append({"date": date, "time": start})
        return {**made, "start": start, "end": end, "status": "confirmed"}

    def call(self, call: ToolCall) -> str:
        """Run a tool as a loop would: its error is a result, too."""
        try:
            return json.dumps(getattr(self, call.name)(**call.arguments))
        except (TypeError, ValueError, AttributeError) as problem:
            return json.dumps({"error": str(problem), "retry": True})


async def converse(
    turns: Sequence[str], reference: datetime, taken: Sequence[dict[str, str]]
) -> tuple[list[dict[str, str]], list[str]]:
    """Play the user's turns through a loop of function calling; return bookings and answers."""
    club, model = Club(reference), OfflineModel()
    for slot in taken:
        club.fill(slot["date"], slot["time"])
    now = f"Now: {reference:%Y-%m-%dT%H:%M} ({reference:%A}), time zone Europe/London"
    messages = [Message.system(f"{INSTRUCTIONS}\n{now}")]
    answers: list[str] = []
    for turn in turns:
        messages.append(Message.user(turn))
        for _ in range(MAX_CALLS):
            reply = await model.reply(ModelRequest(messages, TOOLS))
            messages.append(Message("assistant", reply.text, tool_calls=reply.tool_calls))
            if not reply.tool_calls:
                answers.append(reply.text)
                break
            messages += [Message.tool(call, club.call(call)) for call in reply.tool_calls]
    return club.bookings, answers
