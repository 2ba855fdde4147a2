"""The OpenAI-compatible door ``/v1``: each style and composition is a model."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, aclosing
from typing import TYPE_CHECKING

from batuta.serve.openai_api.bookmarks import Bookmarks
from batuta.serve.openai_api.callers import networks_of
from batuta.serve.openai_api.routes import Opened, routes

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["mount"]


def mount(app: FastAPI) -> AbstractAsyncContextManager[object]:
    """Add the door, and give what is closed with the server.

    Raises:
        ConfigError: The setting of trusted addresses cannot be read.
    """
    house = app.state.door.house
    networks_of(house.settings.trusted_addresses)
    marks = Bookmarks(sessions=house.sessions)
    app.state.openai = Opened(marks=marks, created=int(house.clock.now().timestamp()))
    app.router.routes.insert(1, routes())  # what is asked most, right below /chat
    return aclosing(marks)
