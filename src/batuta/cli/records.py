"""Run records as they are kept, for the commands that show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batuta.core.record import RunRecord
from batuta.errors import RecordNotFound

if TYPE_CHECKING:
    from batuta.settings import Settings

LAST = "last"


async def list_runs(settings: Settings, principal_id: str, limit: int) -> Sequence[RunRecord]:
    """List kept runs, newest first."""
    from batuta.stores.sqlite import SqliteRuns

    async with SqliteRuns(settings.database) as store:
        return await store.list(principal_id, limit)


async def one_run(settings: Settings, principal_id: str, run_id: str) -> RunRecord:
    """Read one kept run.

    Args:
        run_id: ``last`` for the newest.

    Raises:
        RecordNotFound: There is none of that id for that principal.
    """
    from batuta.stores.sqlite import SqliteRuns

    async with SqliteRuns(settings.database) as store:
        if run_id != LAST:
            return await store.load(run_id, principal_id)
        newest = await store.list(principal_id, 1)
        if not newest:
            raise RecordNotFound(run_id)
        return newest[0]
