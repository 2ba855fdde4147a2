"""Which recorded runs this Batuta goes on with, and which wait for another version of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbos import DBOSClient

if TYPE_CHECKING:
    from dbos import WorkflowStatus

WORKFLOW = "batuta.run"
OPEN = ["PENDING", "ENQUEUED", "DELAYED"]
VERSION = "1"
"""Of what is recorded: another one cannot go on with it."""
_MOST = 100


def version_of(app: str) -> str:
    """Make the version that DBOS records runs under.

    Args:
        app: As DBOS knows the App: no two Apps of a database may share a version.
    """
    return f"{app}-{VERSION}"


def waits_for_version(found: WorkflowStatus) -> str:
    """Say which other version a run waits for; empty where this one can go on with it."""
    recorded = number_of(found.app_version or "")
    if recorded == VERSION or found.status not in OPEN:
        return ""
    return f"recorded by version {recorded} of durable runs, and this is {VERSION}"


def number_of(version: str) -> str:
    """Give the number that ends a version; one that nobody has set fits every process."""
    return version.rpartition("-")[2] or VERSION


def runs_of_other_versions(
    client: DBOSClient, app: str | None = None, *, slot: str | None = None
) -> list[WorkflowStatus]:
    """List runs that have not ended and that no process of this version takes up.

    Args:
        app: As DBOS knows the App; None for all of the database.
        slot: The worker that has them, or had them last; None for any, and for none.
    """
    known = (each["version_name"] for each in client.list_application_versions())
    others = [version for version in known if number_of(version) != VERSION]
    if not others:
        return []
    return client.list_workflows(
        name=WORKFLOW,
        status=OPEN if slot is None else "PENDING",
        app_version=others,
        application_name=app,
        executor_id=slot,
        limit=_MOST,
        load_input=False,
        load_output=False,
    )
