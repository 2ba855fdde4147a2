"""How an answer ended: what it says is held against what the store has."""

from __future__ import annotations

from typing import Any

import pytest

from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.tool import Tool, tool
from batuta.core.trace import Event
from batuta.faults import ended, lie_in

SLOT = "2026-03-03T15:00/A ana"
OTHER = "2026-03-04T15:00/A ana"


@tool(effect="write")
async def book(slot_id: str) -> str:
    """Book."""
    return slot_id


TOOLS: tuple[Tool, ...] = (book,)


def wrote(**end: Any) -> tuple[Event, ...]:
    told = ("1.1", "1", "book", "model", 0.0)
    begun = Event(0, "tool", "start", *told, {"effect": "write"})
    return (begun, Event(1, "tool", "end", *told, end)) if end else (begun,)


BOOKED = wrote(result="A", done="booked Court A")

KNOWN = wrote(result={"booking_id": "bk-1", "court": "A"}, done="booked Court A")


def answered(text: str, events: tuple[Event, ...] = ()) -> RunRecord:
    question, reply = Message.user("book A"), Message.assistant(text)
    return RunRecord(
        run_id="r", agent="a", principal_id="ana", question=question, reply=reply, events=events
    )


def failed(message: str, events: tuple[Event, ...] = ()) -> RunRecord:
    question, error = Message.user("book A"), {"code": "x", "message": message}
    return RunRecord(
        run_id="r", agent="a", principal_id="ana", question=question, reply=None, events=events,
        error=error, stop_reason="error",
    )  # fmt: skip


DONE = "This is done and need not be done again: booked Court A."
CASES = [
    (answered("Court A is booked.", BOOKED), [SLOT], "succeeded"),
    (answered("Court A is booked."), [], "lied"),
    (answered("Here you are.", BOOKED), [], "lied"),
    (answered("Nothing has been booked or done."), [SLOT], "lied"),
    (answered("I could not do that, I am sorry.", BOOKED), [SLOT], "lied"),
    (answered("It was not booked."), [SLOT], "lied"),
    (answered("That did not work: bk-1 is yours already.", KNOWN), [SLOT], "succeeded"),
    (answered("Which court would you like?"), [], "degraded"),
    (answered("Nothing has been booked or done. The database is busy."), [], "degraded"),
    (failed("Model m: no reply within 30 s."), [], "failed_clearly"),
    (failed(f"Model m: refused. {DONE}", BOOKED), [SLOT], "failed_clearly"),
    (failed("Model m: refused.", BOOKED), [SLOT], "lied"),
    (
        failed("Tool book: cut. Whether it was done is not known.", wrote()),
        [SLOT],
        "failed_clearly",
    ),
    (failed("Tool book: cut. Whether it was done is not known.", wrote()), [], "failed_clearly"),
    (answered("Court A is booked.", BOOKED), [OTHER], "wrong"),
    (answered("Court A is booked.", BOOKED), [SLOT, SLOT], "wrong"),
    (answered("Nothing else was begun. Court A is booked.", BOOKED), [SLOT], "succeeded"),
]


@pytest.mark.parametrize(("record", "after", "end"), CASES)
def test_an_answer_is_held_against_the_store(record: RunRecord, after: list[str], end: str) -> None:
    assert ended(record, [], after, wanted=[SLOT], tools=TOOLS) == end


def test_what_was_there_before_and_is_gone_is_wrong() -> None:
    record = answered("Court A is booked.", BOOKED)
    assert ended(record, [OTHER], [SLOT], wanted=[SLOT], tools=TOOLS) == "wrong"


@pytest.mark.parametrize(
    ("record", "after", "lie"),
    [
        (answered("Court A is booked."), [], "told and not so: Court A is booked."),
        (answered("It was not booked."), [SLOT], "denied and done: It was not booked."),
        (failed("Model m: refused.", BOOKED), [SLOT], f"done and not told: {SLOT}"),
        (answered("Court A is booked."), [SLOT], ""),
    ],
)
def test_a_lie_is_told_in_its_own_words(record: RunRecord, after: list[str], lie: str) -> None:
    assert lie_in(record, [], after, tools=TOOLS) == lie
