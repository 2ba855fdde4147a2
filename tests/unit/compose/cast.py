"""Agents that play a part in tests of compositions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from batuta.core.agent import FunctionAgent
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.run import Run
from batuta.errors import BatutaError, ToolFailed
from batuta.parts.members import RECORD
from tests.unit.core.rig import does


def says(
    name: str, text: str, data: Mapping[str, Any] | None = None, **about: Any
) -> FunctionAgent:
    """Answers always the same."""

    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant(text, data).with_metadata(**about)

    return FunctionAgent(name=name, answer=answer)


def breaks(name: str, error: BatutaError | None = None) -> FunctionAgent:
    """Fails always."""

    async def work(run: Run) -> None:
        raise error or ToolFailed("t", f"{name} is broken")

    return does(name, work)


def asks(name: str) -> FunctionAgent:
    """Asks the model once and says what it said."""

    async def answer(message: Message, run: Run) -> Message:
        return Message.assistant((await run.ask([message])).text)

    return FunctionAgent(name=name, answer=answer)


class Waits:
    """An agent that never answers by itself, and knows whether it was begun and cancelled."""

    role = "waits"

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun = asyncio.Event()
        self.cancelled = False

    async def execute(self, message: Message, run: Run) -> Message:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return message


class Listens:
    """Keeps the messages that it was asked, and answers with a number."""

    role = "listens"

    def __init__(self, name: str, *texts: str) -> None:
        self.name = name
        self.heard: list[Message] = []
        self.texts = texts

    async def execute(self, message: Message, run: Run) -> Message:
        self.heard.append(message)
        at = min(len(self.heard), len(self.texts)) - 1
        return Message.assistant(self.texts[at] if self.texts else f"{self.name} heard")


class Lives:
    """Knows whether it is up."""

    role = "lives"

    def __init__(self, name: str, *, broken: bool = False) -> None:
        self.name, self.broken, self.up = name, broken, False

    async def execute(self, message: Message, run: Run) -> Message:
        return Message.assistant(f"{self.name} up: {self.up}")

    async def start(self) -> None:
        if self.broken:
            raise RuntimeError("cannot start")
        self.up = True

    async def stop(self) -> None:
        self.up = False

    def ready(self) -> bool:
        return self.up


def told(record: RunRecord) -> dict[str, Any]:
    """Give the composition's record."""
    assert record.reply is not None, record.error
    return record.reply.metadata[RECORD]


def statuses(record: RunRecord) -> list[str]:
    """Give the members' statuses."""
    return [m["status"] for m in told(record)["members"]]


def decisions(record: RunRecord) -> list[str]:
    """Give what was decided, with its reason."""
    return [
        f"{e.name} | {(e.data or {}).get('why', '')}" for e in record.events if e.kind == "decision"
    ]
