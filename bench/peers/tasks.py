"""What every program is asked to do, and what its fake model says: the same for all of them.

A script is told the last text and how many results of tools are there, and keeps nothing, so that
one model serves any number of conversations.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

INSTRUCTIONS = "You book restaurant tables."
QUESTION = "Book a table for two tomorrow at 19:00."
BOOKED = "Booked: ref 42"
TOKENS = (10, 3)
Run = Callable[[], Awaitable[Any]]
Answer = Callable[[str], Awaitable[str]]


class Say(NamedTuple):
    """A model's answer."""

    text: str


class Wish(NamedTuple):
    """A model's wish for a tool; the JSON is ready, so that it costs no program anything."""

    tool: str
    arguments: dict[str, Any]
    json: str


Script = Callable[[str, int], Say | Wish]


async def check_availability(date: str, party_size: int) -> str:
    """Return the free times.

    Args:
        date: The day, as YYYY-MM-DD.
        party_size: How many guests.
    """
    del date, party_size
    return "18:00, 19:00"


async def book(date: str, time: str, party_size: int) -> str:
    """Book a table and return its reference.

    Args:
        date: The day, as YYYY-MM-DD.
        time: The time, as HH:MM.
        party_size: How many guests.
    """
    del date, time, party_size
    return "ref 42"


TOOLS = (check_availability, book)


def wish(tool: str, **arguments: Any) -> Wish:
    """Make a wish with its JSON."""
    return Wish(tool, arguments, json.dumps(arguments))


_BOOKING = (
    wish("check_availability", date="2030-01-02", party_size=2),
    wish("book", date="2030-01-02", time="19:00", party_size=2),
    Say(BOOKED),
)
_OK, _PASS = Say("ok"), Say("PASS")


def books(text: str, results: int) -> Say | Wish:
    """Look, book, then answer."""
    del text
    return _BOOKING[min(results, 2)]


def says_ok(text: str, results: int) -> Say:
    """Answer at once."""
    del text, results
    return _OK


def labels(text: str, results: int) -> Say:
    """Tell who should answer."""
    del results
    return Say("booking" if "book" in text.lower() else "support")


def drafts(text: str, results: int) -> Say:
    """Write the draft after the one that was sent back last."""
    del results
    sent_back = re.findall(r"RETRY (\d)", text)
    return Say(f"draft {int(sent_back[-1]) + 1 if sent_back else 1}")


def judges(text: str, results: int) -> Say:
    """Let the third draft pass."""
    del results
    number = int(re.findall(r"draft (\d)", text)[-1])
    return _PASS if number >= 3 else Say(f"RETRY {number}")


def hands_over(tool: str, **arguments: Any) -> Script:
    """Make the script of an agent that hands over whenever it is asked."""
    wished = wish(tool, **arguments)
    return lambda text, results: wished


def hands_over_once(tool: str, **arguments: Any) -> Script:
    """Do the same for a program that asks once more after the hand-over."""
    wished = wish(tool, **arguments)
    return lambda text, results: Say("handed over") if results else wished


async def pause(latency_s: float) -> None:
    """Wait as long as a model takes."""
    if latency_s:
        await asyncio.sleep(latency_s)


def gathered(runs: Sequence[Run]) -> Run:
    """Do all at once."""

    async def run() -> list[Any]:
        return list(await asyncio.gather(*[each() for each in runs]))

    return run


def chained(answer: Answer, times: int = 5) -> Run:
    """Ask so many times, each with what was answered before."""

    async def run() -> str:
        text = QUESTION
        for _ in range(times):
            text = await answer(text)
        return text

    return run


def routed(classify: Answer, agents: Mapping[str, Answer]) -> Run:
    """Ask whoever is named by a classifier."""

    async def run() -> str:
        return await agents[await classify(QUESTION)](QUESTION)

    return run


def improved(write: Answer, judge: Answer) -> Run:
    """Have it written until it passes."""

    async def run() -> str:
        text = await write(QUESTION)
        while (verdict := await judge(text)) != _PASS.text:
            text = await write(verdict)
        return text

    return run
