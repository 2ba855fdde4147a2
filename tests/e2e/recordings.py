"""The recorded conversations; run as a script, records them again."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

from batuta.core.clock import FixedClock
from batuta.core.model import Model
from batuta.core.record import RunRecord
from batuta.offline import OfflineModel
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.testing.recorded import RecordingModel
from batuta.wiring import Assistants, open_tennis
from tests.e2e.faults import NOW, STYLES

FOLDER = Path(__file__).parents[1] / "recordings"
REPLIES = FOLDER / "replies.json"
TURNS = (
    "I'd like to book a court",
    "tomorrow",
    "at 3pm",
    "make it 4pm instead",
    "the second one",
    "thank you",
)
BOOKED = ["2026-03-03T16:00/B"]
_BOOKING_ID = re.compile(r"BK-\w{5}-\w{5}")


def recording(style: str) -> Path:
    """The file of a style's conversation."""
    return FOLDER / f"{style}.jsonl"


def replies() -> dict[str, list[str]]:
    """What the member was told under each style when it was recorded."""
    return json.loads(REPLIES.read_text())


def plain(text: str) -> str:
    """Leave booking ids out: they differ from run to run."""
    return _BOOKING_ID.sub("BK-…", text)


async def converse(
    style: str, model: Model, home: Path, prompt: str | None = None
) -> tuple[list[RunRecord], list[tuple[str, str]]]:
    """Hold the conversation; give the records, and slot and id of what was booked.

    Args:
        prompt: Instructions in the place of the App's own.
    """
    settings = Settings(home=home)
    desk = await open_tennis(settings)
    app = replace(tennis_app(desk), models={"default": model})
    if prompt is not None:
        app = replace(app, instructions=prompt)
    async with Assistants(app, settings, FixedClock(NOW)) as assistants:
        assistant = await assistants.style(style)
        session_id: str | None = None
        records: list[RunRecord] = []
        for text in TURNS:
            records.append(await assistant.chat(text, session_id))
            if records[-1].error is not None:
                break
            session_id = records[-1].session_id
        booked = [(b.slot_id, b.booking_id) for b in await desk.store.bookings()]
    return records, booked


def _record() -> None:
    told: dict[str, list[str]] = {}
    for style in STYLES:
        recording(style).unlink(missing_ok=True)
        with tempfile.TemporaryDirectory() as home:
            model = RecordingModel(OfflineModel(), recording(style))
            records, _ = asyncio.run(converse(style, model, Path(home)))
        told[style] = [plain(record.text) for record in records]
    REPLIES.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    _record()
