"""Runs the club's assistant under every style over the same conversations, and counts.

The offline stand-in answers, on a fixed day, so the same code gives the same figures.
"""

from __future__ import annotations

import math
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genai_prices import Usage, calc_price

from batuta.assistant import Ask
from batuta.cli.view.figures import Figures, deciders
from batuta.core.principal import LOCAL
from batuta.core.record import RunRecord
from batuta.hosting import ServiceSpec, placed
from batuta.settings import Settings
from batuta.styles import app_style
from batuta.telemetry.svg import svg
from batuta.wiring import Assistants, open_app, open_tennis

NOW = "2026-03-02T09:00"
"""A Monday."""
PRICED = "gpt-5-mini"
STYLES = "abcdefgh"
PLACED = "cg"
HOME = "own process"
CHOICE = "the first one"
STEPS = ("parse", "availability", "choose", "book", "confirm")
_BOOKING = re.compile(r"BK-[0-9A-Z-]+")


@dataclass(frozen=True)
class Talk:
    """A conversation, and how many bookings it should end in.

    Args:
        kind: ``wording`` for those that say the same wish in one message.
    """

    kind: str
    turns: Sequence[str]
    bookings: int


WORDINGS = (
    "Book a court tomorrow at 3pm",
    "I need a court for tomorrow, 15:00 please",
    "Could you reserve court A for me on Tuesday at 3 pm?",
    "Tomorrow at three in the afternoon, any court, book it",
    "I'd like to play tomorrow at 3pm, please book court B",
)
_WHEN = "I'd like a court tomorrow"
_TWO = "Book court A tomorrow at 3pm and court B on Wednesday at 5pm"
_FREE = "What is free tomorrow at 3pm?"
TALKS = (
    *(Talk("wording", (text,), bookings=1) for text in WORDINGS),
    Talk("in pieces", ("I'd like to book a court", "tomorrow", "at 3pm", "the second one"), 1),
    Talk("corrected", (_WHEN, "at 3pm", "make it 4pm instead", "court B"), 1),
    Talk("asks first", (_FREE, "book the first one"), 1),
    Talk("only asks", (_FREE,), 0),
    Talk("gives up", ("I'd like to book a court", "never mind"), 0),
    Talk("must not act", ("Please don't book anything tomorrow at 3pm",), 0),
    Talk("two wishes", (_TWO,), 2),
)


@dataclass(frozen=True, kw_only=True)
class StyleRun:
    """What all conversations came to under one style, with the first run and its drawing."""

    figures: Mapping[str, Any]
    first: RunRecord
    drawing: str


def path_of(record: RunRecord) -> tuple[str, ...]:
    """What was done in which order and who decided it; not with which words."""
    return tuple(
        f"{event.by} {event.kind} {event.name}"
        for event in record.events
        if event.phase == "start" or event.kind == "decision"
    )


def entropy(paths: Iterable[tuple[str, ...]]) -> float:
    """Shannon's entropy of the paths, in bits: 0 where all are one.

    Source: C. E. Shannon, A Mathematical Theory of Communication, 1948.

    >>> entropy([("a",), ("a",), ("b",), ("b",)])
    1.0
    """
    counts = Counter(paths)
    total = counts.total()
    return sum(-n / total * math.log2(n / total) for n in counts.values())


async def measured(style: str) -> StyleRun:
    """Hold every conversation under a style, in a club where this member has nothing booked."""
    held: list[tuple[Talk, list[RunRecord]]] = []
    async with AsyncExitStack() as stack:
        settings = Settings(home=Path(stack.enter_context(tempfile.TemporaryDirectory())), now=NOW)
        app = await open_app("tennis", settings)
        homes: Mapping[str, str] = {}
        if style in PLACED:
            spec = ServiceSpec(app_name="tennis", style=app_style(app, style, settings))
            there = await stack.enter_async_context(placed(spec))
            settings, homes = there.settings, dict.fromkeys(there.agents, HOME)
        house = await stack.enter_async_context(Assistants(app, settings))
        assistant = await house.style(style)
        for talk in TALKS:
            records: list[RunRecord] = []
            for text in [*talk.turns, *[CHOICE] * (talk.kind == "wording")]:
                if text == CHOICE and _bookings(records):
                    break  # it was not asked which court
                session = records[-1].session_id if records else None
                records.append(await assistant.answer(Ask(text=text, session_id=session)))
            held.append((talk, records))
            await _cancel_all(settings)
    return StyleRun(
        figures=_counted(held), first=held[0][1][0], drawing=drawn(held[0][1][0], homes)
    )


async def _cancel_all(settings: Settings) -> None:
    desk = await open_tennis(settings)
    try:
        for booking in await desk.store.bookings(member_id=LOCAL.id):
            if booking.status == "confirmed":
                await desk.store.cancel(booking.booking_id, LOCAL.id)
    finally:
        await desk.store.aclose()


def _counted(held: Sequence[tuple[Talk, Sequence[RunRecord]]]) -> Mapping[str, Any]:
    records = [record for _, said_in in held for record in said_in]
    wordings = [said_in[0] for talk, said_in in held if talk.kind == "wording"]
    right = {i for i, (talk, said_in) in enumerate(held) if _bookings(said_in) == talk.bookings}
    total = Figures.of(records)
    usage = total.usage
    return {
        "conversations": len(held),
        "turns": len(records),
        "as_wished": len(right),
        "not_as_wished": [talk.kind for i, (talk, _) in enumerate(held) if i not in right],
        "model_calls": total.model_calls,
        "tool_calls": total.tool_calls,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "usd": round(_list_price(usage.input_tokens, usage.output_tokens), 6),
        "events": sum(len(record.events) for record in records),
        "decided": dict(deciders(event for record in records for event in record.events)),
        "paths": len({path_of(record) for record in records}),
        "steps_in_order": sum(map(_in_order, records)),
        "wordings": len(wordings),
        "wording_paths": len({path_of(record) for record in wordings}),
        "wording_entropy_bits": round(entropy(map(path_of, wordings)), 2),
        "first": _one(held[0][1][0]),
    }


def _in_order(record: RunRecord) -> bool:
    """Whether it took steps, and these are the first of the fixed ones, in their order."""
    steps = [e.name for e in record.events if e.by == "workflow" and e.phase == "start"]
    return bool(steps) and steps == [*STEPS[: len(steps)]]


def _bookings(records: Sequence[RunRecord]) -> int:
    return sum(e.tool == "book" and e.status == "done" for r in records for e in r.effects)


def _one(record: RunRecord) -> Mapping[str, Any]:
    return {
        "model_calls": record.model_calls,
        "tool_calls": record.tool_calls,
        "tokens": record.usage.total_tokens,
        "events": len(record.events),
        "decided": dict(deciders(record.events)),
    }


def _list_price(input_tokens: int, output_tokens: int) -> float:
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    return float(calc_price(usage, model_ref=PRICED, provider_id="openai").total_price)


def drawn(record: RunRecord, homes: Mapping[str, str] | None = None) -> str:
    """Draw a run; what is another each time is taken out."""
    return _BOOKING.sub("BK-00000", svg(record, homes=homes))
