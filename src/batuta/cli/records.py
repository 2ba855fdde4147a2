"""Run records as they are kept, for the commands that show them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from batuta.core.record import RunRecord
from batuta.errors import RecordNotFound

if TYPE_CHECKING:
    from batuta.runtimes.durable import Seen
    from batuta.settings import Settings

LAST = "last"


async def list_runs(settings: Settings, principal_id: str, limit: int) -> Sequence[RunRecord]:
    """List kept runs, newest first."""
    from batuta.wiring.storage import open_records

    async with open_records(settings) as store:
        return await store.list(principal_id, limit)


def open_runs(
    settings: Settings, principal_id: str, *, kept: Collection[str], limit: int
) -> Sequence[Seen]:
    """List durable runs without a kept record, newest first: those that are on, wait or were cut.

    One that waits is never left out, however many came after it.

    Args:
        kept: Ids of those that have one.
        limit: Most of those that are still queued.
    """
    from batuta.wiring.storage import durable_overview

    overview = durable_overview(settings, principal_id)
    if overview is None:
        return ()
    with overview:
        found = {s.run_id: s for s in overview.runs(None, only_open=True)}
        queued = [s.run_id for s in found.values() if s.state == "queued"][limit:]
        found |= {s.run_id: s for s in overview.runs() if s.state in {"cancelled", "failed"}}
        shown = [s for s in found.values() if s.run_id not in {*kept, *queued}]
        return sorted(shown, key=lambda s: s.begun_ms, reverse=True)


async def one_run(settings: Settings, principal_id: str, run_id: str) -> RunRecord:
    """Read one kept run.

    Args:
        run_id: ``last`` for the newest.

    Raises:
        RecordNotFound: There is none of that id for that principal.
    """
    from batuta.wiring.storage import open_records

    async with open_records(settings) as store:
        if run_id != LAST:
            return await store.load(run_id, principal_id)
        newest = await store.list(principal_id, 1)
        if not newest:
            raise RecordNotFound(run_id)
        return newest[0]
