"""The playground: a page at ``/`` that shows an App's styles side by side, and what it calls.

The page is plain files of this package; what it needs beside the HTTP door's own addresses stands
below ``/playground``.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from starlette.routing import Route

from batuta.serve.playground import choices, files, panes, reports, runs, sessions, store
from batuta.serve.playground.ground import NO_LAB, Ground

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from batuta.serve.playground.ground import Lab

__all__ = ["mount"]

_BELOW = "/playground"
_ROUTES = (
    ("GET", "/", files.page),
    ("GET", f"{_BELOW}/about", choices.about),
    ("GET", f"{_BELOW}/setup", choices.setup),
    ("POST", f"{_BELOW}/chat", panes.chat),
    ("POST", f"{_BELOW}/runs/{{run_id}}/stop", panes.stop),
    ("GET", f"{_BELOW}/store", store.rows),
    ("GET", f"{_BELOW}/sessions/{{session_id}}", sessions.show),
    ("POST", f"{_BELOW}/sessions/{{session_id}}/branches", sessions.branch),
    ("GET", f"{_BELOW}/reports", reports.list_reports),
    ("GET", f"{_BELOW}/reports/{{name}}", reports.show),
    ("POST", f"{_BELOW}/reports/{{name}}/pass", reports.admit),
    ("POST", f"{_BELOW}/services/{{style}}/{{name}}/kill", panes.kill),
    ("GET", f"{_BELOW}/{{version}}/{{path:path}}", files.asset),
    ("GET", "/runs/{run_id}/diagram", runs.diagram),
    ("GET", "/runs/{run_id}/page", runs.page),
)


def mount(
    app: FastAPI, *, lab: Lab = NO_LAB, reports: Path | None = None
) -> AbstractAsyncContextManager[None]:
    """Add the page and what it calls.

    Args:
        lab: What may be set and broken here; nothing by default.
        reports: Folder of the lab's reports.
    """
    ground = Ground(house=app.state.door.house, lab=lab, reports=reports)
    app.state.playground = ground
    app.router.routes.extend(
        Route(path, endpoint, methods=[method]) for method, path, endpoint in _ROUTES
    )

    @asynccontextmanager
    async def closing() -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await ground.variations.aclose()

    return closing()
