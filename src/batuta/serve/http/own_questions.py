"""What a run asks the person who asked it, at doors where that person can answer right there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batuta.core.people import Question
    from batuta.core.runtime import Runtime
    from batuta.core.trace import Event
    from batuta.serve.http.door import Door
    from batuta.serve.http.live import LiveRun

_LOOK_S, _LOOKS = 0.05, 100


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnQuestions:
    """One caller's.

    Args:
        caller_id: Of the principal, by which a run names whom it asks.
    """

    door: Door
    caller_id: str

    async def open(self) -> list[tuple[Question, Runtime]]:
        """List what runs ask the caller, each with the runtime that takes the answer."""
        waiting = await self.door.house.questions()
        return [each for each in waiting if each[0].person == self.caller_id]

    async def of(self, run_id: str) -> list[Question]:
        """List what one run asks the caller."""
        return [question for question, _ in await self.open() if question.run_id == run_id]

    async def waited(self, live: LiveRun, event: Event) -> list[Question]:
        """List what a run asks the caller, where an event may be the begin of such a question."""
        if (event.kind, event.phase, event.name) != ("agent", "start", self.caller_id):
            return []
        for _ in range(_LOOKS):
            if (found := await self.of(live.run_id)) or live.over:
                return found
            await asyncio.sleep(_LOOK_S)
        return []

    async def answer(self, run_id: str, text: str) -> bool:
        """Answer the oldest question of a run to the caller; False where it has none."""
        for question, runtime in await self.open():
            if question.run_id == run_id:
                await runtime.answer(run_id, text, self.caller_id)
                return True
        return False
