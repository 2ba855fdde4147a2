"""Durable runs seen from any process, with no agent: what is on, waits, or was cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from dbos import DBOSClient

from batuta.core.record import RunRecord
from batuta.errors import RecordNotFound
from batuta.runtimes.durable.attempt import read_output
from batuta.runtimes.durable.people import answer_question, open_questions
from batuta.runtimes.durable.serialization import JsonSerializer
from batuta.runtimes.durable.slots import Slots
from batuta.runtimes.durable.versions import (
    OPEN,
    WORKFLOW,
    runs_of_other_versions,
    waits_for_version,
)

if TYPE_CHECKING:
    from dbos import StepInfo, WorkflowStatus

    from batuta.runtimes.durable.store import Store

State = Literal["queued", "running", "waiting", "interrupted", "cancelled", "done", "failed"]
_INTERNAL_QUEUE = "_dbos_internal_queue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One durable run as it stands in the database.

    Args:
        state: ``interrupted`` is one whose process is gone, or that none has taken up yet.
        slot: The worker that has it, or had it last.
        waits_for: Whom it waits for and what they were asked; empty where it waits for nobody.
        note: What keeps it from going on; empty where nothing does.
        app: As DBOS knows the App.
        begun_ms: When it was begun, in milliseconds since 1970.
    """

    run_id: str
    state: State
    place: str
    agent: str
    question: str
    principal_id: str
    app: str
    slot: str
    begun_ms: int
    waits_for: str = ""
    note: str = ""


class Overview:
    """Looks at one principal's durable runs and steers them; use as ``with``."""

    def __init__(self, store: Store, principal_id: str) -> None:
        self._store, self._principal_id = store, principal_id
        self._client = DBOSClient(
            system_database_engine=store.database,
            serializer=JsonSerializer(),
            retry_connection_errors=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.destroy()
        self._store.close()

    def runs(self, limit: int | None = 50, *, only_open: bool = False) -> list[Seen]:
        """List a principal's runs, newest first.

        Args:
            limit: Most of them; None for all.
            only_open: Leave out those that have ended.
        """
        found = self._client.list_workflows(
            name=WORKFLOW,
            user=self._principal_id,
            status=OPEN if only_open else None,
            limit=limit,
            sort_desc=True,
            load_output=False,
        )
        return self._seen(found)

    def run(self, run_id: str) -> Seen:
        """Give one of a principal's runs.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        return self._seen([self._found(run_id)])[0]

    def record(self, run_id: str) -> RunRecord | None:
        """Give the record of a run that has ended, else None.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        output: Any = self._found(run_id).output
        return None if output is None else read_output(output)

    def steps(self, run_id: str) -> list[StepInfo]:
        """List what a run has done so far.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        self._found(run_id)
        return self._client.list_workflow_steps(run_id)

    def unknown_effects(self, run_id: str) -> list[str]:
        """Name the writing tools that have begun and not told how they ended, with their keys.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        steps = {s["function_name"]: s["output"] for s in self.steps(run_id)}
        return [
            f"{output['value']['tool']} (key {output['value']['key']})"
            for name, output in steps.items()
            if name.startswith("begin ")
            and isinstance(output, dict)
            and name.replace("begin", "use", 1) not in steps
        ]

    def cancel(self, run_id: str) -> None:
        """Cancel a run, wherever it is on; one that has ended stays as it is.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        self._found(run_id)
        self._client.cancel_workflow(run_id)

    def resume(self, run_id: str) -> None:
        """Let any process of the App go on with a run that was cancelled, interrupted or queued.

        Raises:
            RecordNotFound: There is none of that id for that principal.
        """
        self._found(run_id)
        self._client.resume_workflow(run_id)

    def answer(self, run_id: str, text: str, person: str = "") -> None:
        """Answer the oldest question that a run puts to a person.

        Raises:
            RecordNotFound: There is none of that id for that principal.
            InvalidInput: The run waits for nobody, or not for this one.
        """
        self._found(run_id)
        answer_question(self._store, run_id, text, person=person)

    def of_other_versions(self) -> int:
        """Count everybody's runs that wait for a process of another version; 100 at most."""
        return len(runs_of_other_versions(self._client))

    def _found(self, run_id: str) -> WorkflowStatus:
        found = self._client.list_workflows(
            name=WORKFLOW, workflow_ids=[run_id], user=self._principal_id
        )
        if not found:
            raise RecordNotFound(run_id)
        return found[0]

    def _seen(self, found: list[WorkflowStatus]) -> list[Seen]:
        open_ids = [each.workflow_id for each in found if each.status in OPEN]
        waits = {q["run_id"]: q for q in reversed(open_questions(self._store, open_ids))}
        dead = self._dead({each.application_name or "" for each in found})
        return [_seen(each, waits.get(each.workflow_id), dead) for each in found]

    def _dead(self, apps: set[str]) -> set[tuple[str, str]]:
        """List the slots of processes that are gone."""
        made: set[tuple[str, str]] = set()
        for app in apps:
            slots = Slots(self._store, app)
            made |= {(app, holder.slot) for holder in slots.holders() if slots.is_dead(holder)}
        return made


def _seen(
    found: WorkflowStatus, waits: Mapping[str, Any] | None, dead: set[tuple[str, str]]
) -> Seen:
    raw: dict[str, Any] = found.input["args"][0] if found.input else {}
    attributes = found.attributes or {}
    asked = "" if waits is None else f"{waits['person']}: {waits['text']}"
    app, slot = found.application_name or "", found.executor_id or ""
    state = _state(found, asked=bool(asked), gone=(app, slot) in dead)
    return Seen(
        run_id=found.workflow_id,
        state=state,
        place=raw.get("place", ""),
        agent=raw.get("agent", ""),
        question=raw.get("message", {}).get("text", ""),
        principal_id=found.authenticated_user or "",
        app=app,
        slot=slot,
        begun_ms=found.created_at or 0,
        waits_for=asked if state in {"waiting", "interrupted"} else "",
        note=waits_for_version(found)
        or (attributes.get("idle", "") if found.status in OPEN else ""),
    )


def _state(found: WorkflowStatus, *, asked: bool, gone: bool) -> State:
    ended: dict[str, State] = {"SUCCESS": "done", "ERROR": "failed", "CANCELLED": "cancelled"}
    if found.status in ended:
        return ended[found.status]
    if found.status == "PENDING":
        if gone or (found.attributes or {}).get("idle"):
            return "interrupted"
        return "waiting" if asked else "running"
    return "interrupted" if found.queue_name == _INTERNAL_QUEUE else "queued"
