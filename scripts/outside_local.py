"""Run every style on a small language model on this machine, and write down what came of it.

Run: ``make outside``, or ``python scripts/outside_local.py`` for this part alone. The model is real
and weak: what it says is not judged, what the product makes of it is.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from batuta.assistant import Ask
from batuta.core.ids import new_secret
from batuta.core.principal import LOCAL
from batuta.core.record import RunRecord
from batuta.core.redaction import Secret
from batuta.core.trace import Event
from batuta.hosting import hosted
from batuta.settings import Settings
from batuta.styles import app_style, placed_names
from batuta.wiring import Assistants, open_app

MODEL = "local:smollm2"
STYLES = "abcdefgh"
SAID = ("Book a court tomorrow at 3pm", "Court A please")
TALKS = "defgh"
"""Styles whose answer is the model's own, where it is shown no tools."""
MOST_TOKENS = 256
PATIENCE_S = 300.0
_SHOWN = 60
HEAD = "| style | reply | turn | ended | model calls | tool calls | tokens out | s | it said |"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a style."""

    style: str
    streamed: bool
    number: int
    record: RunRecord
    booked: int

    def row(self) -> str:
        """Write it as a line of the table."""
        record = self.record
        said = record.text if record.reply is not None else str((record.error or {})["message"])
        short = " ".join(said.split()).replace("|", "/")
        if self.style in TALKS and record.reply is not None:
            short = f"(its own words, {len(short)} characters)"
        cut = short if len(short) <= _SHOWN else f"{short[:_SHOWN].rstrip()} …"
        warned = " and a warning: it claims what was not done" if record.warnings else ""
        cells = (
            self.style.upper(), "streamed" if self.streamed else "plain", self.number,
            f"`{record.stop_reason}`{warned}", record.model_calls, record.tool_calls,
            record.usage.output_tokens, f"{record.seconds:.0f}", cut,
        )  # fmt: skip
        return f"| {' | '.join(map(str, cells))} |"

    def faults(self) -> list[str]:
        """Say what no model may bring the product to."""
        record = self.record
        told: list[str] = []
        where = f"{self.style.upper()}, turn {self.number}"
        full = record.model_calls == 1 and record.usage.output_tokens >= MOST_TOKENS
        if record.stop_reason == "done" and full:
            told.append(f"{where}: a cut answer counts as done")
        said = record.text if record.reply is not None else str(record.error)
        if "Value error" in said or "validation error" in said.lower():
            told.append(f"{where}: a person reads the words of a validator")
        if self.booked and not record.effects:
            told.append(f"{where}: a booking that the record knows nothing of")
        return told


@asynccontextmanager
async def services(style: str, settings: Settings) -> AsyncGenerator[Settings]:
    """Host a style's agents on ports of their own; gives the settings that know where they are."""
    settings = replace(settings, secret=Secret(new_secret()))
    found = app_style(await open_app("tennis", settings), style, replace(settings, port=0))
    where: dict[str, tuple[str, ...]] = {}
    async with AsyncExitStack() as running:
        for name in placed_names(found.names()) if found.style.independent else ():
            host = await running.enter_async_context(hosted(found, names=[name]))
            where[name] = (host.address,)
        yield replace(settings, placement={style: where}) if where else settings


@asynccontextmanager
async def club(style: str) -> AsyncGenerator[Assistants]:
    """Open the club's App with the model, in a home of its own."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(
            home=Path(home), model=MODEL, model_seconds=PATIENCE_S, run_seconds=2 * PATIENCE_S
        )
        # So long as it writes something, it would go on to the end of its context.
        settings = replace(settings, max_output_tokens=MOST_TOKENS)
        async with (
            services(style, settings) as placed,
            Assistants(await open_app("tennis", placed), placed) as assistants,
        ):
            yield assistants


def heard(event: Event) -> None:
    """Listen, which makes the run ask for streams."""


async def conversation(style: str, *, streamed: bool) -> list[Turn]:
    """Say two things under a style."""
    turns: list[Turn] = []
    session = None
    async with club(style) as assistants:
        assistant = await assistants.style(style)
        for number, text in enumerate(SAID, 1):
            listener = heard if streamed else None
            ask = Ask(text=text, principal=LOCAL, session_id=session, listener=listener)
            record = await assistant.answer(ask)
            session = record.session_id if record.reply is not None else session
            booked = sum(effect.tool == "book" for effect in record.effects)
            turns.append(Turn(style, streamed, number, record, booked))
            print(turns[-1].row(), flush=True)
    return turns


async def played() -> list[Turn]:
    """Play every style, plain and streamed."""
    made: list[Turn] = []
    for style in STYLES:
        for streamed in (False, True):
            made += await conversation(style, streamed=streamed)
    return made


def table() -> tuple[str, list[str]]:
    """Give the table, and what went wrong."""
    turns = asyncio.run(played())
    rows = [HEAD, "|---|---|---|---|---|---|---|---|---|", *(turn.row() for turn in turns)]
    return "\n".join(rows), [fault for turn in turns for fault in turn.faults()]


if __name__ == "__main__":
    shown, wrong = table()
    print(shown)
    if wrong:
        raise SystemExit("\n".join(wrong))
