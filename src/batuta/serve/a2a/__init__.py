"""The A2A door ``/a2a/{style}``: each style and composition as an agent that others call.

Source: A2A protocol 1.0, https://a2a-protocol.org, read 2026-11.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Mount, Route

from batuta.serve.a2a.endpoint import CARD_PATH, PATH, Endpoint

if TYPE_CHECKING:
    from fastapi import FastAPI

    from batuta.serve.doors import Closing
    from batuta.serve.http.door import Door

__all__ = ["mount"]


def mount(app: FastAPI, door: Door) -> Closing:
    """Add the door, and give what closes it."""
    endpoint = Endpoint(door)
    app.router.routes.append(Route(CARD_PATH, endpoint, methods=["GET"]))
    app.router.routes.append(Mount(PATH, endpoint))
    return endpoint.close
