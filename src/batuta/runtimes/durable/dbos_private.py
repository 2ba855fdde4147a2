"""The one name of DBOS that is not public; ``dbos`` is pinned for it, and a test watches it."""

from __future__ import annotations

from dbos import DBOS

_RECOVER = "_recover_pending_workflows"


def recover_runs_of(slots: list[str]) -> int:
    """Let this process, or any other of the App, go on with what dead slots have left.

    A run that somebody has taken up meanwhile is left alone. Gives the number of runs.
    """
    return len(getattr(DBOS, _RECOVER)(slots)) if slots else 0
