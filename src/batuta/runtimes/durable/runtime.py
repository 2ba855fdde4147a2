"""Agents whose runs survive a crash of their process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from batuta.core.agent import Agent
from batuta.core.ids import new_id
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.runtime import Durability, Finish, Observer, RunOptions
from batuta.errors import RuntimeFailure
from batuta.runtimes.calls import RuntimeCalls
from batuta.runtimes.durable.engine import Engine
from batuta.runtimes.durable.inputs import Inputs
from batuta.runtimes.durable.people import all_open, answer_question
from batuta.runtimes.durable.recording import StepRecording
from batuta.runtimes.durable.remote_retry import RemoteRetry
from batuta.runtimes.durable.run_table import Live
from batuta.runtimes.local import LocalRuntime

if TYPE_CHECKING:
    from batuta.core.effect import EffectLog
    from batuta.core.people import Question
    from batuta.core.tool import Hook


class DurableRuntime(RuntimeCalls):
    """Hosts agents in this process, each run one DBOS workflow under the run's own id.

    A tool's result reaches the agent as JSON makes it, in the type that the tool declares.

    Args:
        layers: What stands around every ask, use, call and step, outermost first; the recording is
            put inside of all of them.
        place: What this runtime is called in runs' inputs, so that a later process finds it: the
            style's key.
        beneath: Layers between the recording and the real call, such as injected faults.
        options: As ``LocalRuntime`` takes them: models, prices, clock, max_concurrent_calls,
            inbox_size.
    """

    def __init__(
        self,
        engine: Engine,
        layers: Sequence[object],
        *,
        place: str = "",
        beneath: Sequence[object] = (),
        **options: Any,
    ) -> None:
        self.engine, self.place = engine, place
        self.recording = StepRecording(self._find)
        around = (RemoteRetry(self._find), *layers, self.recording, *beneath)
        self.local = local = LocalRuntime(around, **options)
        local.people = engine.people
        self.finish: Finish | None = None
        self.hooks: Sequence[Hook] = ()
        self.observer: Observer | None = None
        self.mail = local.mail
        self.register, self.unregister, self.names = local.register, local.unregister, local.names
        self.ready, self.leave = local.ready, engine.leave
        self._started = False

    @property
    def effects(self) -> EffectLog | None:
        """Where each write is noted before it begins; None notes none."""
        return self.local.effects

    @effects.setter
    def effects(self, log: EffectLog | None) -> None:
        self.local.effects = log

    @property
    def durability(self) -> Durability | None:
        """The runtime itself."""
        return self

    @property
    def working(self) -> int:
        """How many agents are at work in this process."""
        return self.local.working

    async def start(self) -> None:
        """Start the agents, then the engine: it goes on with runs that were interrupted.

        Raises:
            ConfigError: The database cannot be used, or another engine runs in this process.
            StoreBusy: The database is locked.
        """
        await self.local.start()
        await self.engine.start(self)
        self._started = True

    async def stop(self) -> None:
        """Leave what is on to the next start, then stop the agents."""
        self._started = False
        try:
            await self.engine.stop(self)
        finally:
            await self.local.stop()

    async def run(
        self, agent: Agent | str, message: Message, options: RunOptions | None = None
    ) -> RunRecord:
        """Run an agent and give the whole record; a failed run is a record with an error.

        An agent that is not registered cannot be found again after a crash.

        Raises:
            BatutaError: The record could not be kept, or the process is being stopped.
            StoreUnusable: The database is gone or damaged.
        """
        if not self._started:
            await self.start()
        options = options or RunOptions()
        options = replace(options, run_id=options.run_id or new_id("run"))
        name = agent if isinstance(agent, str) else agent.name
        now = (options.clock or self.local.clock).now()
        inputs = Inputs.of(self.place, name, message, options=options, now=now)
        live = Live(host=self, agent=agent, message=message, options=options, inputs=inputs)
        with self.engine.store.guarded():
            return await self.engine.run(live)

    async def submit_batch(
        self, agent: str, work: Sequence[tuple[Message, RunOptions]]
    ) -> list[str]:
        """Leave runs to the App's workers, and give their ids; this process waits for none.

        Args:
            work: Each message with its options; listeners and ``on_end`` are not told.
        """
        if not self._started:
            await self.start()
        made = [(options.run_id or new_id("run"), m, options) for m, options in work]
        now = self.local.clock.now()
        inputs = {
            run_id: Inputs.of(
                self.place, agent, m, options=o, now=o.clock.now() if o.clock else now
            )
            for run_id, m, o in made
        }
        with self.engine.store.guarded():
            await self.engine.enqueue(inputs)
        return list(inputs)

    async def result(self, run_id: str) -> RunRecord:
        """Wait for a run that any process does, and give its record.

        Raises:
            RuntimeFailure: It was cancelled, or ended without a record.
        """
        if not self._started:
            await self.start()
        return await self.engine.result(run_id)

    async def settled(self, idempotency_prefix: str, principal_id: str) -> None:
        """Wait for the run of an earlier request with the same key, in whatever process it is on.

        Args:
            idempotency_prefix: As the run's options have it.

        Raises:
            StoreUnusable: The database is gone or damaged.
        """
        if not self._started:
            await self.start()
        with self.engine.store.guarded():
            run_id = await self.engine.going_on(idempotency_prefix, principal_id)
        if run_id is not None:
            with suppress(RuntimeFailure):  # it was cancelled: then it is over, too
                await self.engine.result(run_id)

    async def answer(self, run_id: str, text: str, person: str = "") -> None:
        """Answer the oldest question that a run puts to a person, wherever the run is on.

        Args:
            person: Who answers; empty takes a question to anybody.

        Raises:
            InvalidInput: The run waits for nobody, or not for this one.
        """
        store = self.engine.store
        await asyncio.to_thread(answer_question, store, run_id, text, person=person)
        await asyncio.to_thread(self.engine.people.deliver)

    async def questions(self) -> tuple[Question, ...]:
        """List what durable runs wait for people to say, in whatever process, oldest first."""
        return await asyncio.to_thread(all_open, self.engine.store)

    def _find(self, name: str) -> Agent:
        return self.local.find(name)
