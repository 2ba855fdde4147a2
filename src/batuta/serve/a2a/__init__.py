"""The A2A door ``/a2a/{style}``: each style and composition as an agent that others call.

Source: A2A protocol 1.0, https://a2a-protocol.org, read 2026-11.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from starlette.routing import Mount, Route

from batuta.serve.a2a.endpoint import CARD_PATH, PATH, A2AEndpoint

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["mount"]


def mount(app: FastAPI) -> AbstractAsyncContextManager[object]:
    """Add the door, and give what is closed with the server.

    Raises:
        ConfigError: It cannot listen where gRPC is to be spoken.
    """
    endpoint = A2AEndpoint(app.state.door)
    if address := app.state.door.house.settings.a2a_grpc:
        endpoint.listen(address)
    app.router.routes.append(Route(CARD_PATH, endpoint, methods=["GET"]))
    app.router.routes.append(Mount(PATH, endpoint))
    return endpoint
