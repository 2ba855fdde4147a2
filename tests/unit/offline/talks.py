"""A club, a library and their specialists, small enough to talk to in a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from batuta.core.message import Message, ToolCall
from batuta.core.model import ModelReply, ModelRequest, ToolSchema
from batuta.offline import OfflineModel

NOW = "Now: 2024-05-15T09:00 (Wednesday), time zone Europe/London"
MOST_STEPS = 6
Answer = Callable[[ToolCall], str]


def system(text: str = "You are a tennis club's booking assistant.") -> Message:
    """Make the instructions with the present time in them."""
    return Message.system(f"{text}\n\n{NOW}")


def nullable(**spec: Any) -> dict[str, Any]:
    """Make a schema that allows null as well."""
    return {"anyOf": [{"type": "string", **spec}, {"type": "null"}]}


def schema(name: str, about: str, **properties: Any) -> ToolSchema:
    """Make a tool's schema; what is not nullable is required."""
    required = [k for k, v in properties.items() if "anyOf" not in v]
    spec = {"type": "object", "properties": properties, "required": required}
    return ToolSchema(name, about, spec)


TEXT = {"type": "string"}
CHECK = schema(
    "check_availability",
    "Check which courts are open on a date, or at one time of it.",
    date={"type": "string", "format": "date"},
    time=nullable(format="time"),
)
BOOK = schema("book", "Book one open court slot for the member.", slot_id=TEXT)


@dataclass
class Club:
    """Courts A and B at any full hour; writes down each call."""

    taken: set[str] = field(default_factory=set[str])
    booked: list[str] = field(default_factory=list[str])
    note: str = ""

    def __call__(self, call: ToolCall) -> str:
        """Run a tool."""
        return (
            self.check(**call.arguments) if call.name == CHECK.name else self.book(**call.arguments)
        )

    def check(self, date: str, time: str | None = None) -> str:
        """List what is open, else what is nearest."""
        hours = range(8, 20)
        slots = [self.slot(date, h, c) for h in hours for c in "AB"]
        free = [s for s in slots if s["slot_id"] not in self.taken]
        here = [s for s in free if time in (None, s["start"])]
        found = {"date": date, "time": time, "open": here, "note": self.note}
        wanted = int((time or "08")[:2])
        near = sorted(free, key=lambda s: abs(int(s["start"][:2]) - wanted))[:3]
        return json.dumps(found if here else {**found, "nearest": near})

    @staticmethod
    def slot(date: str, hour: int, court: str) -> dict[str, str]:
        """Describe one slot."""
        start, end = f"{hour:02}:00", f"{hour + 1:02}:00"
        return {"slot_id": f"{date}T{start}/{court}", "court": court, "start": start, "end": end}

    def book(self, slot_id: str) -> str:
        """Book a slot once."""
        if slot_id in self.taken:
            return json.dumps({"error": f"Slot {slot_id} is taken.", "retry": True})
        self.taken.add(slot_id)
        self.booked.append(slot_id)
        facts = {"booking_id": "bk-7", "slot_id": slot_id, "court": slot_id[-1]}
        return json.dumps({**facts, "date": slot_id[:10], "start": slot_id[11:16]})


async def ask(request: ModelRequest) -> ModelReply:
    """Ask the model once."""
    return await OfflineModel().reply(request)


async def talk(turns: Sequence[str], tools: Sequence[ToolSchema], answer: Answer) -> list[str]:
    """Play user turns through a loop of function calling; give the assistant's answers."""
    messages, answers = [system()], list[str]()
    for turn in turns:
        messages.append(Message.user(turn))
        for _ in range(MOST_STEPS):
            reply = await ask(ModelRequest(messages, tools))
            messages.append(Message("assistant", reply.text, tool_calls=reply.tool_calls))
            if not reply.tool_calls:
                break
            messages += [Message.tool(c, answer(c)) for c in reply.tool_calls]
        answers.append(messages[-1].text)
    return answers


async def play(*turns: str, club: Club | None = None) -> tuple[list[str], list[str]]:
    """Play user turns at a club; give the slots booked and the assistant's answers."""
    desk = club or Club()
    answers = await talk(turns, (CHECK, BOOK), desk)
    return desk.booked, answers
