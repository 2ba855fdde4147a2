"""The AG-UI door ``/ag-ui``: a run as the events that web front ends of agents read.

Source: AG-UI protocol 1.0, https://docs.ag-ui.com, read 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from batuta.serve.ag_ui.endpoint import answer

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["mount"]

PATH = "/ag-ui"


def mount(app: FastAPI) -> None:
    """Add the door."""
    routes = [Route(path, answer, methods=["POST"]) for path in (PATH, f"{PATH}/{{style}}")]
    app.router.routes.extend(routes)
