"""Runs that are going on: started by a request, followed by any number of readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from batuta.assistant import Ask
from batuta.core.record import RunRecord
from batuta.core.slots import new_list
from batuta.core.trace import Event
from batuta.errors import RecordNotFound
from batuta.serve.http.limits import RunSlots
from batuta.serve.http.problems import Answer
from batuta.serve.http.replies import cancelled

_SHUTDOWN_S = 3.0


@dataclass(eq=False)
class LiveRun:
    """One run, listened to from its begin.

    Args:
        events: What happened so far, streamed text included.
        record: None while it is on, and where there was no run.
        settled: The run itself has ended and is only being kept.
        over: All is done, for good or ill.
        readers: How many follow it as it goes, or are about to.
        let_go: Leaves a durable run to the next start, by its id; None where runs are not durable.
    """

    style: str
    ask: Ask
    run_id: str = ""
    session_id: str = ""
    events: list[Event] = field(default_factory=new_list)
    record: RunRecord | None = None
    settled: bool = False
    over: bool = False
    readers: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[Answer] | None = None
    let_go: Callable[[str], bool] | None = None
    _news: asyncio.Event | None = None

    def __call__(self, event: Event) -> None:
        """Take an event; those of the run itself are for this one, and no reader."""
        if event.kind != "run":
            self.events.append(event)
            self.wake()
        elif event.phase == "end":
            self.settled = True
        else:
            ids = event.data or {}
            self.run_id, self.session_id = ids["run_id"], ids["session_id"]
            self.begun.set()

    def answer(self) -> Answer:
        """Give what the door answers, once all is done."""
        if self.task is None or self.task.cancelled():
            return cancelled(**self.ids())
        return self.task.result()

    def ids(self) -> dict[str, str]:
        """Give what a reader knows the run by."""
        return {"run_id": self.run_id, "session_id": self.session_id, "style": self.style}

    def leave(self) -> None:
        """Cancel the run, unless it has ended and is only being kept."""
        if self.task is not None and not self.settled:
            self.task.cancel()

    def part(self) -> None:
        """End as the server does: a durable run goes on at the next start, another is cancelled."""
        if self.let_go is None or not self.let_go(self.ask.run_id or ""):
            self.leave()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        if self._news is not None:
            self._news.set()
            self._news = None

    def is_read(self) -> bool:
        """Tell whether anybody wants its text as it comes."""
        return self.readers > 0

    async def follow(self, quiet_s: float) -> AsyncIterator[Event | None]:
        """Give every event, those of the past first; None where it was quiet for so long."""
        self.readers += 1
        try:
            async for event in self._followed(quiet_s):
                yield event
        finally:
            self.readers -= 1

    async def _followed(self, quiet_s: float) -> AsyncIterator[Event | None]:
        at = 0
        while True:
            for event in self.events[at:]:
                at += 1
                yield event
            if at < len(self.events):
                continue
            if self.over:
                return
            news = self._news = self._news or asyncio.Event()
            try:
                await asyncio.wait_for(news.wait(), quiet_s)
            except TimeoutError:
                yield None


class LiveRuns:
    """The runs that this door has going on.

    Args:
        most: How many may be on at once.
        share: Part of the places that others leave which one principal's may take.
    """

    def __init__(self, most: int, share: float = 1.0) -> None:
        self._slots = RunSlots(most, share)
        self._on: set[LiveRun] = set()

    def start(self, live: LiveRun, work: Callable[[LiveRun], Coroutine[Any, Any, Answer]]) -> None:
        """Start a run in a task of its own, which no request owns.

        Args:
            work: Runs it and makes the answer.

        Raises:
            LimitReached: Too many are on.
        """
        self._slots.take(live.ask.principal.id)
        self._on.add(live)
        live.task = asyncio.create_task(work(live))
        live.task.add_done_callback(lambda _: self._over(live))

    @contextmanager
    def place(self, principal_id: str) -> Generator[None]:
        """Take the place of a run for work that nobody follows.

        Raises:
            LimitReached: Too many are on.
        """
        self._slots.take(principal_id)
        try:
            yield
        finally:
            self._slots.give_back(principal_id)

    def _over(self, live: LiveRun) -> None:
        self._slots.give_back(live.ask.principal.id)
        self._on.discard(live)
        live.over = True
        live.begun.set()
        live.wake()

    @property
    def on(self) -> int:
        """How many are on."""
        return len(self._on)

    def of(self, principal_id: str) -> Iterable[LiveRun]:
        """List a principal's runs that are on and have an id, newest first."""
        mine = [r for r in self._on if r.run_id and r.ask.principal.id == principal_id]
        return sorted(mine, key=lambda r: r.run_id, reverse=True)

    def find(self, run_id: str, principal_id: str) -> LiveRun:
        """Give one of a principal's runs that is on.

        Raises:
            RecordNotFound: None of that id is on for that principal.
        """
        for live in self.of(principal_id):
            if live.run_id == run_id:
                return live
        raise RecordNotFound(run_id)

    async def stop(self) -> None:
        """Wait a little for what is on, then cancel it; the records are kept all the same.

        Durable runs are left to the next start instead, and who waits for one is told so.
        """
        tasks = [live.task for live in self._on if live.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=_SHUTDOWN_S)
        for live in [live for live in self._on if live.task in late]:
            live.part()
        if late:
            await asyncio.wait(late, timeout=_SHUTDOWN_S)
