"""The OpenAI-compatible door ``/v1``: each style and composition is a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from batuta.errors import BatutaError
from batuta.serve.openai_api.callers import networks_of
from batuta.serve.openai_api.problems import on_crash, on_error, on_http
from batuta.serve.openai_api.routes import routes

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["mount"]

PATH = "/v1"


def mount(app: FastAPI) -> None:
    """Open the door on the HTTP door's server.

    Raises:
        ConfigError: The setting of trusted addresses cannot be read.
    """
    door = app.state.door
    networks_of(door.house.settings.trusted_addresses)
    inner = Starlette(
        routes=routes(),
        exception_handlers={
            BatutaError: on_error,
            HTTPException: on_http,
            Exception: on_crash,
        },
    )
    inner.state.door, inner.state.created = door, int(door.house.clock.now().timestamp())
    app.mount(PATH, inner)
