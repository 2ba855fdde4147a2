"""A club with a model that fails on purpose, and what is seen of it from outside."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from batuta.assistant import Assistant
from batuta.core.clock import ManualClock
from batuta.core.message import Message
from batuta.core.model import Emit, Model, ModelReply, ModelRequest, ignore
from batuta.core.record import RunRecord
from batuta.core.run import Job
from batuta.core.runtime import RunOptions
from batuta.core.trace import Event
from batuta.offline import OfflineModel
from batuta.runtimes.local import LocalRuntime
from batuta.settings import Settings
from batuta.tennis.app import tennis_app
from batuta.tennis.bookings import TennisClub
from batuta.testing.faulty import FaultyModel, Inject
from batuta.wiring import Assistants, open_tennis

STYLES = ("a", "b", "d", "e", "f", "h")
NOW = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
WISH = "Book court A tomorrow at 3pm"
WANTED = "2026-03-03T15:00/A"
NEXT_WISH = "Book court B on Thursday at 5pm"
NEXT_WANTED = "2026-03-05T17:00/B"


class Mending:
    """The offline model, which tries a call once more that was turned away, as real models do."""

    name = "offline:rules"

    async def reply(self, request: ModelRequest, emit: Emit = ignore) -> ModelReply:
        kept = _without_failed_tries(request.messages)
        return await OfflineModel().reply(replace(request, messages=kept), emit)


def _without_failed_tries(messages: Sequence[Message]) -> Sequence[Message]:
    """Leave the last call and its error out where it may be mended and is the first of its kind."""
    if len(messages) < 3 or not _mendable(messages[-1]):
        return messages
    said = [m.text for m in messages if m.role == "tool"]
    if said.count(messages[-1].text) > 1:
        return messages
    return _without_failed_tries(messages[:-2])


def _mendable(message: Message) -> bool:
    return message.role == "tool" and '"retry": true' in message.text


@dataclass
class Member:
    """Talks to the club under one style, with a model that can be made to fail."""

    style: str
    faulty: FaultyModel
    desk: TennisClub
    assistants: Assistants
    assistant: Assistant
    clock: ManualClock
    jobs: list[Job] = field(default_factory=list[Job])
    heard: list[Event] = field(default_factory=list[Event])
    session_id: str | None = None

    async def says(self, text: str, *, faults: bool = False) -> RunRecord:
        """Say something, with a sound model or with faults."""
        self.faulty.active = faults
        self.heard.clear()
        record = await self.assistant.chat(text, self.session_id, listener=self.heard.append)
        if record.reply is not None:
            self.session_id = record.session_id
        return record

    async def booked(self) -> list[str]:
        """Read the club's file."""
        return [b.slot_id for b in await self.desk.store.bookings()]

    async def is_on_record(self, record: RunRecord) -> bool:
        """Tell whether the run was kept as it was."""
        kept = await self.assistants.records.load(record.run_id, record.principal_id)
        return json.dumps(kept.to_json()) == json.dumps(record.to_json())

    @property
    def held(self) -> float:
        """What budgets still hold, in tokens and dollars; nothing once a run is over."""
        return sum(job.account.held_tokens + job.account.held_usd for job in self.jobs)


@asynccontextmanager
async def member(
    style: str,
    home: Path,
    *faults: Inject,
    inner: Model | None = None,
    seed: int = 0,
) -> AsyncGenerator[Member]:
    """Open a club of its own, on real files, under a style."""
    settings = Settings(home=home)
    desk = await open_tennis(settings)
    faulty = FaultyModel(inner or Mending(), faults, seed=seed)
    clock = ManualClock(NOW)
    app = replace(tennis_app(desk), models={"default": faulty})
    async with Assistants(app, settings, clock) as assistants:
        assistant = await assistants.style(style)
        made = Member(style, faulty, desk, assistants, assistant, clock)
        _watch(assistant, made.jobs)
        yield made


def _watch(assistant: Assistant, jobs: list[Job]) -> None:
    """Keep each run's job: nothing outside a run shows whether its budget was settled."""
    runtime = assistant.runtime
    assert isinstance(runtime, LocalRuntime)
    make = runtime._job

    def kept(name: str, question: Message, options: RunOptions) -> Job:
        jobs.append(make(name, question, options))
        return jobs[-1]

    runtime._job = kept


def retries(record: RunRecord) -> int:
    """Count how often a model was asked again."""
    return sum(event.kind == "retry" for event in record.events)
