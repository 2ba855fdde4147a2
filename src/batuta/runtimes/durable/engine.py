"""DBOS in this process: launched once, runs our one workflow, takes up what was left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeAlias

from dbos import DBOS, DBOSClient, DBOSContextSetAuth, SetWorkflowID, WorkflowHandleAsync
from dbos import error as dbos_errors

from batuta.core.cancellation import is_cancelled
from batuta.core.record import RunRecord
from batuta.core.redaction import redacted_text
from batuta.errors import ConfigError, RuntimeFailure
from batuta.runtimes.durable.attempt import Attempt, read_output
from batuta.runtimes.durable.dbos_private import recover_runs_of
from batuta.runtimes.durable.heartbeat import Heartbeat, Round
from batuta.runtimes.durable.inputs import Inputs
from batuta.runtimes.durable.people import DurablePeople
from batuta.runtimes.durable.run_table import Live, RunHost, RunTable
from batuta.runtimes.durable.serialization import JsonSerializer
from batuta.runtimes.durable.slots import LEASE_S, Slots
from batuta.runtimes.durable.store import Store
from batuta.runtimes.durable.versions import (
    OPEN,
    WORKFLOW,
    runs_of_other_versions,
    version_of,
    waits_for_version,
)

if TYPE_CHECKING:
    from dbos import DBOSConfig, EnqueueOptions


_LOG = logging.getLogger(__name__)
_Task: TypeAlias = asyncio.Future[Any]
_MOST_THREADS = 64  # some Pythons leak threads out of a pool without a limit
_HEAR_S, _CANCEL_S, _OTHERS_S = 0.3, 0.5, 5.0
_LEAVE_S = 10.0
"""Longest time that ending attempts are waited for: a database that is away holds nobody up."""
_AT_ONCE = 10


class Engine:
    """One App's durable runs in this process; DBOS allows one engine at a time.

    Args:
        app: Name of the App: processes of another App on the same database do not see its runs.
        slot: Stable name of this worker; empty takes the first one that is free.
        at_once: Runs of batches that this process works on at the same time; 0 takes none.
        most_attempts: How often a run may be taken up again without getting any further.
    """

    def __init__(
        self,
        store: Store,
        app: str,
        *,
        slot: str = "",
        at_once: int = 0,
        lease_s: float = LEASE_S,
        most_attempts: int = 10,
    ) -> None:
        self.store, self.app = store, app
        self.table = RunTable(store=store, most_attempts=most_attempts)
        self.queue = f"{dbos_name(app)}-batch"
        self.version = version_of(dbos_name(app))
        self.slots = Slots(store, dbos_name(app), lease_s=lease_s)
        self.people = DurablePeople(store, self.table.journals)
        self._wanted_slot, self._at_once = slot, at_once
        self._heartbeat: Heartbeat | None = None
        self._told: set[str] = set()
        self._starting = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def client(self) -> DBOSClient:
        """DBOS's view from outside any workflow.

        Raises:
            ConfigError: The engine is not started.
        """
        return self.table.client

    async def start(self, host: RunHost) -> None:
        """Host a runtime's agents; the first one launches DBOS and takes up what was left behind.

        Raises:
            ConfigError: The database cannot be used, or another engine is running.
            StoreBusy: The database is locked.
        """
        async with self._starting:
            other = _current.get("engine")
            if other is not None and other is not self:
                raise ConfigError(
                    "Another durable engine runs in this process",
                    "Stop it first, or share it: wiring.Assistants does.",
                )
            self.table.hosts[host.place] = host
            if other is None:
                await self._launch()

    async def stop(self, host: RunHost) -> None:
        """Let a runtime's agents go; with the last one DBOS ends, and what is on is left as it is.

        Another process, or a later attempt of this one, goes on with it.
        """
        async with self._starting:
            if self.table.hosts.get(host.place) is host:
                del self.table.hosts[host.place]
            last = not self.table.hosts and _current.get("engine") is self
            await self._leave(host, last=last)
            if last:
                await self._destroy()

    def leave(self, run_id: str) -> bool:
        """Give up a run that is waited for here, so that the next start goes on with it.

        Whoever waits for it is told so. Gives whether there is such a run.
        """
        live = self.table.live.get(run_id)
        if live is not None:
            live.left = True
            for attempt in self.table.attempts:
                if attempt.run_id == run_id:
                    attempt.leave()
        return live is not None

    async def run(self, live: Live) -> RunRecord:
        """Run an agent and give the record.

        Raises:
            BatutaError: The run could not be kept.
        """
        run_id = live.options.run_id or ""
        self.table.live[run_id] = live
        try:
            live.starting = asyncio.ensure_future(self._begin(run_id, live))
            handle = await asyncio.shield(live.starting)
            return await self._result(handle, live)
        except asyncio.CancelledError:
            if is_cancelled():
                giving_up = asyncio.ensure_future(self._give_up(run_id, live))
                await asyncio.wait({giving_up})
                raise
            if live.record is None and live.error is None:
                raise
            return _told(live)
        finally:
            self.table.live.pop(run_id, None)

    async def enqueue(self, inputs: Mapping[str, Inputs]) -> None:
        """Put runs into the queue of the App's workers; a known one is left alone."""
        client = self.client
        await client.register_queue_async(
            self.queue,
            polling_interval_sec=_HEAR_S,
            worker_concurrency=_AT_ONCE,
            on_conflict="never_update",
        )
        for run_id, each in inputs.items():
            options: EnqueueOptions = {
                "workflow_name": WORKFLOW,
                "queue_name": self.queue,
                "workflow_id": run_id,
                "app_version": self.version,
                "authenticated_user": each.principal.id,
            }
            await client.enqueue_async(options, each.to_json())

    async def result(self, run_id: str) -> RunRecord:
        """Wait for a run that any process does, and give its record.

        Raises:
            RuntimeFailure: It was cancelled, or ended without a record.
        """
        handle: WorkflowHandleAsync[Any] = await self.client.retrieve_workflow_async(run_id)
        try:
            return read_output(await handle.get_result(polling_interval_sec=_HEAR_S))
        except (dbos_errors.DBOSException, RuntimeError) as error:
            raise RuntimeFailure(
                run_id, f"ended without a record ({redacted_text(error)})"
            ) from error

    async def is_on(self, run_id: str, principal_id: str) -> bool:
        """Tell whether a principal's run is on, or was cut and waits, in whatever process."""
        found = await self.client.list_workflows_async(
            name=WORKFLOW,
            workflow_ids=[run_id],
            user=principal_id,
            status=OPEN,
            load_input=False,
            load_output=False,
        )
        return bool(found)

    async def going_on(self, idempotency_prefix: str, principal_id: str) -> str | None:
        """Find a principal's run of a request that is on, or was cut and waits; None for none.

        Args:
            idempotency_prefix: What opens the keys of the run's effects: the request's own key.
        """
        found = await self.client.list_workflows_async(
            name=WORKFLOW,
            user=principal_id,
            status=OPEN,
            application_name=dbos_name(self.app),
            load_output=False,
        )
        begun = ((each.workflow_id, each.input) for each in found if each.input)
        wanted = idempotency_prefix
        return next((run_id for run_id, i in begun if i["args"][0]["prefix"] == wanted), None)

    async def _result(self, handle: WorkflowHandleAsync[Any], live: Live) -> RunRecord:
        try:
            output = await handle.get_result(polling_interval_sec=_HEAR_S)
        except dbos_errors.DBOSAwaitedWorkflowCancelledError:
            output = None
        if output is None or live.record is not None or live.error is not None:
            return _told(live)
        return read_output(output)

    async def _begin(self, run_id: str, live: Live) -> WorkflowHandleAsync[Any]:
        with SetWorkflowID(run_id), DBOSContextSetAuth(live.inputs.principal.id, None):
            return await DBOS.start_workflow_async(perform, live.inputs.to_json())

    async def _give_up(self, run_id: str, live: Live) -> None:
        """Cancel a run, and wait until its attempt has ended; it may only just have begun."""
        live.unwanted = True
        starting = [] if live.starting is None else [live.starting]
        await _wait(starting)
        await DBOS.cancel_workflow_async(run_id)
        journal = self.table.journals.get(run_id)
        if journal is not None and journal.task is not None:
            journal.task.cancel()
        await _wait(_tasks(starting))

    async def _leave(self, host: RunHost, *, last: bool) -> None:
        """Let what is on with a host end without an outcome; the last one takes all along."""
        mine = [live for live in self.table.live.values() if live.host is host]
        for live in mine:
            live.left = True
        starting = [live.starting for live in mine if live.starting is not None]
        await _wait(starting, _LEAVE_S)
        hosts = (host, None) if last else (host,)
        attempts = [attempt for attempt in self.table.attempts if attempt.host in hosts]
        for attempt in attempts:
            attempt.leave()
        begun = [attempt.task for attempt in attempts]
        ending = {*_tasks(starting), *(task for task in begun if task is not None)}
        await _wait(ending, _LEAVE_S)

    async def _launch(self) -> None:
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self.slots.claim, self._wanted_slot)
        try:
            # In the loop's own thread: DBOS runs what it recovers on the loop that launched it.
            DBOS(config=self._config())
            DBOS.listen_queues([self.queue] if self._at_once else [])
            DBOS.launch()
            if self._at_once:
                await DBOS.register_queue_async(
                    self.queue, polling_interval_sec=_HEAR_S, worker_concurrency=self._at_once
                )
        except BaseException:
            await self._destroy()
            raise
        self.table.connected = _client(self.store, self.app)
        _current["engine"] = self
        beat = Round(self.slots.beat_s, self._beat, due=0.0)
        hear = Round(_HEAR_S, self.people.deliver)
        cancelled = Round(_CANCEL_S, self._see_cancelled)
        self._heartbeat = Heartbeat(beat, hear, cancelled, Round(_OTHERS_S, self._see_others))
        self._heartbeat.start()

    def _config(self) -> DBOSConfig:
        return {
            "name": dbos_name(self.app),
            "system_database_url": self.store.url.replace("+psycopg", ""),
            "system_database_engine": self.store.database,
            "executor_id": self.slots.name,
            "application_version": self.version,
            "serializer": JsonSerializer(),
            "max_executor_threads": _MOST_THREADS,
            "log_level": "ERROR",
            "use_listen_notify": False,
            "notification_listener_polling_interval_sec": 0.1,
        }

    async def _destroy(self) -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as thread:
            await loop.run_in_executor(thread, self._destroy_now)
        # DBOS made its own pool the loop's default one, and has shut it down.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        _current.pop("engine", None)

    def _destroy_now(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.stop()
            self._heartbeat = None
        DBOS.destroy()
        if self.table.connected is not None:
            self.table.connected.destroy()
            self.table.connected = None
        if self.slots.name:
            self.slots.release()
        self.store.close()

    def _beat(self) -> None:
        self.slots.beat()
        for holder in self.slots.inherit():
            recover_runs_of([holder.slot])
            name = dbos_name(self.app)
            if runs_of_other_versions(self.client, name, slot=holder.slot):
                self.slots.give_back(holder)  # for a process of that version
            else:
                self.slots.forget(holder)

    def _see_others(self) -> None:
        """Say which runs nobody of this version goes on with, once for each."""
        if not self._at_once:
            return
        for each in runs_of_other_versions(self.client, dbos_name(self.app)):
            if each.workflow_id not in self._told:
                self._told.add(each.workflow_id)
                why = waits_for_version(each)
                _LOG.warning("Run %s waits for another worker: %s", each.workflow_id, why)

    def _see_cancelled(self) -> None:
        on = list(self.table.journals)
        if not on:
            return
        found = self.client.list_workflows(
            workflow_ids=on, status="CANCELLED", load_input=False, load_output=False
        )
        for each in found:
            journal = self.table.journals.get(each.workflow_id)
            if journal is not None and journal.task is not None and self._loop is not None:
                self._loop.call_soon_threadsafe(journal.task.cancel)


_current: dict[str, Engine] = {}
"""The engine that is launched in this process, as ``engine``: DBOS itself is one for a process."""


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=None)
async def perform(inputs: dict[str, Any]) -> dict[str, Any]:
    """Do one attempt of a run."""
    engine = _current.get("engine")
    if engine is None:  # it has just ended: the next one goes on
        raise asyncio.CancelledError
    return await Attempt(engine.table, DBOS.workflow_id or "", inputs).run()


def _told(live: Live) -> RunRecord:
    """Give what an attempt came to that leaves no output: cancelled, or left."""
    if live.error is not None:
        raise live.error
    if live.record is None:
        raise asyncio.CancelledError
    return live.record


def _tasks(starting: Iterable[asyncio.Future[WorkflowHandleAsync[Any]]]) -> list[_Task]:
    """Give what has been started as tasks of this process; another one's runs have none here."""
    begun = [s.result() for s in starting if s.done() and not s.cancelled() and not s.exception()]
    tasks: list[_Task | None] = [getattr(handle, "task", None) for handle in begun]
    return [task for task in tasks if task is not None]


async def _wait(ending: Collection[_Task], timeout_s: float | None = None) -> None:
    if ending:
        await asyncio.wait(ending, timeout=timeout_s)


def dbos_name(app: str) -> str:
    """Make the name that DBOS knows an App by.

    >>> dbos_name("My App")
    'batuta-my-app'
    """
    return "batuta-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in app.lower())


def _client(store: Store, app: str) -> DBOSClient:
    return DBOSClient(
        system_database_engine=store.database,
        serializer=JsonSerializer(),
        application_name=dbos_name(app),
    )
