"""One attempt of a run: from its inputs, through what was recorded before, to its outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from dbos import DBOS
from dbos import error as dbos_errors

from batuta.core.agent import Agent, FunctionAgent
from batuta.core.message import Message
from batuta.core.record import RunRecord
from batuta.core.redaction import redacted_text
from batuta.core.run import Run
from batuta.errors import BatutaError, RunInterrupted, RuntimeFailure
from batuta.remote.result import error_from_json, error_to_json
from batuta.runtimes.durable.contents import KEPT
from batuta.runtimes.durable.inputs import Inputs, standing
from batuta.runtimes.durable.journal import Journal, Outcome
from batuta.runtimes.durable.people import forget_questions

if TYPE_CHECKING:
    from dbos import StepInfo, WorkflowStatus

    from batuta.core.runtime import RunOptions
    from batuta.runtimes.durable.run_table import Live, RunHost, RunTable


_LOG = logging.getLogger(__name__)


class Attempt:
    """One attempt of one run, within its workflow."""

    def __init__(self, table: RunTable, run_id: str, raw: Mapping[str, Any]) -> None:
        self._table, self.run_id = table, run_id
        self._live: Live | None = table.live.get(run_id)
        self._journal: Journal | None = None
        self._left = self._live is not None and self._live.left
        self.host: RunHost | None = None if self._live is None else self._live.host
        self.task: asyncio.Task[Any] | None = None
        self._inputs = Inputs.from_json(raw) if self._live is None else self._live.inputs
        self._raw, self._contents = raw, table.contents
        self._ended: list[RunRecord] = []

    async def run(self) -> dict[str, Any]:
        """Do the run, or the rest of it, and give the output to be kept.

        Raises:
            CancelledError: It was cancelled, or is left for another process.
            DBOSWorkflowConflictIDError: Another process has taken it over.
        """
        self.task = asyncio.current_task()
        self._table.attempts.add(self)
        try:
            return await self._run()
        finally:
            self._table.attempts.discard(self)

    def leave(self) -> None:
        """End without an outcome, so that another process, or the next start, goes on."""
        self._left = True
        if self._journal is not None:
            self._journal.leave()
        elif self.host is None and self.task is not None:
            self.task.cancel()  # it looks for a runtime, which may take as long as it likes

    async def _run(self) -> dict[str, Any]:
        live = self._live
        host = self.host = self.host or await self._host()
        if live is None and KEPT in self._raw:
            self._inputs = Inputs.from_json(await self._contents.whole(self.run_id, self._raw))
        journal = Journal(
            self.run_id,
            {} if live is not None else await self._recorded(),
            contents=self._contents,
            holds=KEPT in self._raw,
        )
        if live is None:
            agent = await self._within_limit(self._inputs.agent, len(journal.recorded))
        else:
            agent = live.agent
        if self._left:
            self._tell(RunInterrupted(self._inputs.agent, self.run_id))
        if self._left or (live is not None and live.unwanted):
            raise asyncio.CancelledError
        work = host.local.run(agent, self._inputs.message, self._options(host))
        self._table.journals[self.run_id] = host.recording.journals[self.run_id] = journal
        self._journal = journal
        try:
            journal.task = asyncio.create_task(work)
            await asyncio.wait({journal.task})
            return await self._close(host, journal)
        finally:
            del self._table.journals[self.run_id]
            del host.recording.journals[self.run_id]

    async def _close(self, host: RunHost, journal: Journal) -> dict[str, Any]:
        failure = journal.failure
        if failure is not None and not await self._only_cancelled(failure):
            if isinstance(failure, dbos_errors.DBOSWorkflowConflictIDError):
                raise failure
            self._tell(_not_kept(self._inputs.agent, failure))
            raise asyncio.CancelledError
        if journal.left:
            self._tell(RunInterrupted(self._inputs.agent, self.run_id))
            raise asyncio.CancelledError
        if not self._ended:  # cancelled before it did anything
            raise asyncio.CancelledError
        [record] = self._ended
        try:
            if host.finish is not None:
                record = await host.finish(record, self._session(), self._inputs.idempotency_prefix)
            await self._forget(journal)
        except BatutaError as error:  # a later attempt finishes it
            self._tell(error)
            await self._note(idle=f"it has ended, but its record is not kept: {error}")
            raise asyncio.CancelledError from error
        if host.observer is not None:
            host.observer(record, self._inputs.budget)
        self._hand_over(record)
        if record.stop_reason == "cancelled":
            raise asyncio.CancelledError
        return output_of(record)

    async def _forget(self, journal: Journal) -> None:
        """Remove what only a run that is on needs."""
        if journal.asked:
            await asyncio.to_thread(forget_questions, self._table.store, self.run_id)
        if journal.holds:
            await self._contents.forget(self.run_id)

    async def _only_cancelled(self, failure: BaseException) -> bool:
        """Tell whether nothing more can be recorded because the run was cancelled."""
        if isinstance(failure, dbos_errors.DBOSWorkflowCancelledError):
            return True
        # A cancelled run has no owner: a step that meets that says it has lost it.
        lost = isinstance(failure, dbos_errors.DBOSWorkflowConflictIDError)
        return lost and (await self._status()).status == "CANCELLED"

    def _hand_over(self, record: RunRecord) -> None:
        if self._live is not None:
            self._live.record = record
            if self._live.options.on_end is not None:
                self._live.options.on_end(record)

    def _tell(self, error: BatutaError) -> None:
        if self._live is not None:
            self._live.error = error

    def _session(self) -> Any:
        return self._inputs.session if self._live is None else self._live.options.session

    def _options(self, host: RunHost) -> RunOptions:
        clock = host.local.clock
        if self._live is None:
            options = self._inputs.options(self.run_id, clock, host.hooks)
        else:
            given = self._live.options
            options = replace(given, clock=standing(given.clock or clock, self._inputs.now))
        return replace(options, on_end=self._ended.append)

    async def _host(self) -> RunHost:
        """Give the runtime that the run belongs to; where there is none, leave it for another."""
        place = self._inputs.place
        why = f"no process here has {place or 'its agents'}"
        try:
            host = await self._table.host(place)
        except BatutaError as error:
            host, why = None, str(error)
        if host is None:
            await self._note(idle=why)
            _LOG.warning("Run %s waits for another worker: %s", self.run_id, why)
            raise asyncio.CancelledError(why)
        return host

    async def _recorded(self) -> dict[str, Outcome]:
        """Read all that earlier attempts have done, and go on counting after it."""
        steps = await self._table.client.list_workflow_steps_async(self.run_id)
        last = max((step["function_id"] for step in steps), default=0)
        while last and DBOS.reserve_step().step_id < last:
            pass
        return {
            step["function_name"]: _outcome(step) for step in steps if "#" in step["function_name"]
        }

    async def _within_limit(self, agent: str, steps: int) -> Agent | str:
        """Count an attempt that got no further than the last; give up after too many of them."""
        before = (await self._status()).attributes or {}
        attempts = before.get("lives", 0) + 1 if before.get("steps") == steps else 1
        await self._note(lives=attempts, steps=steps, idle="")
        if attempts <= self._table.most_attempts:
            return agent

        async def give_up(_: Message, __: Run) -> Message:
            detail = f"was begun {attempts} times after step {steps} and never got any further"
            raise RuntimeFailure(agent, f"{detail}. Nothing more is tried.")

        return FunctionAgent(name=agent, answer=give_up)

    async def _status(self) -> WorkflowStatus:
        [status] = await self._table.client.list_workflows_async(
            workflow_ids=[self.run_id], load_input=False, load_output=False
        )
        return status

    async def _note(self, **facts: Any) -> None:
        await self._table.client.update_workflow_attributes_async(self.run_id, facts, merge=True)


def _outcome(step: StepInfo) -> Outcome:
    if step["error"] is not None:
        return {"raised": step["error"]}
    return cast("Outcome", step["output"])


def output_of(record: RunRecord) -> dict[str, Any]:
    """Make a run's output, as it is kept in the database."""
    failure = record.failure
    told_of = None if failure is None else error_to_json(failure)
    return {"record": record.to_json(), "failure": told_of}


def read_output(raw: Mapping[str, Any]) -> RunRecord:
    """Read a run's output, its error included."""
    record = RunRecord.from_json(raw["record"])
    if raw["failure"] is None:
        return record
    return replace(record, failure=error_from_json(raw["failure"]))


def _not_kept(agent: str, failure: BaseException) -> RuntimeFailure:
    return RuntimeFailure(
        agent,
        f"what it does cannot be recorded ({redacted_text(failure)}). "
        "It goes on once that is mended.",
    )
