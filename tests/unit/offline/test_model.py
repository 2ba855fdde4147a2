"""The stand-in as a model: what it says hangs on the request alone, whatever it read before."""

from __future__ import annotations

from itertools import product

from batuta.core.message import Message
from batuta.core.model import ModelReply, ModelRequest
from batuta.offline import OfflineModel
from tests.unit.offline.talks import BOOK, CHECK, TEXT, nullable, schema

WORDS = ("Book a court tomorrow at 3pm", "What is free on Friday?", "yes", "the second one")
LAST = ("", "1. Court A, 15:00 to 16:00\n2. Court B, 15:00 to 16:00\nWhich one would you like?")
NOWS = ("2024-05-15T09:00", "2024-05-16T16:00")
DINNER = schema(
    "check_availability",
    "Check which tables are open on a date.",
    day={"type": "string", "format": "date"},
    people=nullable(),
)
TABLE = schema("book", "Book a table.", slot_id=TEXT)


def requests() -> list[ModelRequest]:
    """Make requests that differ in one thing each: words, what stood before, time, or tools."""
    made: list[ModelRequest] = []
    for said, last, now, tools in product(WORDS, LAST, NOWS, ((CHECK, BOOK), (DINNER, TABLE))):
        before = [Message.assistant(last)] if last else []
        system = Message.system(f"You book.\n\nNow: {now}, time zone Europe/London")
        made.append(ModelRequest([system, *before, Message.user(said)], tools))
    return made


async def answers(asked: list[ModelRequest]) -> list[ModelReply]:
    """Ask each in turn."""
    return [await OfflineModel().reply(request) for request in asked]


async def test_no_answer_hangs_on_what_was_asked_before() -> None:
    asked = requests()
    there, back = await answers(asked), (await answers(asked[::-1]))[::-1]
    assert there == back == await answers(requests())
    first, other_tools, other_day = (there[at].tool_calls[0].arguments for at in (0, 1, 2))
    assert (first["date"], other_tools["day"], other_day["date"]) == (
        "2024-05-16", "2024-05-16", "2024-05-17"
    )  # fmt: skip
