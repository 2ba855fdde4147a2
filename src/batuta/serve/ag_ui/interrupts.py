"""Questions of a run to whoever asked it, as AG-UI's interrupts, and the answers that resume it.

The run itself goes on waiting: a durable one over restarts. What is needed to take its stream up
again is kept beside the sessions, for its caller alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from batuta.core.result import json_text
from batuta.core.session import Session
from batuta.errors import Conflict, RecordNotFound, SessionError
from batuta.serve.http.own_questions import OwnQuestions
from batuta.serve.http.problems import Refused
from batuta.serve.http.replies import answer_of, cancelled

if TYPE_CHECKING:
    from ag_ui.core import ResumeEntry

    from batuta.core.people import Question
    from batuta.core.principal import Principal
    from batuta.serve.ag_ui.translation import Translation
    from batuta.serve.http.door import Door
    from batuta.serve.http.live import LiveRun

STILL_THERE = b": still at it\n\n"
QUIET_S = 15.0
_PAUSE_S = 0.2
_HASHED = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Interrupted:
    """A run that waits for its own caller.

    Args:
        first_run: The client's name of the run that its tool calls began in.
        told: How many of its model calls' usage was told already.
    """

    run_id: str
    session_id: str
    first_run: str
    told: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Interrupts:
    """One caller's."""

    door: Door
    caller: Principal

    @property
    def asked(self) -> OwnQuestions:
        """What runs ask the caller."""
        return OwnQuestions(door=self.door, caller_id=self.caller.id)

    async def end(
        self, questions: Sequence[Question], held: Interrupted, told: Translation
    ) -> bytes:
        """End a run's stream with what it waits for, noted for any process that is answered."""
        for question in questions:
            mark = Session(f"mark_{interrupt_id(question)}", self._owner(), state=asdict(held))
            with suppress(Conflict):  # it stands there already
                await self.door.house.sessions.save(mark)
        return told.interrupt({interrupt_id(question): question for question in questions})

    async def resume(self, entries: list[ResumeEntry]) -> tuple[Interrupted, LiveRun | None, int]:
        """Pass on what the caller answers; gives the run, and how many events were before.

        Raises:
            Refused: Nothing waits for such an answer.
        """
        if len({entry.interrupt_id for entry in entries}) != 1:
            raise Refused(422, "invalid_input", "resume: answer one interrupt at a time.")
        entry = entries[-1]
        held = await self._held(entry.interrupt_id)
        for question, runtime in await self.asked.open():
            if interrupt_id(question) != entry.interrupt_id:
                continue
            try:
                live = self.door.runs.find(held.run_id, self.caller.id)
            except RecordNotFound:  # it was begun by an earlier process
                live = None
            before = 0 if live is None else len(live.events)
            await runtime.answer(question.run_id, _words(entry), self.caller.id)
            return held, live, before
        raise _nothing(entry.interrupt_id)

    async def _held(self, name: str) -> Interrupted:
        try:
            kept = await self.door.house.sessions.load(f"mark_{name}", self._owner())
        except SessionError as error:
            raise _nothing(name) from error
        return Interrupted(**kept.state)

    def _owner(self) -> str:
        return f"ag_ui/{_digest(self.caller.id)}"


def interrupt_id(question: Question) -> str:
    """Name a question as the client knows it."""
    return _digest(question.run_id, question.span)


async def later_frames(
    interrupts: Interrupts, held: Interrupted, told: Translation
) -> AsyncIterator[bytes]:
    """Write the end of a run that another process began, once it is there, or asks again."""
    door = interrupts.door
    quiet_s, left_s = 0.0, door.house.settings.run_seconds
    yield told.begin(held.session_id)
    while left_s > 0:
        with suppress(RecordNotFound):
            record = await door.house.records.load(held.run_id, interrupts.caller.id)
            yield told.end(answer_of(record), record)
            return
        if questions := await interrupts.asked.of(held.run_id):
            yield await interrupts.end(questions, held, told)
            return
        await asyncio.sleep(_PAUSE_S)
        quiet_s, left_s = quiet_s + _PAUSE_S, left_s - _PAUSE_S
        if quiet_s > QUIET_S:
            quiet_s = 0.0
            yield STILL_THERE
    yield told.end(cancelled(run_id=held.run_id), None)


def _words(entry: ResumeEntry) -> str:
    """Give an answer in words, which is how people answer runs; who gives up says no."""
    if entry.status == "cancelled":
        return "no"
    payload: Any = entry.payload
    if isinstance(payload, Mapping):
        given = cast("Mapping[str, Any]", payload)
        payload = given.get("approved", given)
    if isinstance(payload, bool):
        return "yes" if payload else "no"
    return payload if isinstance(payload, str) else json_text(payload)


def _nothing(name: str) -> Refused:
    said = f"Nothing waits for an answer to interrupt {name[:_HASHED]!r}: leave resume out."
    return Refused(404, "nothing_to_resume", said)


def _digest(*told: str) -> str:
    plain = "\x1f".join(told).encode("utf-8", "surrogatepass")
    return hashlib.sha256(plain).hexdigest()[:_HASHED]
