"""The App's hooks hold where the tool is used, with what the conversation knows elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from batuta.core.message import Message, ToolCall
from batuta.core.model import Emit, ModelReply, ModelRequest, ignore
from batuta.core.redaction import Secret
from batuta.core.session import Session
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.wiring import assistant
from tests.e2e.placed import hosts

SLOT = "2026-03-03T15:00/A"
pytestmark = pytest.mark.e2e


class Wilful:
    """A manager that has the booking made at once, and a specialist that makes it."""

    name = "wilful:1"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        last, tools = request.messages[-1], [tool.name for tool in request.tools]
        if last.role == "tool":
            return ModelReply(last.text, model=self.name)
        call = ToolCall("c1", "booking", {"task": f"Book {SLOT}"})
        if "book" in tools:
            call = ToolCall("c1", "book", {"slot_id": SLOT})
        return ModelReply("", (call,), stop_reason="tool_calls", model=self.name)


@pytest.mark.parametrize("offered", [False, True])
async def test_specialist_elsewhere_books_only_what_this_conversation_offered(
    desk: TennisClub, tmp_path: Path, offered: bool
) -> None:
    settings = Settings(home=tmp_path, now="2026-03-02T09:00", secret=Secret("s" * 32))
    app = replace(tennis_app(desk), models={"default": Wilful()})
    async with (
        hosts(app, "g", settings) as placed,
        assistant(app, "g", settings=placed) as club,
    ):
        session = Session("ses_1", "local")
        if offered:
            session.state["offered slot_id"] = [SLOT.casefold()]
            session.history.append(Message.user("Hello"))
        await club.sessions.save(session)
        record = await club.chat("Do as you like", "ses_1")

    assert bool(await desk.store.bookings()) == offered
    assert ("was not offered" in record.raised().text) != offered
